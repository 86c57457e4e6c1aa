// Shows arpcheck at work on a segment of its own, four stories: `npm run demo [-- STORY …]`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './build.mjs'

const STORIES = ['healthy', 'silent', 'two-nodes-answer', 'stranger']
const LIMIT_MS = 120_000

const chosen = process.argv.slice(2)
const stories = chosen.length > 0 ? chosen : STORIES
const arpcheck = join(root, 'dist/arpcheck.js')
if (existsSync(arpcheck)) {
  const { status } = spawnSync(process.execPath, [arpcheck, 'lab', 'run', ...stories], {
    stdio: 'inherit',
    timeout: LIMIT_MS,
  })
  process.exitCode = status ?? 1
} else process.stdout.write('There is no arpcheck in this build yet.\n')
