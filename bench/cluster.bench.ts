import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { inTurn, tell } from './measure.ts'

// From exec to exit of a one-shot that has nothing to wait for: the first finds no interface to ask on, the second an API
// server that refuses at once. Beside it a bundle of client-node that loads the same kubeconfig, and does no more.

const folder = mkdtempSync(join(tmpdir(), 'arpcheck-bench-'))
const kubeconfig = join(folder, 'kubeconfig')
const loader = join(folder, 'loader.cjs')

// With an authority of its own, as kubeconfigs have it: without, Node would parse all those that it comes with.
const authority = Buffer.from(rootCertificates[0]!).toString('base64')
const cluster = { server: 'https://127.0.0.1:1', 'certificate-authority-data': authority }
writeFileSync(
  kubeconfig,
  JSON.stringify({
    clusters: [{ name: 'none', cluster }],
    users: [{ name: 'none', user: { token: 'none' } }],
    contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
    'current-context': 'none',
  }),
)
const source = `
  import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
  new KubeConfig().loadFromFile(process.argv[2])
`
const esbuild = ['--bundle', '--platform=node', '--minify', `--outfile=${loader}`]
run('esbuild', 'node_modules/.bin/esbuild', esbuild, 0, source)

const ARPCHECK = 'dist/arpcheck.js'
const SUBJECTS = [
  { name: 'node -e 0', args: ['-e', '0'], status: 0 },
  { name: 'a bundle that loads a kubeconfig', args: [loader, kubeconfig], status: 0 },
  {
    name: 'arpcheck without a cluster',
    args: [ARPCHECK, '--no-kube', '-i', 'lo', '10.0.0.1'],
    status: 3,
    goal: '≤ 80 ms',
  },
  {
    name: 'arpcheck with a cluster',
    args: [ARPCHECK, '--kubeconfig', kubeconfig, '--no-cache'],
    status: 3,
    against: 'a bundle that loads a kubeconfig',
    goal: '≤ 1.1 ×',
  },
] as const

const times = inTurn(
  31,
  SUBJECTS.map(
    ({ name, args, status }) =>
      () =>
        run(name, process.execPath, args, status),
  ),
)
for (const [i, subject] of SUBJECTS.entries())
  tell({ against: SUBJECTS[0].name, ...subject, unit: 'ms', samples: times[i]! })
rmSync(folder, { recursive: true })

function run(name: string, command: string, args: readonly string[], wanted: number, input = ''): void {
  const { status, error, stderr } = spawnSync(command, args, { encoding: 'utf8', input })
  if (status !== wanted) throw new Error(`${name} ended with ${status}: ${error?.message ?? stderr}`)
}
