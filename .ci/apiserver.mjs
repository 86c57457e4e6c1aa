// Asks a real kube-apiserver what the double is asked: `node .ci/apiserver.mjs [--cached] [--record]`.
// It is built once, from pinned Go modules, into a cache folder outside the repository. With --cached it is not built where
// it is missing; --record writes the golden traces anew.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'test/apiserver/server')
const { values: options } = parseArgs({
  options: { cached: { type: 'boolean', default: false }, record: { type: 'boolean', default: false } },
})
/** k8s.io/kubernetes of go.mod needs it. */
const GO = [1, 24]
const server = join(cacheFolder(), 'server')

const reason = existsSync(server) ? null : options.cached ? 'it is not built here yet' : build()
if (reason === null) process.exitCode = ask()
else {
  process.stdout.write(`No real API server: ${reason}.\n`)
  process.stdout.write('The double is held against the golden traces instead: node .ci/test.mjs contract\n')
  process.exitCode = options.cached ? 0 : 3
}

/** One folder for each set of pinned versions. */
function cacheFolder() {
  const hash = createHash('sha256')
  for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(source, name)))
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(cache, 'arpcheck', `apiserver-${hash.digest('hex').slice(0, 16)}`)
}

/** Why it cannot be built; null once it is. Two compilers at a time, and behind whatever else this machine does. */
function build() {
  const found = /go(\d+)\.(\d+)/.exec(
    spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' }).stdout ?? '',
  )
  if (!found) return `it is built by Go ${GO.join('.')} or newer, which is not here`
  const [major, minor] = found.slice(1).map(Number)
  if (major < GO[0] || (major === GO[0] && minor < GO[1]))
    return `it is built by Go ${GO.join('.')} or newer; this is ${found[0]}`
  process.stdout.write('Building kube-apiserver from its Go modules, once: about 7 minutes on two cores.\n')
  mkdirSync(cacheFolder(), { recursive: true })
  const version = /k8s\.io\/kubernetes (v\d+\.(\d+)\.\d+)/.exec(readFileSync(join(source, 'go.mod'), 'utf8'))
  const is = 'k8s.io/component-base/version.git'
  const flags = `-s -w -X ${is}Version=${version[1]} -X ${is}Major=1 -X ${is}Minor=${version[2]}`
  const args = [
    '-n',
    '15',
    'go',
    'build',
    '-p',
    '2',
    '-trimpath',
    '-ldflags',
    flags,
    '-o',
    `${server}.new`,
    '.',
  ]
  const { status } = spawnSync('nice', args, { cwd: source, stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) return 'go build failed, as above'
  renameSync(`${server}.new`, server)
  return null
}

function ask() {
  const env = { ...process.env, ARPCHECK_APISERVER: server, ...(options.record && { ARPCHECK_RECORD: '1' }) }
  const args = [join(root, '.ci/test.mjs'), '--dir', 'test/apiserver']
  return spawnSync(process.execPath, args, { env, stdio: 'inherit' }).status ?? 1
}
