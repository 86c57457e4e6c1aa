import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { startDouble } from '../src/lab/api/double.ts'
import {
  endpointSlice,
  METALLB_NAMESPACE,
  metallbCrds,
  node,
  service,
  speakerDaemonSet,
} from '../src/lab/api/objects.ts'
import type { ApiObject } from '../src/lab/api/kinds.ts'
import { inTurn, tell } from './measure.ts'

// What the Kubernetes edge costs beside client-node: to start, and to read a large cluster over TLS. The server is the double
// in a process of its own, so that only the reader's own CPU time and memory count.

const SERVICES = 5000
const NODES = 500
const SLICES = 5000
const ROUNDS = 7
const START_ROUNDS = 25

const folder = mkdtempSync(join(tmpdir(), 'arpcheck-bench-'))
const kubeconfig = join(folder, 'kubeconfig')

const isServer = process.argv[2] === 'serve'
void (isServer ? serve(process.argv[3] ?? '') : measure())

async function measure(): Promise<void> {
  const server = spawn(process.execPath, [fileURLToPath(import.meta.url), 'serve', kubeconfig], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await new Promise((resolve) => server.stdout.once('data', resolve))
    const programs = build()
    starting(programs)
    reading(programs)
  } finally {
    await end(server)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Programs in files of their own, each run in a fresh process. */
interface Programs {
  readonly loadTheirs: string
  readonly load: string
  readonly readTheirs: string
  readonly read: string
  readonly follow: string
}

function build(): Programs {
  const ours = `const { openCluster } = require(${JSON.stringify(join(process.cwd(), 'dist/kubernetes.js'))})
const clock = { wallNs: () => BigInt(Date.now()) * 1000000n, monotonicMs: () => performance.now(), sleep: (ms, signal) => new Promise((done) => {
  if (signal?.aborted) return done()
  const timer = setTimeout(done, ms)
  signal?.addEventListener('abort', () => { clearTimeout(timer); done() }, { once: true })
}) }
const random = { next: Math.random, below: (limit) => Math.floor(Math.random() * limit) }
const cluster = openCluster({ kubeconfig: process.argv[2], env: {} }, { clock, random })
`
  const theirs = `import { CoreV1Api, DiscoveryV1Api, KubeConfig } from '@kubernetes/client-node'
const config = new KubeConfig()
config.loadFromFile(process.argv[2])
`
  const loadOnly = theirs.replace(
    /^.*/,
    "import { KubeConfig } from '@kubernetes/client-node/dist/config.js'",
  )
  const cost = `function cost(count) {
  const { user, system } = process.cpuUsage()
  console.log(JSON.stringify({ count, cpuMs: (user + system) / 1000, peakMb: process.resourceUsage().maxRSS / 1024, rssMb: process.memoryUsage.rss() / 2 ** 20 }))
}
`
  return {
    loadTheirs: bundled('load-theirs', loadOnly),
    load: written('load', ours),
    readTheirs: bundled(
      'read-theirs',
      `${theirs}${cost}const [core, discovery] = [config.makeApiClient(CoreV1Api), config.makeApiClient(DiscoveryV1Api)]
Promise.all([core.listServiceForAllNamespaces(), core.listNode(), discovery.listEndpointSliceForAllNamespaces()])
  .then((lists) => { cost(lists.map(({ items }) => items.length)); process.exit() })
`,
    ),
    read: written(
      'read',
      `${ours}${cost}cluster.read({ deadlineMs: 60000 }).then(async ({ services, nodes, endpointSlices }) => {
  cost([services.length, nodes.length, endpointSlices.length])
  await cluster.close()
})
`,
    ),
    follow: written(
      'follow',
      `${ours}${cost}const watch = cluster.follow({ startWithinMs: 0 })
watch.ready().then(async () => {
  for (let i = 0; i < 5; i++) { globalThis.gc?.(); await new Promise((done) => setTimeout(done, 100)) }
  const { services, nodes, endpointSlices } = watch.snapshot()
  cost([services.length, nodes.length, endpointSlices.length])
  await cluster.close()
})
`,
    ),
  }
}

function written(name: string, text: string): string {
  const path = join(folder, `${name}.js`)
  writeFileSync(path, text)
  return path
}

/** client-node as it is, bundled the way we bundle. */
function bundled(name: string, contents: string): string {
  const outfile = join(folder, `${name}.js`)
  buildSync({
    stdin: {
      contents,
      resolveDir: process.cwd(),
    },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    outfile,
    define: { 'import.meta.url': 'importMetaUrl' },
    logLevel: 'error',
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  } as const)
  return outfile
}

function starting({ loadTheirs, load }: Programs): void {
  const subjects = [
    { name: 'node -e 0', args: ['-e', '0'] },
    { name: 'client-node loads a kubeconfig', args: [loadTheirs, kubeconfig] },
    { name: 'arpcheck loads a kubeconfig', args: [load, kubeconfig], goal: '≤ 1.1 ×' },
  ]
  const times = inTurn(
    START_ROUNDS,
    subjects.map(
      ({ args }) =>
        () =>
          void run(args),
    ),
  )
  for (const [i, subject] of subjects.entries())
    tell({ ...subject, unit: 'ms', samples: times[i]!, against: subjects[1]!.name })
}

interface Cost {
  readonly count: readonly number[]
  readonly cpuMs: number
  readonly peakMb: number
  readonly rssMb: number
}

/** Each reader in turn, a fresh process each time; node's own start is in it. */
function reading({ readTheirs, read, follow }: Programs): void {
  const readers = [
    { name: 'client-node lists', args: [readTheirs, kubeconfig] },
    { name: 'arpcheck reads', args: [read, kubeconfig] },
    { name: 'arpcheck watches', args: ['--expose-gc', '--max-old-space-size=96', follow, kubeconfig] },
  ]
  const costs = readers.map((): Cost[] => [])
  for (let round = -1; round < ROUNDS; round++)
    for (const [i, { args }] of readers.entries()) {
      const cost = JSON.parse(run(args)) as Cost
      if (String(cost.count) !== String([SERVICES, NODES, SLICES]))
        throw new Error(`read ${String(cost.count)}`)
      if (round >= 0) costs[i]!.push(cost)
    }
  const measures = [
    ['CPU', 'ms', 'cpuMs'],
    ['memory at its most', 'MB', 'peakMb'],
    ['memory after', 'MB', 'rssMb'],
  ] as const
  for (const [what, unit, key] of measures)
    for (const [i, { name }] of readers.entries())
      tell({
        name: `${name}: ${what}`,
        unit,
        samples: costs[i]!.map((cost) => cost[key]),
        against: `${readers[0]!.name}: ${what}`,
      })
}

function run(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout
}

function end(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    server.once('exit', () => resolve())
    server.kill('SIGKILL')
  })
}

/** A large cluster whose objects are as long as real ones. */
async function serve(path: string): Promise<void> {
  const double = await startDouble()
  const { api } = double
  for (const crd of metallbCrds()) api.apply(crd)
  api.apply(speakerDaemonSet({ namespace: METALLB_NAMESPACE }))
  for (let i = 0; i < NODES; i++) api.apply(fatNode(i))
  for (let i = 0; i < SERVICES; i++) api.apply(fatService(i))
  for (let i = 0; i < SLICES; i++) api.apply(fatSlice(i))
  writeFileSync(path, double.adminKubeconfig)
  process.stdout.write('ready\n')
}

/** kubectl's copy of the object, which is as long as the object. */
const APPLIED = { 'kubectl.kubernetes.io/last-applied-configuration': 'x'.repeat(800) }

function fatService(i: number): ApiObject {
  const ip = `10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`
  return service({
    name: `service-${i}`,
    ips: [ip],
    annotations: APPLIED,
    labels: { app: `service-${i}`, team: 'web' },
  })
}

function fatSlice(i: number): ApiObject {
  const endpoints = [0, 1, 2].map((j) => ({ ip: `10.42.${i & 255}.${j}`, node: `node-${(i + j) % NODES}` }))
  return endpointSlice(`service-${i}`, endpoints)
}

/** A kubelet reports up to fifty images, five names each. */
function fatNode(i: number): ApiObject {
  const plain = node({ name: `node-${i}`, ip: `10.0.${i >> 8}.${i & 255}` })
  const images = Array.from({ length: 50 }, (_, j) => ({
    names: [
      `registry.example/team/image-${j}@sha256:${'0'.repeat(64)}`,
      `registry.example/team/image-${j}:v1`,
    ],
    sizeBytes: j,
  }))
  return { ...plain, status: { ...(plain['status'] as object), images } }
}
