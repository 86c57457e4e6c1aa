import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/core/random.ts'
import { openApi } from '../../src/kubernetes/api.ts'
import { nodeOf } from '../../src/kubernetes/narrow/nodes.ts'
import { Reflector } from '../../src/kubernetes/reflector.ts'
import type { Resource } from '../../src/kubernetes/resource.ts'
import type { SourceContext } from '../../src/kubernetes/source.ts'
import type { Fault, LineFault } from '../../src/lab/api/faults.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import type { Asked } from '../../src/lab/api/respond.ts'
import { node } from '../../src/lab/api/objects.ts'
import { ApiServer, type ServerOptions } from '../../src/lab/api/server.ts'
import { fixedCredentials, memoryTransport } from '../helpers/memory-transport.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

// The reflector over the double in memory, in virtual time. Sockets: reflector.wire.test.ts. A day: day.test.ts.

interface Seen {
  readonly name: string
  readonly uid: string
  readonly version: string
}

const NODES: Resource<Seen> = {
  input: 'nodes',
  name: 'nodes',
  namespace: null,
  variants: [{ path: '/api/v1/nodes' }],
  keep: (object) => (nodeOf(object) === null ? null : seen(object as ApiObject)),
}

function seen({ metadata }: ApiObject): Seen {
  return { name: metadata.name, uid: metadata.uid ?? '', version: metadata.resourceVersion ?? '' }
}

interface Bench {
  readonly clock: VirtualClock
  readonly server: ApiServer
  readonly reflector: Reflector<Seen>
  /** Reads what the reflector holds against what the server has. */
  check(why: string): void
  /** Sum of requests. */
  requests(): number
  stop(): Promise<void>
}

interface Setup {
  readonly faults?: readonly Fault[]
  readonly resource?: Resource<Seen>
  readonly server?: Partial<ServerOptions>
  readonly context?: Partial<SourceContext>
  readonly seed?: number
  readonly before?: (server: ApiServer) => void
  readonly groups?: readonly string[]
}

function start({ faults = [], resource = NODES, seed = 1, ...more }: Setup = {}): Bench {
  const clock = new VirtualClock()
  const server = new ApiServer({ clock, random: seededRandom(seed), ...more.server })
  for (const name of ['nuc-1', 'nuc-2', 'nuc-3']) server.apply(node({ name, ip: '192.168.1.11' }))
  more.before?.(server)
  for (const fault of faults) server.faults.add(fault)
  const transport = memoryTransport(server, clock)
  const token = server.tokens.issue({ name: 'tester', groups: more.groups ?? ['system:masters'] })
  const api = openApi(fixedCredentials(token), transport, clock)
  const context: SourceContext = {
    api,
    clock,
    random: seededRandom(seed),
    onChange: () => {},
    onFault: (error) => assert.fail(String(error)),
    startAfterMs: 0,
    ...more.context,
  }
  const reflector = new Reflector(resource, context)
  return {
    clock,
    server,
    reflector,
    requests: () => server.requests.length,
    check: (why) => {
      const byName = (a: Seen, b: Seen): number => (a.name < b.name ? -1 : 1)
      assert.deepEqual(reflector.values().toSorted(byName), server.objects('Node').map(seen), why)
    },
    stop: async () => {
      await reflector.stop()
      await api.close()
      assert.equal(transport.open(), 0, 'no request is left open')
      assert.equal(server.watches.length, 0, 'the server has no watch left')
    },
  }
}

/** Adds, changes, removes, and puts another object in the place of one, with time in between or without. */
async function change({ server, clock }: Bench, pauseMs: number): Promise<void> {
  server.apply(node({ name: 'nuc-4', ip: '192.168.1.14' }))
  await clock.run(pauseMs)
  server.apply(node({ name: 'nuc-1', ip: '192.168.1.11', labels: { changed: 'ja, größer' } }))
  await clock.run(pauseMs)
  server.remove('Node', null, 'nuc-2')
  await clock.run(pauseMs)
  server.remove('Node', null, 'nuc-3')
  server.apply(node({ name: 'nuc-3', ip: '192.168.1.33' }))
  await clock.run(pauseMs)
}

const MINUTE = 60_000
const watchOnly = { watch: true }
const listOnly = { watch: false }
const lines = (how: LineFault, times = 3): Fault => ({ on: watchOnly, times, does: { lines: how } })

/** Each fault, and how many requests it may cost at most in a quarter of an hour of changes. */
const FAULTS: readonly [title: string, fault: Fault, most: number][] = [
  ['none', { times: 0, does: 'goaway' }, 6],
  ['the watch is accepted and no headers come', { on: watchOnly, times: 3, does: 'no-headers' }, 9],
  ['the list is accepted and no headers come', { on: listOnly, times: 3, does: 'no-headers' }, 9],
  ['the watch stays silent', lines('silence', 1), 8],
  ['the watch ends at once, again and again', lines('end-at-once', 12), 20],
  ['the watch ends well within an event', lines('end-mid-line'), 16],
  ['the watch breaks within an event', lines('reset-mid-line'), 12],
  ['events come in pieces, also within a character', lines('split', 2), 6],
  ['events come all in one chunk', lines('batch', 2), 6],
  ['blank lines come between events', lines('blank-lines', 2), 6],
  ['an event of 5 MB', lines({ padTo: 5 << 20 }, 2), 6],
  ['an event longer than any object can be', lines({ padTo: 17 << 20 }, 1), 10],
  ['events of an unknown type', lines('unknown-type', 2), 6],
  ['an event that is no JSON', lines('no-json'), 16],
  ['every event comes twice, and old ones again', lines('replay', 2), 6],
  ['an object is deleted that nobody knew', lines('delete-of-unknown', 2), 6],
  ['ERROR 410 in the watch', lines({ error: 410 }), 12],
  ['ERROR 500 in the watch', lines({ error: 500 }), 12],
  ['ERROR 429 in the watch', lines({ error: 429 }), 12],
  [
    'the list answers 429 with Retry-After',
    { on: listOnly, times: 2, does: { status: 429, retryAfter: 7 } },
    9,
  ],
  [
    'the watch answers 503 with Retry-After',
    { on: watchOnly, times: 2, does: { status: 503, retryAfter: 7 } },
    9,
  ],
  [
    'everything answers 500 in HTML',
    { times: 5, does: { status: 500, body: '<html>', type: 'text/html' } },
    12,
  ],
  ['everything answers 401', { times: 4, does: { status: 401 } }, 11],
  ['the list answers 403', { on: listOnly, times: 2, does: { status: 403 } }, 9],
  ['the watch answers 403', { on: watchOnly, times: 2, does: { status: 403 } }, 11],
  [
    'the list answers 404 in plain text',
    { on: listOnly, times: 2, does: { status: 404, body: '404 page not found' } },
    9,
  ],
  ['the list answers 504, the version is too large', { on: listOnly, times: 2, does: { status: 504 } }, 9],
  ['the list ends half way', { on: listOnly, times: 2, does: 'half-answer' }, 9],
]

for (const [title, fault, most] of FAULTS) {
  test(`${title} → the server's truth, in at most ${most} requests`, async () => {
    const bench = start({ faults: [fault] })
    // The last events come while the fault is still at work, and nothing comes after them.
    await change(bench, 20)
    await bench.clock.run(3 * MINUTE)
    await change(bench, MINUTE)
    await bench.clock.run(8 * MINUTE)
    bench.check('after the fault')
    assert.equal(bench.server.faults.left, 0, 'the fault has happened')
    assert.ok(bench.requests() <= most, `${bench.requests()} requests`)
    assert.equal(bench.reflector.status().health.state, 'synced')
    await bench.stop()
    assert.equal(bench.clock.sleeping, 0, 'no timer is left')
  })
}

test('one 410 → one new list, from etcd and not from the cache, within 5 s', async () => {
  const bench = start()
  await bench.clock.run(1000)
  bench.server.store.compact()
  bench.server.faults.add(lines({ error: 410 }, 1))
  await bench.clock.run(10 * MINUTE)
  const lists = bench.server.requests.filter(({ isWatch }) => !isWatch)
  assert.deepEqual(
    lists.map(({ query }) => query.get('resourceVersion')),
    ['0', null],
  )
  const broken = bench.server.requests.findIndex(({ isWatch }, i) => isWatch && i > 1)
  assert.ok(lists[1]!.atMs - bench.server.requests[broken]!.atMs < 5000)
  assert.deepEqual(bench.reflector.status().relists, { first: 1, expired: 1 })
  await bench.stop()
})

test('a page token that has expired → the whole list once more, in one piece', async () => {
  const before = (server: ApiServer): void => {
    for (let i = 0; i < 1200; i++) server.apply(node({ name: `n${i}`, ip: '10.0.0.1' }))
    server.faults.add(lines({ error: 410 }, 1))
  }
  const onRequest = ({ query }: Asked): void => {
    if (query.has('continue')) bench.server.store.compact()
  }
  const bench = start({ before, server: { onRequest } })
  await bench.clock.run(MINUTE)
  bench.check('all 1203')
  const lists = bench.server.requests.filter(({ isWatch }) => !isWatch)
  assert.deepEqual(
    lists.map(({ query, status }) => [query.get('limit'), query.has('continue'), status]),
    [
      [null, false, 200],
      ['500', false, 200],
      ['500', true, 410],
      [null, false, 200],
    ],
  )
  await bench.stop()
})

test('403 → the missing permission by verb, resource and namespace, asked again only every minute', async () => {
  const pods: Resource<Seen> = {
    ...NODES,
    name: 'pods',
    namespace: 'metallb-system',
    variants: [{ path: '/api/v1/namespaces/metallb-system/pods' }],
  }
  const bench = start({ resource: pods, groups: [] })
  await bench.clock.run(10 * MINUTE)
  assert.deepEqual(bench.reflector.status().health, {
    state: 'denied',
    what: 'list pods in namespace metallb-system',
  })
  assert.ok(bench.requests() >= 8 && bench.requests() <= 13, `${bench.requests()} requests`)
  await bench.stop()
})

test('a role that lists but may not watch → the data, the verb watch, and a list every minute', async () => {
  const before = (server: ApiServer): void => {
    server.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'lister' },
      rules: [
        {
          apiGroups: [''],
          resources: ['nodes'],
          verbs: ['list'],
        },
      ],
    })
    server.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'lister' },
      roleRef: {
        kind: 'ClusterRole',
        name: 'lister',
      },
      subjects: [
        {
          kind: 'User',
          name: 'tester',
        },
      ],
    })
  }
  const bench = start({ before, groups: [] })
  await bench.clock.run(30_000)
  bench.server.apply(node({ name: 'nuc-9', ip: '192.168.1.19' }))
  await bench.clock.run(2 * MINUTE)
  bench.check('the polled list')
  assert.deepEqual(bench.reflector.status().health, {
    state: 'denied',
    what: 'watch nodes in all namespaces',
  })
  await bench.stop()
})

test('a CRD that is installed later → absent, then synced within 80 s; removed → absent and empty', async () => {
  const thing = {
    apiVersion: 'example.io/v1',
    kind: 'Thing',
    metadata: {
      name: 'one',
      namespace: 'default',
    },
  }
  const crd = {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.io' },
    spec: {
      group: 'example.io',
      scope: 'Namespaced',
      names: {
        plural: 'things',
        kind: 'Thing',
      },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
        },
      ],
    },
  }
  const resource: Resource<Seen> = {
    ...NODES,
    name: 'things.example.io',
    variants: [{ path: '/apis/example.io/v1/things' }],
  }
  const bench = start({ resource })
  await bench.clock.run(5 * MINUTE)
  assert.equal(bench.reflector.status().health.state, 'absent')
  bench.server.apply(crd)
  bench.server.apply(thing)
  await bench.clock.run(80_000)
  assert.deepEqual(
    bench.reflector.values().map(({ name }) => name),
    ['one'],
  )
  bench.server.remove('CustomResourceDefinition', null, 'things.example.io')
  await bench.clock.run(12 * MINUTE)
  assert.deepEqual([bench.reflector.status().health.state, bench.reflector.values()], ['absent', []])
  await bench.stop()
})

test('a field selector that the server does not know → 400 once, then all, chosen by us', async () => {
  const resource: Resource<Seen> = {
    ...NODES,
    name: 'services',
    variants: [
      { path: '/api/v1/services', query: { fieldSelector: 'spec.type=LoadBalancer' } },
      { path: '/api/v1/services' },
    ],
  }
  const bench = start({ resource, server: { serviceTypeSelector: false } })
  await bench.clock.run(MINUTE)
  const asked = bench.server.requests.map(({ status, query }) => [status, query.get('fieldSelector')])
  assert.deepEqual(asked, [
    [400, 'spec.type=LoadBalancer'],
    [200, null],
    [200, null],
  ])
  await bench.stop()
})

test('an outage → what was known stays, stale with the reason; its age grows from the last contact on', async () => {
  const bench = start()
  await bench.clock.run(10_000)
  bench.server.faults.add({ times: 100, does: { status: 503 } })
  bench.server.faults.add(lines('silence', 0))
  for (const watch of bench.server.requests) watch.over = true
  await bench.clock.run(20 * MINUTE)
  const { health, completeMs, hasSynced } = bench.reflector.status()
  assert.equal(bench.reflector.values().length, 3)
  assert.deepEqual([health.state, hasSynced], ['stale', true])
  assert.match('why' in health ? health.why : '', /^the API server said 503: scripted fault$/)
  assert.ok(bench.clock.monotonicMs() - (completeMs ?? 0) > 10 * MINUTE)
  await bench.stop()
})

test('a server that sent a bookmark and then nothing → given up after 180 s, long before the watch would end', async () => {
  const bench = start({ faults: [lines('one-line', 1)] })
  await bench.clock.run(4 * MINUTE + 10_000)
  const [first, second] = bench.server.requests.filter(({ isWatch }) => isWatch)
  const bookmarkMs = 60_000
  const lostMs = second!.atMs - first!.atMs - bookmarkMs
  assert.ok(lostMs >= 180_000 && lostMs <= 181_000, `${lostMs} ms`)
  assert.deepEqual(bench.reflector.status().errors, { 'late-event': 1 })
  await bench.stop()
})

test('404 of a server that is only starting → what was known stays, and no listener sees it gone', async () => {
  const sizes: number[] = []
  const context = { onChange: () => void sizes.push(bench.reflector.items.size) }
  const bench: Bench = start({ context })
  await bench.clock.run(1000)
  bench.server.faults.add({ times: 5, does: { status: 404, body: '404 page not found' } })
  bench.server.faults.add(lines('end-at-once', 1))
  bench.server.store.forget()
  await bench.clock.run(20 * MINUTE)
  bench.check('once it has started')
  assert.deepEqual(
    [...new Set(sizes)].toSorted((a, b) => a - b),
    [0, 3],
    'empty before the first list only',
  )
  await bench.stop()
})

test('backoff → full jitter up to 30 s: two seeds ask at different times, and never more than 2.2 a minute', async () => {
  const times = await Promise.all(
    [1, 2].map(async (seed) => {
      const bench = start({ seed, faults: [{ times: 1000, does: { status: 503 } }] })
      await bench.clock.run(60 * MINUTE)
      const at = bench.server.requests.map(({ atMs }) => Math.round(atMs))
      await bench.stop()
      return at
    }),
  )
  assert.notDeepEqual(times[0], times[1])
  for (const at of times) {
    const waits = at.slice(1).map((ms, i) => ms - at[i]!)
    assert.ok(Math.max(...waits) <= 30_000)
    assert.ok(at.length < 280, `${at.length} in an hour`)
  }
})

test('an event that changes nothing of what we keep → no news, the same list, and its version counts', async () => {
  let told = 0
  const byName: Resource<Seen> = {
    ...NODES,
    keep: (object) => ({ ...seen(object as ApiObject), version: '' }),
  }
  const bench = start({ resource: byName, context: { onChange: () => told++ } })
  await bench.clock.run(2000)
  const [before, list] = [told, bench.reflector.values()]
  bench.server.apply(node({ name: 'nuc-1', ip: '192.168.1.12' }))
  await bench.clock.run(2000)
  assert.deepEqual([told, bench.reflector.values() === list], [before, true])
  const versions = new Set([...bench.reflector.items.values()].map(({ version }) => version))
  assert.deepEqual(versions, new Set(bench.server.objects('Node').map((one) => one.metadata.resourceVersion)))
  bench.server.apply(node({ name: 'nuc-9', ip: '192.168.1.19' }))
  await bench.clock.run(2000)
  assert.deepEqual([told, bench.reflector.values().length], [before + 1, 4])
  await bench.stop()
})

test('what a listener throws → handed to onFault, and the reflector goes on', async () => {
  const faults: unknown[] = []
  const context = {
    onChange: () => {
      throw new Error('of a listener')
    },
    onFault: (error: unknown) => void faults.push(error),
  }
  const bench = start({ context })
  await bench.clock.run(1000)
  await change(bench, 100)
  bench.check('although every call threw')
  assert.ok(faults.length >= 4)
  await bench.stop()
})

const PHASES: readonly [phase: string, setup: Setup, runMs: number][] = [
  ['before the first request', { context: { startAfterMs: 5000 } }, 1000],
  ['while the list has no answer', { faults: [{ does: 'no-headers' }] }, 1000],
  ['while the watch has no answer', { faults: [{ on: watchOnly, does: 'no-headers' }] }, 1000],
  ['while the watch stands', {}, 1000],
  ['while it waits to try again', { faults: [{ times: 100, does: { status: 503 } }] }, 20_000],
  ['while it waits for a permission', { groups: [] }, 20_000],
]

for (const [phase, setup, runMs] of PHASES) {
  test(`stop ${phase} → at once, twice as well, and nothing is asked after it`, async () => {
    const bench = start(setup)
    await bench.clock.run(runMs)
    const asked = bench.requests()
    await Promise.all([bench.reflector.stop(), bench.reflector.stop()])
    await bench.stop()
    assert.equal(bench.clock.sleeping, 0, 'no timer is left')
    await bench.clock.run(10 * MINUTE)
    assert.equal(bench.requests(), asked)
  })
}
