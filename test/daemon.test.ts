import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { ArpFrame } from '../src/core/arp.ts'
import { BROADCAST_MAC } from '../src/core/mac.ts'
import { isFault } from '../src/core/verdict.ts'
import { CONFIG, DaemonWorld, nicRecords } from './helpers/daemon.ts'
import { NUC_MACS, NUCS, nucViews, VIPS } from './helpers/nucs.ts'
import { answers, ip, mac } from './helpers/segment.ts'

// A whole daemon in memory: nuc-3 watches the VIPs of the home lab, in a time that the tests drive.

const TRAEFIK = VIPS['ingress/traefik'][0]
const EXCLUDE = 'node.kubernetes.io/exclude-from-external-load-balancers'
const LIVE = ['nuc-1', 'nuc-2', 'nuc-3'] as const

function started(
  t: TestContext,
  change: (world: DaemonWorld) => void = () => {},
  config: Partial<typeof CONFIG> = {},
): DaemonWorld {
  const world = new DaemonWorld()
  change(world)
  world.start(config)
  t.after(() => world.end())
  return world
}

function faults(world: DaemonWorld): string[] {
  return [...world.verdicts].flatMap(([vip, all]) =>
    all.filter((one) => one !== null && isFault(one)).map((one) => `${vip} ${one}`),
  )
}

test('an interface that is not there is named → told once, not ready; watched as soon as it is there', async (t) => {
  const world = new DaemonWorld()
  const { links } = world.facts
  world.facts = { ...world.facts, links: links.map((one) => ({ ...one, name: 'eno9' })) }
  world.start({ interfaces: ['eno1'] })
  t.after(() => world.end())
  await world.run(90)
  const told = () => world.lines.map(({ message }) => message).filter((one) => one.startsWith('interface '))
  assert.deepEqual(told(), ['interface cannot be used'])
  assert.match(world.watch.unready()!, /eno1/)
  world.facts = { ...world.facts, links }
  world.onHostChange()
  await world.run(40)
  assert.deepEqual(told().slice(1), ['interface can be used again'])
  assert.deepEqual([world.watch.unready(), world.vip(TRAEFIK).row?.verdict], [null, 'ok'])
})

test('a healthy cluster → every VIP ok, and within the budget', async (t) => {
  const world = started(t)
  await world.run(120)
  assert.deepEqual(
    [...world.watch.state().vips.values()].map(({ vip, row }) => [vip, row?.verdict]),
    Object.values(VIPS).map(([vip]) => [vip, 'ok']),
  )
  assert.deepEqual(faults(world), [])
  assert.ok(world.sent.length < 10 * 120, `${world.sent.length} frames in 120 s`)
  assert.equal(world.watch.unready(), null)
})

test('power loss, a clean fail-over → the outage is observed, no fault verdict', async (t) => {
  const world = started(t)
  await world.run(60)
  world.lose('nuc-4')
  world.views = nucViews(LIVE, NUCS)
  await world.run(6)
  world.responders.push(answers(TRAEFIK, NUC_MACS['nuc-1']))
  world.views = nucViews(LIVE, LIVE)
  await world.run(90)
  assert.deepEqual(faults(world), [])
  assert.equal(world.vip(TRAEFIK).row?.verdict, 'ok')
  assert.equal(world.vip(TRAEFIK).ownerChanges, 1)
  const [outage, ...more] = world.observed.filter(({ what }) => what === 'outage')
  assert.deepEqual(more, [])
  assert.ok(outage!.what === 'outage' && outage!.seconds > 1 && outage!.seconds < 40, JSON.stringify(outage))
})

test('stale views → raw silence at once, the fault after the hold-down and not before', async (t) => {
  const world = started(t)
  await world.run(60)
  const lostMs = world.clock.monotonicMs()
  world.lose('nuc-4')
  world.views = nucViews(LIVE, NUCS)
  let [silentMs, faultMs] = [0, 0]
  for (let second = 0; second < 100 && faultMs === 0; second++) {
    await world.run(1)
    const { silentSinceMs, row } = world.vip(TRAEFIK)
    if (silentMs === 0 && silentSinceMs !== null) silentMs = world.clock.monotonicMs() - lostMs
    if (faultMs === 0 && row?.verdict === 'silent') faultMs = world.clock.monotonicMs() - lostMs
  }
  await world.run(2)
  assert.ok(silentMs > 0 && silentMs <= 8000, `silence was exported after ${silentMs} ms`)
  assert.ok(faultMs - silentMs > 30_000 && faultMs - silentMs < 50_000, `${silentMs} ms, ${faultMs} ms`)
  assert.deepEqual(
    world.vip(TRAEFIK).row!.findings.map(({ code }) => code),
    ['ARP102'],
  )
  assert.equal(world.observed.filter((one) => one.what === 'detection').length, 1)
  assert.deepEqual(faults(world), [`${TRAEFIK} silent`])
  assert.ok(world.lines.some(({ level, message }) => level === 'error' && message === 'verdict changed'))
})

/** A VIP whose node is lost, until the fault is told of it; at some moment before, something else changes. */
async function untilFault(t: TestContext, changeMs = Infinity): Promise<DaemonWorld> {
  const world = started(t)
  await world.run(60)
  world.lose('nuc-4')
  world.views = nucViews(LIVE, NUCS)
  for (let left = 2400; left > 0 && world.vip(TRAEFIK).row?.verdict !== 'silent'; left--) {
    if (changeMs === world.clock.monotonicMs()) exclude(world)
    await world.clock.run(50)
  }
  return world
}

/** Somebody else should answer for what nuc-4 answered for. */
function exclude(world: DaemonWorld): void {
  const nodes = world.cluster.nodes.map((node) =>
    node.name === 'nuc-4' ? { ...node, labels: { ...node.labels, [EXCLUDE]: '' } } : node,
  )
  world.cluster = { ...world.cluster, nodes }
  world.onClusterChange()
}

test('who should answer changes during the look that ends the hold-down → asked again at once, and the fault within four seconds', async (t) => {
  const onceMs = (await untilFault(t)).clock.monotonicMs()
  const lateMs = (await untilFault(t, onceMs - 1200)).clock.monotonicMs() - onceMs
  assert.ok(lateMs > 0 && lateMs <= 4000, `${lateMs}`)
})

test('who should answer changes during a look, while the fault stands → it stands, and the next look tells', async (t) => {
  const world = await untilFault(t)
  const isSweep = ({ tpa, ethDst }: ArpFrame): boolean => tpa === TRAEFIK && ethDst === BROADCAST_MAC
  const asked = world.sent.filter(isSweep).length
  while (world.sent.filter(isSweep).length === asked) await world.clock.run(10)
  exclude(world)
  await world.run(60)
  assert.deepEqual(world.vip(TRAEFIK).row?.expected.nodes, ['nuc-1'])
  assert.equal(world.verdicts.get(TRAEFIK)?.at(-1), 'silent')
  assert.deepEqual(
    world.verdicts.get(TRAEFIK)?.filter((one) => one === 'settling'),
    [],
  )
})

test('the API away for ten minutes → the list stays, verdicts become unknown, and come back', async (t) => {
  const world = started(t)
  await world.run(60)
  world.apiAwaySinceMs = world.clock.monotonicMs()
  await world.run(600)
  assert.equal(world.watch.state().vips.size, 5)
  assert.deepEqual(
    [...world.watch.state().vips.values()].map(({ row }) => [row?.verdict, row?.reason]),
    Object.keys(VIPS).map(() => ['unknown', 'stale-expectation']),
  )
  world.apiAwaySinceMs = null
  await world.run(60)
  assert.equal(world.vip(TRAEFIK).row?.verdict, 'ok')
  assert.deepEqual(faults(world), [])
})

test('the interface goes down and comes back → unknown meanwhile, then ok; one capture at a time', async (t) => {
  const world = started(t, (one) => (one.cluster = { ...one.cluster, nicRecords: nicRecords(['nuc-3']) }))
  await world.run(60)
  const { facts } = world
  world.facts = { ...facts, links: facts.links.map((one) => ({ ...one, carrier: false })) }
  world.onHostChange()
  await world.run(30)
  assert.deepEqual([world.vip(TRAEFIK).row?.verdict, world.open.size], ['unknown', 0])
  world.facts = facts
  world.onHostChange()
  await world.run(60)
  assert.deepEqual([world.vip(TRAEFIK).row?.verdict, world.open.size], ['ok', 1])
  assert.deepEqual(faults(world), [])
})

test('the interface goes down where other daemons hear the segment → theirs to tell, no row of ours', async (t) => {
  const world = started(t)
  await world.run(60)
  world.facts = { ...world.facts, links: world.facts.links.map((one) => ({ ...one, carrier: false })) }
  world.onHostChange()
  await world.run(3)
  const { row, vantages } = world.vip(TRAEFIK)
  assert.deepEqual([row, vantages.includes('nuc-3'), vantages.length], [null, false, 2])
})

test('nobody is heard any more → unknown: deaf, never silent', async (t) => {
  const world = started(t)
  await world.run(60)
  world.responders = []
  await world.run(180)
  const { row, silentSinceMs } = world.vip(TRAEFIK)
  assert.deepEqual([row?.verdict, row?.reason, silentSinceMs], ['unknown', 'deaf-vantage', null])
  assert.deepEqual(faults(world), [])
})

test('no speaker shows whom it counts → inferred, and ok', async (t) => {
  const world = started(t, (one) => (one.views = nucViews([], [])))
  await world.run(90)
  const { row } = world.vip(TRAEFIK)
  assert.deepEqual([row?.verdict, row?.expected.source], ['ok', 'inferred'])
  assert.deepEqual(faults(world), [])
})

test('memberlist: require, and no speaker shows whom it counts → unknown, and why; ok once one does', async (t) => {
  const world = started(t, (one) => (one.views = nucViews([], [])), { memberlist: 'require' })
  await world.run(90)
  const { row } = world.vip(TRAEFIK)
  assert.deepEqual([row?.verdict, row?.reason, row?.expected.nodes], ['unknown', 'no-expectation', []])
  assert.match(row!.findings[0]!.why.join(), /no speaker's member list could be read/)
  world.views = nucViews(['nuc-1'], NUCS)
  await world.run(90)
  const { verdict, expected } = world.vip(TRAEFIK).row!
  assert.deepEqual([verdict, expected.source, faults(world)], ['ok', 'memberlist', []])
})

test('memberlist: require, and nobody answers for what no speaker shows → unknown for ever, never silent', async (t) => {
  const world = started(t, (one) => (one.views = nucViews([], [])), { memberlist: 'require' })
  world.lose('nuc-4')
  await world.run(200)
  assert.deepEqual(world.verdicts.get(TRAEFIK), [null, 'unknown'])
})

test('the API is away from the start → no VIP is known, and that is why it is not ready', async (t) => {
  const world = started(t, (one) => {
    const inputs = Object.keys(one.cluster.inputs).map((name) => [
      name,
      { readable: { failed: 'x' }, ageMs: null },
    ])
    one.unread = Object.fromEntries(inputs) as DaemonWorld['cluster']['inputs']
  })
  await world.run(60)
  assert.equal(world.watch.state().vips.size, 0)
  assert.match(world.watch.unready()!, /has never been read/)
  world.unread = null
  world.onClusterChange()
  await world.run(60)
  assert.deepEqual([world.watch.unready(), world.vip(TRAEFIK).row?.verdict], [null, 'ok'])
})

test('our clock is set an hour on, and back → no fault, and ok when a round has passed', async (t) => {
  const world = started(t)
  await world.run(60)
  const { clock } = world
  const wallNs = clock.wallNs.bind(clock)
  clock.wallNs = () => wallNs() + 3_600_000_000_000n
  await world.run(40)
  clock.wallNs = wallNs
  await world.run(40)
  assert.deepEqual([faults(world), world.vip(TRAEFIK).row?.verdict], [[], 'ok'])
})

test('a VIP that goes → is gone from the state, and asked for no more', async (t) => {
  const world = started(t)
  await world.run(60)
  world.cluster = { ...world.cluster, services: world.cluster.services.slice(1) }
  world.onClusterChange()
  await world.run(3)
  const before = world.sent.length
  await world.run(60)
  assert.equal(world.vip(TRAEFIK), undefined)
  assert.deepEqual(
    world.sent.slice(before).filter(({ tpa }) => tpa === TRAEFIK),
    [],
  )
})

test('a stranger answers for a VIP → foreign at once, where every node has its record', async (t) => {
  const world = started(t)
  await world.run(60)
  world.responders.push(answers(TRAEFIK, '24:6f:28:5e:10:9c'))
  await world.run(40)
  assert.equal(world.vip(TRAEFIK).row?.verdict, 'foreign')
})

test('two nodes answer for ever → duplicate after the hold-down', async (t) => {
  const world = started(t)
  await world.run(60)
  world.responders.push(answers(TRAEFIK, NUC_MACS['nuc-2']))
  await world.run(100)
  assert.deepEqual(faults(world), [`${TRAEFIK} duplicate`])
})

test('each speaker is asked for its view no more than once in 10 s', async (t) => {
  const world = started(t)
  await world.run(300)
  for (const name of NUCS) {
    const times = world.asked.filter(({ speaker }) => speaker === name).map(({ atMs }) => atMs)
    const gaps = times.slice(1).map((ms, i) => ms - times[i]!)
    assert.ok(Math.min(...gaps) >= 10_000, `${name}: ${gaps.join()}`)
  }
  assert.ok(world.asked.length > 30)
})

test('forty daemons share each speaker, so that views grow old; another takes over lawfully → its own view is read at once, no fault', async (t) => {
  const others = Array.from({ length: 36 }, (_, i) => ({
    node: `other-${i}`,
    nics: nicRecords(['nuc-1'])[0]!.nics.map((nic) => ({ ...nic, mac: mac(`02:00:00:00:01:${10 + i}`) })),
    changedAt: null,
  }))
  const world = started(t, (it) => {
    const before = it.cluster
    it.cluster = {
      ...before,
      nodes: [
        ...before.nodes,
        ...others.map((one) => ({ ...before.nodes[0]!, name: one.node, internalIps: [] })),
      ],
      nicRecords: [...before.nicRecords, ...others],
    }
  })
  await world.run(300)
  const asked = world.asked.length
  world.lose('nuc-4')
  await world.run(6)
  world.responders.push(answers(TRAEFIK, NUC_MACS['nuc-1']))
  world.views = nucViews(LIVE, LIVE)
  await world.run(150)
  assert.deepEqual(faults(world), [])
  assert.equal(world.vip(TRAEFIK).row?.verdict, 'ok')
  const counts = NUCS.map((name) => world.asked.slice(asked).filter(({ speaker }) => speaker === name).length)
  assert.ok(Math.max(...counts) <= 2, `${counts.join()} exchanges in 156 s`)
})

test('a speaker that no key of ours opens → asked seldom: each time leaves a line in its log', async (t) => {
  const world = started(t, (one) => {
    const readings = one.views.readings.map((each) => ({ ...each, reading: { kind: 'wrong-key' } as const }))
    one.views = { ...one.views, readings }
  })
  await world.run(290)
  assert.equal(world.asked.length, new Set(world.asked.map(({ speaker }) => speaker)).size)
  assert.equal(world.vip(TRAEFIK).row?.verdict, 'ok')
})

test('our record as the API holds it → nothing is written; another, or none → it is written', async (t) => {
  const world = started(t)
  await world.run(120)
  assert.equal(world.published.length, 0)
  world.cluster = { ...world.cluster, nicRecords: world.cluster.nicRecords.slice(0, 2) }
  world.onClusterChange()
  await world.run(30)
  assert.ok(world.published.length >= 1)
  assert.deepEqual(world.published[0]![0]!.mac, NUC_MACS['nuc-3'])
})

test('a cluster of one node → self, and not testable; nothing is sent for the VIP', async (t) => {
  const world = started(t, (one) => {
    const only = <T extends { readonly name?: string; readonly nodeName?: string | null }>(
      all: readonly T[],
    ) => all.filter(({ name, nodeName }) => (nodeName ?? name) === 'nuc-3')
    one.cluster = {
      ...one.cluster,
      nodes: only(one.cluster.nodes),
      speakerPods: only(one.cluster.speakerPods),
      nicRecords: one.cluster.nicRecords.filter(({ node }) => node === 'nuc-3'),
      endpointSlices: one.cluster.endpointSlices.map((slice) => ({
        ...slice,
        endpoints: slice.endpoints.map((endpoint) => ({ ...endpoint, nodeName: 'nuc-3' })),
      })),
    }
    one.views = nucViews(['nuc-3'], ['nuc-3'])
  })
  await world.run(60)
  const { row, testable } = world.vip(TRAEFIK)
  assert.deepEqual([row?.verdict, testable], ['self', false])
  assert.deepEqual(
    world.sent.filter(({ tpa }) => tpa === TRAEFIK),
    [],
  )
})

test('a host that is no node → watches every VIP on its segment', async (t) => {
  const world = new DaemonWorld()
  world.facts = {
    ...world.facts,
    hostname: 'desk',
    links: world.facts.links.map((one) => ({
      ...one,
      addresses: [{ ip: ip('192.168.1.200'), bits: 24 }],
      mac: mac('02:00:00:00:00:c8'),
    })),
  }
  world.start({ node: null })
  t.after(() => world.end())
  world.responders.push(answers('192.168.1.13', NUC_MACS['nuc-3']))
  await world.run(120)
  assert.deepEqual(
    [...world.watch.state().vips.values()].map(({ row }) => row?.verdict),
    Object.keys(VIPS).map(() => 'ok'),
  )
  assert.deepEqual(world.published, [])
})

test('the stop → every capture is closed, and nothing sleeps any more', async () => {
  const world = new DaemonWorld()
  world.start()
  await world.run(30)
  world.stop.abort()
  await world.clock.run(1)
  await world.ended
  assert.deepEqual([world.open.size, world.clock.sleeping], [0, 0])
})

test('another configuration → is taken over; a refused one leaves what was, and says so', async (t) => {
  const world = started(t)
  await world.run(60)
  world.watch.reconfigure({ ...CONFIG, intervalMs: 60_000 })
  await world.run(2)
  assert.equal(world.vip(TRAEFIK).intervalMs, 60_000)
  world.watch.reconfigure(null)
  await world.run(2)
  assert.deepEqual([world.vip(TRAEFIK).intervalMs, world.watch.state().config.successful], [60_000, false])
})

test('a node that has no record yet only listens until it has one, and those that started with it have theirs', async (t) => {
  const world = started(t, (one) => {
    one.cluster = { ...one.cluster, nicRecords: [] }
  })
  await world.run(9)
  assert.deepEqual([world.published.length > 0, world.sent.length], [true, 0])
  world.cluster = { ...world.cluster, nicRecords: nicRecords() }
  await world.run(30)
  assert.ok(world.sent[0]!.atMs >= 11_000 && world.sent[0]!.atMs < 20_000, `${world.sent[0]!.atMs}`)
})

test('a record that is never there → it asks all the same after 30 s', async (t) => {
  const world = started(t, (one) => {
    one.cluster = { ...one.cluster, nicRecords: nicRecords(['nuc-1', 'nuc-2', 'nuc-4']) }
  })
  await world.run(50)
  assert.ok(world.sent[0]!.atMs >= 30_000 && world.sent[0]!.atMs < 40_000, `${world.sent[0]!.atMs}`)
})

test('an API that says nothing for 44 s → its lists are as good as new: daemons come and go', async (t) => {
  const world = started(t)
  await world.run(10)
  world.apiAwaySinceMs = world.clock.monotonicMs() - 44_000
  world.cluster = { ...world.cluster, nicRecords: nicRecords(['nuc-3']) }
  world.onClusterChange()
  await world.run(1)
  assert.deepEqual(world.vip(TRAEFIK).vantages, ['nuc-3'])
})
