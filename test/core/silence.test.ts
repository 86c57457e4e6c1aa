import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Case } from '../../src/core/case.ts'
import type { SpeakerMetrics } from '../../src/core/claims.ts'
import type { ClusterExpectation } from '../../src/core/expectation.ts'
import { judge } from '../../src/core/judge.ts'
import type { NodeFacts } from '../../src/core/nodes.ts'
import {
  answer,
  by,
  caseWith,
  DEAD_OWNER,
  nodeFacts,
  nodesWith,
  NUC_1,
  sideOf,
  somebody,
} from '../helpers/cases.ts'
import { NOW } from '../helpers/cluster.ts'
import { ip } from '../helpers/segment.ts'

// Nobody answers though somebody should: which finding is first, and what it says of the cause.

const VIP = ip('192.168.1.60')
const nuc1 = somebody(['nuc-1'])
const DOWN = { address: 'silent', ready: { status: 'Unknown', since: NOW - 32_400_000 } } as const
const member = (name: string) =>
  ({ name, address: ip(`192.168.1.1${name.at(-1)}`), port: 7946, state: 'alive', incarnation: 1 }) as const
const stale = {
  kind: 'view',
  members: ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'].map(member),
  keyIndex: 0,
  unproven: false,
} as const

function metrics(change: Partial<SpeakerMetrics> = {}): SpeakerMetrics {
  return { announced: [], counters: new Map(), configLoaded: true, configStale: false, ...change }
}
const announcing = (counters: SpeakerMetrics['counters'] = new Map()): SpeakerMetrics =>
  metrics({ announced: [{ service: 'ingress/traefik', ip: VIP, protocol: 'layer2' }], counters })
const both = (before: SpeakerMetrics, after = before): Partial<NodeFacts> => ({ metrics: { before, after } })
const counted = (requests: number, responses: number): SpeakerMetrics =>
  announcing(new Map([[VIP, { requests, responses }]]))
const nobodyClaims = {
  'nuc-1': both(metrics()),
  'nuc-2': both(metrics()),
  'nuc-3': both(metrics()),
  'nuc-4': both(metrics()),
}
const noted = { service: 'ingress/traefik', node: 'nuc-1', count: 1, ageMs: 60_000 }
const nic = (state: 'up' | 'down' | 'enslaved') =>
  ({ name: 'eno1', mac: NUC_1, addresses: [], state }) as const
const withNics = (names: readonly string[]): ClusterExpectation =>
  somebody(['nuc-1'], { interfaces: new Map([['nuc-1', names]]) })

const TABLE: readonly (readonly [string, ClusterExpectation, Partial<Case>, string, RegExp])[] = [
  ['the elected node lives, nothing else is known', nuc1, {}, 'ARP101', /nuc-1 should/],
  [
    'its MAC answers when it is asked alone',
    nuc1,
    { evidence: { ...by(), unicastAnswers: [answer(NUC_1)] } },
    'ARP107',
    /by unicast, but not by broadcast/,
  ],
  [
    'the elected node is dead, and the next in line still counts it',
    DEAD_OWNER,
    { nodes: nodesWith({ 'nuc-4': DOWN, 'nuc-1': { reading: stale } }) },
    'ARP102',
    /nuc-4 is elected but dead, and nuc-1, next in line, still counts it/,
  ],
  [
    'the elected node is dead, and no view tells why nobody takes over',
    somebody([], { membership: 'inferred', possible: ['nuc-1', 'nuc-4'] }),
    { nodes: nodesWith({ 'nuc-4': DOWN }) },
    'ARP102',
    /nuc-4 is elected but dead$/,
  ],
  [
    'memberlist is off, and the elected node is dead',
    somebody(['nuc-4'], { membership: 'off' }),
    { nodes: nodesWith({ 'nuc-4': DOWN }) },
    'ARP102',
    /nuc-4 is elected but dead/,
  ],
  [
    'the elected node is silent by ARP, and answers ICMP echo: it lives elsewhere',
    nuc1,
    { nodes: nodesWith({ 'nuc-1': { address: 'elsewhere', echo: 'alive', ip: ip('192.168.2.11') } }) },
    'ARP108',
    /nuc-1 is elected, and has no interface on this segment/,
  ],
  [
    'the elected node has its address elsewhere, and a NIC here by its record',
    nuc1,
    { nodes: nodesWith({ 'nuc-1': { address: 'elsewhere', isHere: true } }) },
    'ARP101',
    /nuc-1 should/,
  ],
  [
    'no speaker claims it, and all were asked',
    nuc1,
    { nodes: nodesWith(nobodyClaims) },
    'ARP103',
    /no speaker says that it announces it; nuc-1 should/,
  ],
  [
    'no speaker that was asked claims it, and one was not',
    nuc1,
    { nodes: nodesWith({ ...nobodyClaims, 'nuc-2': {} }) },
    'ARP101',
    /nuc-1 is elected, and says that it does not announce it/,
  ],
  [
    'the elected speaker refuses on its port while its node lives',
    somebody([], { possible: ['nuc-1'] }),
    { nodes: nodesWith({ 'nuc-1': { reading: { kind: 'refused' } } }) },
    'ARP101',
    /nuc-1 is elected and alive, but its speaker does not run/,
  ],
  [
    'the elected node has no speaker pod',
    nuc1,
    { nodes: nodesWith({ 'nuc-1': { pods: [] } }) },
    'ARP101',
    /its speaker does not run/,
  ],
  [
    'MetalLB itself said that the named interfaces do not exist there',
    nuc1,
    { side: sideOf({ records: { ...sideOf().records, failed: [noted] } }) },
    'ARP101',
    /none of the interfaces that it may use is there and up/,
  ],
  [
    'the named interface is down',
    withNics(['eno1']),
    { nodes: nodesWith({ 'nuc-1': { nics: [nic('down')] } }) },
    'ARP101',
    /none of the interfaces that it may use is there and up/,
  ],
  [
    'the named interface is a port of a bridge',
    withNics(['eno1']),
    { nodes: nodesWith({ 'nuc-1': { nics: [nic('enslaved')] } }) },
    'ARP101',
    /none of the interfaces that it may use is there and up/,
  ],
  [
    'the named interface is up',
    withNics(['eno1']),
    { nodes: nodesWith({ 'nuc-1': { nics: [nic('up')] } }) },
    'ARP101',
    /nuc-1 should/,
  ],
  [
    'the elected speaker refuses its configuration',
    nuc1,
    {
      nodes: nodesWith({
        'nuc-1': {
          config: {
            component: 'speaker',
            node: 'nuc-1',
            result: 'Invalid',
            errorSummary: 'no such peer',
            changedAt: null,
          },
        },
      }),
    },
    'ARP101',
    /runs on other configuration than the cluster has/,
  ],
  [
    'the elected speaker has loaded no configuration, by its own gauge',
    nuc1,
    { nodes: nodesWith({ 'nuc-1': both(announcing(), { ...announcing(), configLoaded: false }) }) },
    'ARP101',
    /runs on other configuration/,
  ],
  [
    'its request counter stood still',
    nuc1,
    { nodes: nodesWith({ 'nuc-1': both(counted(7, 7)) }) },
    'ARP101',
    /our requests do not reach nuc-1/,
  ],
  [
    'its counters of requests and replies rose',
    nuc1,
    { nodes: nodesWith({ 'nuc-1': both(counted(7, 7), counted(10, 10)) }) },
    'ARP101',
    /nuc-1 answers, and its replies do not reach us/,
  ],
  [
    'its counter of requests rose alone',
    nuc1,
    { nodes: nodesWith({ 'nuc-1': both(counted(7, 7), counted(10, 7)) }) },
    'ARP101',
    /nuc-1 hears our requests and sends nothing/,
  ],
  [
    'its counters were set back by a restart: they tell nothing',
    nuc1,
    { nodes: nodesWith({ 'nuc-1': both(counted(7, 7), counted(0, 0)) }) },
    'ARP101',
    /nuc-1 should/,
  ],
]
for (const [title, elected, change, code, message] of TABLE) {
  test(`silence: ${title} → ${code} ${message.source}`, () => {
    const { verdict, findings } = judge(caseWith(elected, change))
    assert.deepEqual([verdict, findings[0]!.code], ['silent', code])
    assert.match(findings[0]!.message, message)
    assert.ok(findings[0]!.message.startsWith('192.168.1.60 '))
  })
}

test('the dead owner’s finding names the successor, its view, the lingering pod and both commands, mildest first', () => {
  const nodes = nodesWith({ 'nuc-4': { ...DOWN, echo: 'silent' }, 'nuc-1': { reading: stale } })
  const [found] = judge(caseWith(DEAD_OWNER, { nodes })).findings
  const why = found!.why.join('\n')
  assert.match(why, /next {8}nuc-1 {2}would answer, but its own view still holds nuc-4 \(alive\) \(seen\)/)
  assert.match(why, /its pod speaker-nuc-4 is still listed/)
  assert.match(why, /memberlist drops a dead member within 28 s here; it has been 9 h/)
  assert.match(why, /deleting the dead pod changes nothing/)
  assert.deepEqual(found!.next, [
    'kubectl -n metallb-system delete pod speaker-nuc-1   (nuc-1, next in line)',
    'kubectl -n metallb-system rollout restart daemonset/speaker',
  ])
})

test('where no view was read, whom the dead owner’s successor counts is said to be inferred', () => {
  const elected = somebody([], { membership: 'inferred', possible: ['nuc-1', 'nuc-4'] })
  const [found] = judge(caseWith(elected, { nodes: nodesWith({ 'nuc-4': DOWN }) })).findings
  assert.match(
    found!.why.join('\n'),
    /nuc-1 {2}most likely it still counts the dead node as a member \(inferred\)/,
  )
})

test('a node of which nothing is known but its name → no claim about its life', () => {
  const nodes = new Map([['nuc-1', nodeFacts('nuc-1', { address: 'elsewhere', ready: null })]])
  assert.equal(judge(caseWith(nuc1, { nodes })).findings[0]!.code, 'ARP101')
})
