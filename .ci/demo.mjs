// Shows arpcheck at work on a segment of its own, four stories: `npm run demo [-- STORY …]`.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './build.mjs'

const STORIES = ['healthy', 'silent', 'two-nodes-answer', 'stranger']
const LIMIT_MS = 120_000

const chosen = process.argv.slice(2)
const stories = chosen.length > 0 ? chosen : STORIES
const { status } = spawnSync(process.execPath, [join(root, 'dist/arpcheck.js'), 'lab', 'run', ...stories], {
  stdio: 'inherit',
  timeout: LIMIT_MS,
})
process.exitCode = status ?? 1
