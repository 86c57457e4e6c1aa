// Asks a real kube-apiserver what the double is asked: `node .ci/apiserver.mjs [--cached] [--record]`.
// It is built once, from pinned Go modules, into a cache folder outside the repository. With --cached it is not built where
// it is missing; --record writes the golden traces anew.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { goProgram } from './go-once.mjs'
import { helm } from './helm.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const source = join(root, 'test/apiserver/server')
const { values: options } = parseArgs({
  options: { cached: { type: 'boolean', default: false }, record: { type: 'boolean', default: false } },
})
const server = goProgram({
  name: 'apiserver',
  as: 'server',
  source,
  files: ['go.mod', 'go.sum', 'main.go'],
  flags: versionFlags(),
  // k8s.io/kubernetes of go.mod needs it.
  go: [1, 24],
  say: 'Building kube-apiserver from its Go modules, once: about 7 minutes on two cores.',
})

const reason = server.isBuilt() ? null : options.cached ? 'it is not built here yet' : server.build()
if (reason === null) process.exitCode = ask()
else {
  process.stdout.write(`No real API server: ${reason}.\n`)
  process.stdout.write('The double is held against the golden traces instead: node .ci/test.mjs contract\n')
  process.exitCode = options.cached ? 0 : 3
}

/** What the server says of its version; without them it would be v0.0.0. */
function versionFlags() {
  const version = /k8s\.io\/kubernetes (v\d+\.(\d+)\.\d+)/.exec(readFileSync(join(source, 'go.mod'), 'utf8'))
  const is = 'k8s.io/component-base/version.git'
  return `-X ${is}Version=${version[1]} -X ${is}Major=1 -X ${is}Minor=${version[2]}`
}

function ask() {
  const env = {
    ...process.env,
    ARPCHECK_APISERVER: server.binary,
    ...(helm.isBuilt() && { ARPCHECK_HELM: helm.binary }),
    ...(options.record && { ARPCHECK_RECORD: '1' }),
  }
  const args = [join(root, '.ci/test.mjs'), '--dir', 'test/apiserver']
  return spawnSync(process.execPath, args, { env, stdio: 'inherit' }).status ?? 1
}
