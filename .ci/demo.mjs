// Shows arpcheck at work in a lab of its own: `npm run demo`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './build.mjs'

const lab = join(root, 'dist/lab.js')
if (existsSync(lab))
  process.exitCode = spawnSync(process.execPath, [lab, 'demo'], { stdio: 'inherit' }).status ?? 1
else process.stdout.write('There is no lab in this build yet.\n')
