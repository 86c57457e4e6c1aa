// Builds the real memberlist peer outside the repository: `node test/peers/build.mjs`. Tests and benchmarks use it.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const FOLDER = 'test/peers'
const SOURCES = ['go.mod', 'go.sum', 'main.go']
const LIMIT_MS = 240_000
const REMEDY =
  'no memberlist peer could be built: install Go, with the Go module proxy or with golang-github-hashicorp-memberlist-dev'

/** The program, built if need be; or why there is none, as a reason to skip. Run from the project's root. */
export function buildPeer() {
  const program = pathOf()
  if (existsSync(program)) return { program }
  mkdirSync(join(program, '..'), { recursive: true })
  const half = `${program}.${process.pid}`
  if (!fromModules(half) && !fromDebian(half)) return { skip: REMEDY }
  // In one step, since another run may look for it meanwhile.
  renameSync(half, program)
  return { program }
}

/** A folder for each state of the sources, so that no old program is taken for a new one. */
function pathOf() {
  const hash = createHash('sha256')
  for (const name of SOURCES) hash.update(readFileSync(join(FOLDER, name)))
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(cache, 'arpcheck/peers', hash.digest('hex').slice(0, 16), 'peer')
}

/** memberlist 0.5.1, which MetalLB 0.14.9 to 0.16.1 ship, as go.sum pins it. */
function fromModules(program) {
  return build(program, '.', { GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' })
}

/** memberlist 0.2.2 of Debian 12: the same on the wire, with the unsigned forms of numbers. */
function fromDebian(program) {
  return build(program, 'main.go', { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' })
}

function build(program, what, environment) {
  const { status } = spawnSync('go', ['build', '-o', program, what], {
    cwd: FOLDER,
    env: { ...process.env, CGO_ENABLED: '0', ...environment },
    stdio: 'ignore',
    timeout: LIMIT_MS,
  })
  return status === 0
}

if (process.argv[1]?.endsWith('/test/peers/build.mjs')) {
  const { program, skip } = buildPeer()
  process.stdout.write(`${program ?? skip}\n`)
  process.exitCode = program ? 0 : 3
}
