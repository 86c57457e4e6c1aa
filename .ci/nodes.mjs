// The releases of Node that arpcheck is for, from npm, kept in build/nodes: `npm test` runs on one, a user on another.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './root.mjs'

const MAJORS = [20, 22, 24, 26]
const PACKAGE = `node-linux-${process.arch}`
/** What a slow registry may take for 50 MB. */
const FETCH_MS = 60_000

function binaryOf(major) {
  return join(root, 'build/nodes', String(major), 'node_modules', PACKAGE, 'bin/node')
}

/** Each release and its program; null where the registry does not give it. */
export function nodes() {
  const own = Number(process.versions.node.split('.')[0])
  return MAJORS.map((major) => ({ major, path: major === own ? process.execPath : fetched(major) }))
}

function fetched(major) {
  const path = binaryOf(major)
  if (existsSync(path)) return path
  const folder = join(root, 'build/nodes', String(major))
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--loglevel=error',
    `${PACKAGE}@${major}`,
  ]
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'ignore', timeout: FETCH_MS })
  return status === 0 && existsSync(path) ? path : null
}

/** `node .ci/nodes.mjs`: 0 where all are here. */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const own = Number(process.versions.node.split('.')[0])
  process.exitCode = MAJORS.every((major) => major === own || existsSync(binaryOf(major))) ? 0 : 1
}
