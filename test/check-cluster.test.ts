import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, type CheckOptions } from '../src/check.ts'
import type { ClusterSnapshot } from '../src/core/cluster.ts'
import { NO_OPTIONS } from './helpers/options.ts'
import type { Report } from '../src/core/report.ts'
import { BROADCAST_MAC } from '../src/core/mac.ts'
import { ArpcheckError } from '../src/errors.ts'
import { advertisement, cluster, node, pool, service, slice, speaker } from './helpers/cluster.ts'
import type { ViewsReading } from '../src/elected.ts'
import { answers, FakeSegment, hostFacts, ip, link, type Responder } from './helpers/segment.ts'

const MACS = {
  'nuc-1': '1c:69:7a:aa:01:10',
  'nuc-2': '1c:69:7a:aa:02:10',
  'nuc-4': '1c:69:7a:aa:04:10',
} as const
const ADDRESSES = {
  'nuc-1': '192.168.1.11',
  'nuc-2': '192.168.1.12',
  'nuc-3': '192.168.1.13',
  'nuc-4': '192.168.1.14',
}
const STRANGER = '24:6f:28:5e:10:9c'
const PODS = { 'nuc-1': '10.42.1.1', 'nuc-2': '10.42.2.1', 'nuc-3': '10.42.3.1', 'nuc-4': '10.42.4.1' }
type NodeName = keyof typeof ADDRESSES

const NODES = Object.keys(ADDRESSES) as NodeName[]

/** Four NUCs; sha256 elects nuc-4 for .60, and nuc-1 when nuc-4 is gone (the example of MetalLB's own order). */
function snapshot(parts: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
  return cluster({
    nodes: NODES.map((name) =>
      node(name, { internalIps: [ip(ADDRESSES[name])], podGateways: [ip(PODS[name])] }),
    ),
    speakerPods: NODES.map((name) => speaker(name, 'v0.16.1')),
    pools: [pool('default', ['192.168.1.60-192.168.1.79'])],
    l2Advertisements: [advertisement('lan')],
    services: [service('traefik', ['192.168.1.60'])],
    endpointSlices: [slice('traefik', ['nuc-2'])],
    ...parts,
  })
}

/** A live node: its kernel answers for its own address and, across NICs, for that of its pod network. */
const live = (name: keyof typeof MACS): Responder[] => [
  answers(ADDRESSES[name], MACS[name]),
  (question) => (question.ethDst === MACS[name] ? answers(PODS[name], MACS[name])(question) : []),
]

async function run(
  segment: FakeSegment,
  snapshots: (ClusterSnapshot | Error)[],
  options: Partial<CheckOptions> = {},
  views: ViewsReading | null = null,
): Promise<Report> {
  let reads = 0
  const readCluster = async () => {
    const read = snapshots[Math.min(reads++, snapshots.length - 1)]!
    if (read instanceof Error) throw read
    return read
  }
  const edges = {
    clock: segment.clock,
    hostFacts: () => segment.facts,
    openCapture: segment.open,
    readCluster,
    readViews: async () => views,
  }
  return check({ ...NO_OPTIONS, ...options }, edges, new AbortController().signal)
}

function healthy(): FakeSegment {
  const segment = new FakeSegment()
  segment.responders.push(...live('nuc-1'), ...live('nuc-2'), ...live('nuc-4'))
  return segment
}

test('no address given → every VIP of the cluster is asked for, and judged by the election', async () => {
  const segment = healthy()
  segment.responders.push(answers('192.168.1.60', MACS['nuc-4']))
  const report = await run(segment, [snapshot()])
  const [vip] = report.vips
  assert.deepEqual(
    [vip!.vip, vip!.verdict, vip!.services, vip!.pool],
    ['192.168.1.60', 'ok', ['default/traefik'], 'default'],
  )
  assert.deepEqual(
    [vip!.expected.nodes, vip!.expected.source, vip!.answered[0]!.node],
    [['nuc-4'], 'inferred', 'nuc-4'],
  )
  assert.deepEqual(
    vip!.expected.candidates.map((one) => one.node),
    ['nuc-4', 'nuc-1', 'nuc-2', 'nuc-3'],
  )
  assert.deepEqual(report.metallb, {
    namespace: 'metallb-system',
    version: 'v0.16.1',
    memberlist: 'inferred',
    speakers: { ready: 4, total: 4 },
    waiting: [],
    unread: [],
    views: [],
    claims: [],
  })
  assert.equal(report.vantage[0]!.node, 'nuc-3')
})

test('frames of a cluster run are (VIPs + other nodes + gateways) × count', async () => {
  const segment = healthy()
  segment.responders.push(answers('192.168.1.60', MACS['nuc-4']))
  await run(segment, [snapshot()])
  assert.equal(segment.sent.length, (1 + 3 + 1) * 3)
})

test('another node answers than every hypothesis elects → mismatch', async () => {
  const segment = healthy()
  segment.responders.push(answers('192.168.1.60', MACS['nuc-2']))
  const { vips } = await run(segment, [snapshot()])
  assert.deepEqual(
    [vips[0]!.verdict, vips[0]!.findings[0]!.code, vips[0]!.answered[0]!.relation],
    ['mismatch', 'ARP201', 'node'],
  )
})

test('the elected node is dead and nobody answers → silent with ARP102, which names it', async () => {
  const segment = new FakeSegment()
  segment.responders.push(...live('nuc-1'), ...live('nuc-2'))
  const { vips } = await run(segment, [snapshot()])
  assert.deepEqual([vips[0]!.verdict, vips[0]!.findings[0]!.code], ['silent', 'ARP102'])
  assert.match(vips[0]!.findings[0]!.message, /nuc-4/)
  assert.deepEqual(vips[0]!.truths.elected.toSorted(), ['nuc-1', 'nuc-4'])
})

test('the elected node is dead and its successor answers → ok, and what was assumed is said', async () => {
  const segment = new FakeSegment()
  segment.responders.push(...live('nuc-1'), ...live('nuc-2'), answers('192.168.1.60', MACS['nuc-1']))
  const { vips } = await run(segment, [snapshot()])
  assert.deepEqual([vips[0]!.verdict, vips[0]!.findings[0]!.code], ['ok', 'ARP903'])
})

test('a second NIC of the elected node is attributed by asking it, alone, for the node’s own address', async () => {
  const segment = healthy()
  const secondNic = '1c:69:7a:aa:04:20'
  segment.responders.push(answers('192.168.1.60', secondNic))
  segment.responders.push((question) =>
    question.ethDst === secondNic ? answers(ADDRESSES['nuc-4'], secondNic)(question) : [],
  )
  const { vips } = await run(segment, [snapshot()])
  assert.deepEqual([vips[0]!.verdict, vips[0]!.answered[0]!.node], ['ok', 'nuc-4'])
})

test('a stranger that denies being any node, where nodes answer such questions → foreign', async () => {
  const segment = healthy()
  segment.facts = { ...segment.facts }
  segment.responders.push(answers('192.168.1.60', STRANGER))
  const { vips } = await run(segment, [snapshot()])
  assert.deepEqual(
    [vips[0]!.verdict, vips[0]!.findings[0]!.code, vips[0]!.answered[0]!.relation],
    ['foreign', 'ARP401', 'foreign'],
  )
})

test('a stranger where one node hides its addresses (arp_ignore) → unknown: answerer-unattributed', async () => {
  const segment = new FakeSegment()
  segment.responders.push(...live('nuc-1'), ...live('nuc-2'), answers(ADDRESSES['nuc-4'], MACS['nuc-4']))
  segment.responders.push(answers('192.168.1.60', STRANGER))
  const { vips } = await run(segment, [snapshot()])
  assert.equal(vips[0]!.reason, 'answerer-unattributed')
})

test('the election changes while we ask → settling', async () => {
  const segment = healthy()
  segment.responders.push(answers('192.168.1.60', MACS['nuc-4']))
  const later = snapshot({
    nodes: snapshot().nodes.map((one) =>
      one.name === 'nuc-4'
        ? { ...one, labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } }
        : one,
    ),
  })
  const { vips } = await run(segment, [snapshot(), later], { settle: false })
  assert.deepEqual([vips[0]!.verdict, vips[0]!.findings[0]!.code], ['settling', 'ARP902'])
})

test('the API fails at the second look → the first one stands', async () => {
  const segment = healthy()
  segment.responders.push(answers('192.168.1.60', MACS['nuc-4']))
  const { vips } = await run(segment, [snapshot(), new ArpcheckError('capture-failed', 'away')])
  assert.equal(vips[0]!.verdict, 'ok')
})

test('a Service without endpoints is idle, and one of another class is listed but not judged', async () => {
  const services = [
    service('traefik', ['192.168.1.60']),
    service('lb', ['192.168.1.13'], { loadBalancerClass: 'other.io/lb' }),
  ]
  const report = await run(healthy(), [snapshot({ services, endpointSlices: [] })])
  assert.deepEqual(
    report.vips.map(({ vip, verdict }) => [vip, verdict]),
    [['192.168.1.60', 'idle']],
  )
  assert.deepEqual(
    report.outOfScope.map((one) => one.ip),
    ['192.168.1.13'],
  )
})

test('MACs that the user gave override the cluster', async () => {
  const segment = healthy()
  segment.responders.push(answers('192.168.1.60', MACS['nuc-2']))
  const targets = [{ vip: ip('192.168.1.60'), macs: [MACS['nuc-2'] as never] }]
  const { vips } = await run(segment, [snapshot()], { targets })
  assert.deepEqual([vips[0]!.verdict, vips[0]!.expected.source], ['ok', 'static'])
})

/** What each of these speakers believes: the members that it counts; null: nothing answers at its address. */
function viewsOf(believed: Partial<Record<NodeName, readonly NodeName[] | null>>): ViewsReading {
  const readings = Object.entries(believed).map(([name, names]) => ({
    speaker: { name, address: ip(ADDRESSES[name as NodeName]), port: 7946 },
    reading: names === null ? ({ kind: 'no-route' } as const) : viewReading(names),
    tookMs: 1,
  }))
  return { readings, sealed: false }
}

function viewReading(names: readonly NodeName[]) {
  const members = names.map(
    (name) => ({ name, address: ip(ADDRESSES[name]), port: 7946, state: 'alive', incarnation: 1 }) as const,
  )
  return { kind: 'view', members, keyIndex: null, unproven: false } as const
}

const LIVE = ['nuc-1', 'nuc-2', 'nuc-3'] as const

test('every live view still counts the dead node → silent with ARP102, read and not inferred', async () => {
  const segment = new FakeSegment()
  segment.responders.push(...live('nuc-1'), ...live('nuc-2'))
  const stale = viewsOf({ 'nuc-1': NODES, 'nuc-2': NODES, 'nuc-3': NODES, 'nuc-4': null })
  const { vips, metallb } = await run(segment, [snapshot()], {}, stale)
  assert.deepEqual([vips[0]!.verdict, vips[0]!.findings[0]!.code], ['silent', 'ARP102'])
  assert.deepEqual(
    [vips[0]!.expected.source, vips[0]!.expected.nodes, vips[0]!.truths.elected],
    ['memberlist', [], ['nuc-4']],
  )
  assert.deepEqual(
    [metallb!.memberlist, metallb!.views.map(({ error }) => error)],
    ['read', [null, null, null, 'no-route']],
  )
})

test('the views have dropped the dead node and its successor answers → ok, nothing assumed', async () => {
  const segment = new FakeSegment()
  segment.responders.push(...live('nuc-1'), ...live('nuc-2'), answers('192.168.1.60', MACS['nuc-1']))
  const { vips } = await run(
    segment,
    [snapshot()],
    {},
    viewsOf({ 'nuc-1': LIVE, 'nuc-2': LIVE, 'nuc-3': LIVE, 'nuc-4': null }),
  )
  assert.deepEqual([vips[0]!.verdict, vips[0]!.findings], ['ok', []])
})

test('two views that each elect their own node, both answer → duplicate, and ARP601 says how the views differ', async () => {
  const segment = healthy()
  segment.responders.push(answers('192.168.1.60', MACS['nuc-4']), answers('192.168.1.60', MACS['nuc-1']))
  const split = viewsOf({ 'nuc-1': LIVE, 'nuc-2': LIVE, 'nuc-3': LIVE, 'nuc-4': NODES })
  const { vips, findings } = await run(segment, [snapshot()], {}, split)
  assert.deepEqual([vips[0]!.verdict, vips[0]!.expected.nodes], ['duplicate', ['nuc-1', 'nuc-4']])
  assert.deepEqual(
    findings.map(({ code, severity }) => `${code} ${severity}`),
    ['ARP601 info'],
  )
})

test('a speaker refuses while its node answers → ARP603', async () => {
  const segment = healthy()
  segment.responders.push(answers('192.168.1.60', MACS['nuc-4']))
  const refused = viewsOf({ 'nuc-1': NODES, 'nuc-2': null, 'nuc-3': NODES, 'nuc-4': NODES })
  const { findings } = await run(segment, [snapshot()], {}, refused)
  assert.deepEqual(
    findings.map(({ code, severity }) => `${code} ${severity}`),
    ['ARP603 error'],
  )
})

const OTHERS = [ADDRESSES['nuc-1'], ADDRESSES['nuc-2'], ADDRESSES['nuc-4']]

test('nodes with IPv6 addresses on the segment are asked for the others alone, by ARP', async () => {
  const segment = new FakeSegment()
  const addresses = ['192.168.1.13', 'fd00::13'].map((text, i) => ({ ip: ip(text), bits: i === 0 ? 24 : 64 }))
  segment.facts = hostFacts({ links: [link({ addresses })] })
  segment.responders.push(
    ...live('nuc-1'),
    ...live('nuc-2'),
    ...live('nuc-4'),
    answers('192.168.1.60', MACS['nuc-4']),
  )
  const nodes = snapshot().nodes.map((one) => ({ ...one, internalIps: [...one.internalIps, ip('fd00::11')] }))
  const report = await run(segment, [snapshot({ nodes })])
  assert.deepEqual(
    report.vips.map(({ verdict }) => verdict),
    ['ok'],
  )
  const broadcasts = segment.sent.filter(({ ethDst }) => ethDst === BROADCAST_MAC).map(({ tpa }) => tpa)
  // of nuc-3 we are a part ourselves
  assert.deepEqual(new Set(broadcasts), new Set(['192.168.1.1', ...OTHERS, '192.168.1.60']))
})
