// Tells the incident that arpcheck was made for, on a segment of its own: `npm run demo [-- STORY …]`.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './build.mjs'

const STORIES = ['seed-incident']
const LIMIT_MS = 120_000

const chosen = process.argv.slice(2)
const stories = chosen.length > 0 ? chosen : STORIES
const { status } = spawnSync(process.execPath, [join(root, 'dist/arpcheck.js'), 'lab', 'run', ...stories], {
  stdio: 'inherit',
  timeout: LIMIT_MS,
})
process.exitCode = status ?? 1
