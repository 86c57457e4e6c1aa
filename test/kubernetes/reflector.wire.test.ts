import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { seededRandom } from '../../src/core/random.ts'
import { openApi } from '../../src/kubernetes/api.ts'
import { openCredentials } from '../../src/kubernetes/credentials.ts'
import { nodeOf } from '../../src/kubernetes/narrow/nodes.ts'
import { Reflector } from '../../src/kubernetes/reflector.ts'
import { openTransport } from '../../src/kubernetes/transport.ts'
import type { ApiDouble } from '../../src/lab/api/double.ts'
import type { Fault } from '../../src/lab/api/faults.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { node } from '../../src/lab/api/objects.ts'
import { doubleWith, file, noSocketTo } from '../helpers/double.ts'
import { fastClock } from '../helpers/fast-clock.ts'
import { until } from '../helpers/until.ts'

// The reflector over TLS on loopback, HTTP/2 and HTTP/1.1, in time that runs twenty times as fast. A server that is
// really stopped: frozen.test.ts.

const TIMES = 20
type Seen = readonly [name: string, uid: string, version: string]

function seen({ metadata }: ApiObject): Seen {
  return [metadata.name, metadata.uid ?? '', metadata.resourceVersion ?? '']
}

interface Rig {
  readonly double: ApiDouble
  readonly reflector: Reflector<Seen>
  /** Waits until the reflector holds what the server has. */
  readonly truth: () => Promise<void>
  readonly stop: () => Promise<void>
}

async function rig(t: TestContext, http2: boolean, ...faults: Fault[]): Promise<Rig> {
  const clock = fastClock(TIMES)
  const nodes = ['nuc-1', 'nuc-2', 'nuc-3'].map((name) => node({ name, ip: '192.168.1.11' }))
  const double = await doubleWith(t, nodes, { http2, clock })
  faults.forEach((fault) => double.api.faults.add(fault))
  const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
  const credentials = openCredentials({ kubeconfig, env: {} }, clock)
  const api = openApi(credentials, openTransport(clock), clock)
  const random = seededRandom(3)
  const reflector = new Reflector<Seen>(
    {
      input: 'nodes',
      name: 'nodes',
      namespace: null,
      variants: [{ path: '/api/v1/nodes' }],
      keep: (object) => (nodeOf(object) === null ? null : seen(object as ApiObject)),
    },
    { api, clock, random, onChange: () => {}, onFault: assert.ifError, startAfterMs: 0 },
  )
  const sorted = (all: readonly Seen[]): string =>
    JSON.stringify(all.toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return {
    double,
    reflector,
    truth: () =>
      until(
        'the truth',
        () => sorted(reflector.values()) === sorted(double.api.objects('Node').map(seen)),
        20_000,
      ),
    stop: async () => {
      await reflector.stop()
      await api.close()
      await noSocketTo(double.wire.port)
      await until('the server has no connection left', () => double.wire.connections === 0)
    },
  }
}

let count = 0
function change({ api }: ApiDouble): void {
  api.apply(node({ name: 'nuc-1', ip: '192.168.1.11', labels: { change: `größer ${++count}` } }))
  api.remove('Node', null, 'nuc-2')
  api.apply(node({ name: 'nuc-2', ip: '192.168.1.12' }))
}

interface Story {
  readonly title: string
  readonly faults?: readonly Fault[]
  /** What happens to the server once the first list is there. */
  readonly happens?: (double: ApiDouble) => void | Promise<void>
  readonly after?: (double: ApiDouble) => void | Promise<void>
  readonly mostRequests: number
}

const watchOnly = { watch: true }
const lines = (how: Extract<Fault['does'], { lines: unknown }>['lines'], times = 2): Fault => ({
  on: watchOnly,
  times,
  does: { lines: how },
})

const STORIES: readonly Story[] = [
  { title: 'the watch breaks within an event', faults: [lines('reset-mid-line')], mostRequests: 8 },
  { title: 'the watch ends well within an event', faults: [lines('end-mid-line')], mostRequests: 10 },
  { title: 'the watch ends at once', faults: [lines('end-at-once', 5)], mostRequests: 10 },
  { title: 'events in pieces of seven bytes', faults: [lines('split')], mostRequests: 4 },
  { title: 'events in one chunk', faults: [lines('batch')], mostRequests: 4 },
  { title: 'an event of 5 MB', faults: [lines({ padTo: 5 << 20 }, 1)], mostRequests: 4 },
  { title: 'an event longer than any object', faults: [lines({ padTo: 17 << 20 }, 1)], mostRequests: 6 },
  { title: 'old events again', faults: [lines('replay')], mostRequests: 4 },
  {
    title: 'no headers for the list',
    faults: [{ on: { watch: false }, does: 'no-headers' }],
    mostRequests: 6,
  },
  { title: 'no headers for the watch', faults: [{ on: watchOnly, does: 'no-headers' }], mostRequests: 6 },
  { title: 'half a list', faults: [{ on: { watch: false }, does: 'half-answer' }], mostRequests: 6 },
  { title: 'GOAWAY', faults: [{ on: watchOnly, does: 'goaway' }], mostRequests: 6 },
  { title: 'RST on every connection', happens: ({ wire }) => wire.reset(), mostRequests: 6 },
  { title: 'a server that crashes and starts again', happens: (double) => double.restart(), mostRequests: 8 },
  {
    title: 'a window of refused connections',
    happens: async ({ wire }) => {
      await wire.refuse()
      wire.reset()
    },
    after: ({ wire }) => wire.accept(),
    mostRequests: 6,
  },
  {
    title: 'a half-open connection: bytes go nowhere, and nobody says so',
    happens: ({ wire }) => wire.freeze(),
    after: ({ wire }) => {
      wire.thaw()
      wire.reset()
    },
    mostRequests: 8,
  },
  {
    title: 'a server that reads nothing for a while',
    happens: ({ wire }) => {
      wire.stopReading()
      wire.reset()
    },
    after: ({ wire }) => wire.readAgain(),
    mostRequests: 8,
  },
  {
    title: 'a server that sends one byte a second for a while',
    happens: ({ wire }) => {
      wire.drip(1)
      wire.reset()
    },
    after: ({ wire }) => wire.drip(0),
    mostRequests: 8,
  },
  {
    title: 'a certificate that is replaced',
    happens: (double) => {
      double.showCertificate(double.authority.issue({ commonName: 'kube-apiserver', names: ['127.0.0.1'] }))
      double.wire.reset()
    },
    mostRequests: 6,
  },
]

for (const { title, faults = [], happens, after, mostRequests } of STORIES) {
  for (const http2 of [true, false]) {
    const protocol = http2 ? 'h2' : 'http/1.1'
    test(`${title}, over ${protocol} → the server's truth in at most ${mostRequests} requests, no socket left`, async (t) => {
      const { double, reflector, truth, stop } = await rig(t, http2, ...faults)
      await until('the first list', () => reflector.values().length > 0)
      await happens?.(double)
      change(double)
      if (after !== undefined)
        await until('it is noticed', () => reflector.status().health.state === 'stale', 30_000)
      await after?.(double)
      await truth()
      change(double)
      await truth()
      const { requests } = double.api
      assert.ok(
        requests.length <= mostRequests,
        requests.map(({ path, query }) => `${path}?${query.toString()}`).join('\n'),
      )
      assert.deepEqual([...new Set(requests.map((request) => request.protocol))], [protocol])
      await stop()
    })
  }
}

test('a server that speaks at one byte a second → no harm, and stop ends it at once', async (t) => {
  const { double, reflector, stop } = await rig(t, true)
  await until('the watch stands', () => double.api.watches.length === 1)
  double.wire.drip(1)
  change(double)
  await stop()
  assert.ok(reflector.values().length >= 2)
})

test('a server that reads nothing any more → stop ends it all the same', async (t) => {
  const { double, stop } = await rig(t, true)
  await until('the watch stands', () => double.api.watches.length === 1)
  double.wire.stopReading()
  await stop().catch(() => {})
  await noSocketTo(double.wire.port)
})

test('many reflectors over HTTP/2 → one connection', async (t) => {
  const clock = fastClock(TIMES)
  const double = await doubleWith(t, [node({ name: 'nuc-1', ip: '192.168.1.11' })])
  const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
  const api = openApi(openCredentials({ kubeconfig, env: {} }, clock), openTransport(clock), clock)
  const paths = ['nodes', 'services', 'pods', 'secrets', 'configmaps', 'events', 'namespaces']
  const reflectors = paths.map(
    (plural) =>
      new Reflector<number>(
        {
          input: 'nodes',
          name: plural,
          namespace: null,
          variants: [{ path: `/api/v1/${plural}` }],
          keep: () => 1,
        },
        { api, clock, random: seededRandom(1), onChange: () => {}, onFault: assert.ifError, startAfterMs: 0 },
      ),
  )
  await until('all watch', () => double.api.watches.length === paths.length)
  assert.deepEqual([...new Set(double.api.requests.map(({ connection }) => connection))], [1])
  await Promise.all(reflectors.map((reflector) => reflector.stop()))
  await api.close()
  await noSocketTo(double.wire.port)
})
