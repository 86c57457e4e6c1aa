import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ClusterExpectation, Somebody } from '../../src/core/expectation.ts'
import { judge } from '../../src/core/judge.ts'
import type { Case } from '../../src/core/case.ts'
import type { Answer, Evidence } from '../../src/core/round.ts'
import { isFault, UNKNOWN_REASONS } from '../../src/core/verdict.ts'
import { ip, mac, OWN_MAC } from '../helpers/segment.ts'

const NUC_1 = mac('1c:69:7a:aa:01:10')
const NUC_1_B = mac('1c:69:7a:aa:01:20')
const NUC_2 = mac('1c:69:7a:aa:02:10')
const STRANGER = mac('24:6f:28:5e:10:9c')
const nodeOf = new Map([
  [NUC_1, 'nuc-1'],
  [NUC_1_B, 'nuc-1'],
  [NUC_2, 'nuc-2'],
  [OWN_MAC, 'nuc-3'],
])

const answer = (one: typeof NUC_1): Answer => ({
  mac: one,
  ethSrcs: [one],
  replies: 3,
  rttNs: 1n,
  shortestFrame: 60,
})
const by = (...macs: (typeof NUC_1)[]): Evidence => ({
  asked: 3,
  answers: macs.map(answer),
  unicastAnswers: [],
  announcements: [],
})

function somebody(answerers: string[], change: Partial<Somebody> = {}): Somebody {
  return {
    kind: 'somebody',
    membership: 'read',
    answerers,
    possible: [],
    silence: 'fault',
    interfaces: new Map(),
    shares: [
      {
        service: 'ingress/traefik',
        refusal: null,
        answerers,
        possible: [],
        votes: answerers.map((node) => ({ by: node, elects: node })),
      },
    ],
    assumed: [],
    barred: [],
    ...change,
  }
}
const nobody = (why: 'no-endpoint' | 'bgp-only'): ClusterExpectation => ({
  kind: 'nobody',
  shares: [
    { service: 'ingress/traefik', refusal: { why, what: '' }, answerers: [], possible: [], votes: [] },
  ],
  assumed: [],
})
const undecided: ClusterExpectation = {
  kind: 'undecided',
  reason: 'mixed-versions',
  what: 'v0.14.9, v0.15.0',
  alternatives: ['nuc-1', 'nuc-2'],
}

function item(elected: ClusterExpectation, change: Partial<Case> & { moved?: boolean } = {}): Case {
  const { moved = false, ...rest } = change
  return {
    vip: ip('192.168.1.60'),
    interface: 'eno1',
    expected: { source: 'cluster', namespace: 'metallb-system', elected, moved },
    evidence: by(),
    hears: true,
    loss: 'none',
    ownMacs: new Set([OWN_MAC]),
    ownAddress: false,
    listeners: [],
    proxies: new Set(),
    macs: { nodeOf, foreign: new Set() },
    ownNode: 'nuc-3',
    silentNodes: new Set(),
    neighbour: null,
    ...rest,
  }
}

const nuc1 = somebody(['nuc-1'])
const foreign = { macs: { nodeOf, foreign: new Set([STRANGER]) } }
/** Every live view elects a node that does not elect itself: nobody will answer. */
const deadOwner = somebody([], {
  shares: [
    { service: 's', refusal: null, answerers: [], possible: [], votes: [{ by: 'nuc-1', elects: 'nuc-4' }] },
  ],
})

const TABLE: readonly (readonly [string, Case, string, string])[] = [
  ['the elected node answers', item(nuc1, { evidence: by(NUC_1) }), 'ok', ''],
  ['the elected node answers on two NICs', item(nuc1, { evidence: by(NUC_1, NUC_1_B) }), 'ok', 'ARP302'],
  ['another node answers', item(nuc1, { evidence: by(NUC_2) }), 'mismatch', 'ARP201'],
  [
    'another node answers while frames were lost',
    item(nuc1, { evidence: by(NUC_2), loss: 'lost' }),
    'mismatch',
    'ARP201',
  ],
  [
    'a node answers whose own view is not known, but whom a view elects',
    item(somebody(['nuc-1'], { possible: ['nuc-2'] }), { evidence: by(NUC_2) }),
    'ok',
    'ARP903',
  ],
  ['the elected node and another answer', item(nuc1, { evidence: by(NUC_1, NUC_2) }), 'duplicate', 'ARP301'],
  [
    'both winners of a split answer',
    item(somebody(['nuc-1', 'nuc-2']), { evidence: by(NUC_1, NUC_2) }),
    'duplicate',
    'ARP301',
  ],
  ['one winner of a split answers', item(somebody(['nuc-1', 'nuc-2']), { evidence: by(NUC_2) }), 'ok', ''],
  [
    'a MAC of no node answers alone, proven',
    item(nuc1, { evidence: by(STRANGER), ...foreign }),
    'foreign',
    'ARP401',
  ],
  [
    'a MAC of no node answers beside the elected one, proven',
    item(nuc1, { evidence: by(NUC_1, STRANGER), ...foreign }),
    'foreign',
    'ARP401',
  ],
  [
    'a proxy answers',
    item(nuc1, { evidence: by(STRANGER), proxies: new Set([STRANGER]) }),
    'foreign',
    'ARP401 ARP402',
  ],
  [
    'an unknown MAC answers, nothing proven',
    item(nuc1, { evidence: by(STRANGER) }),
    'unknown answerer-unattributed',
    'ARP903',
  ],
  [
    'an unknown MAC answers beside the elected node, nothing proven',
    item(nuc1, { evidence: by(NUC_1, STRANGER) }),
    'unknown answerer-unattributed',
    'ARP903',
  ],
  [
    'two nodes answer beside an unknown MAC',
    item(nuc1, { evidence: by(NUC_1, NUC_2, STRANGER) }),
    'duplicate',
    'ARP301',
  ],
  ['nobody answers, the elected node is alive', item(nuc1), 'silent', 'ARP101'],
  [
    'nobody answers, the elected node is dead',
    item(nuc1, { silentNodes: new Set(['nuc-1']) }),
    'silent',
    'ARP102',
  ],
  [
    'nobody answers, every live view elects a dead node',
    item(deadOwner, { silentNodes: new Set(['nuc-4']) }),
    'silent',
    'ARP102',
  ],
  [
    'a node answers although every live view elects a dead one',
    item(deadOwner, { evidence: by(NUC_1) }),
    'mismatch',
    'ARP201',
  ],
  ['nobody answers on a deaf vantage', item(nuc1, { hears: false }), 'unknown deaf-vantage', ''],
  ['nobody answers while frames were lost', item(nuc1, { loss: 'lost' }), 'unknown frames-lost', 'ARP905'],
  [
    'nobody answers, and under some hypothesis nobody should',
    item(somebody([], { membership: 'inferred', possible: ['nuc-1'], silence: 'unsure' })),
    'ok',
    'ARP903',
  ],
  ['nobody answers, this host is elected', item(somebody(['nuc-3'])), 'self', 'ARP901'],
  [
    'nobody answers on a deaf vantage, this host is elected',
    item(somebody(['nuc-3']), { hears: false }),
    'self',
    'ARP901',
  ],
  [
    'another node answers, this host is elected',
    item(somebody(['nuc-3']), { evidence: by(NUC_1) }),
    'mismatch',
    'ARP201',
  ],
  [
    'nobody answers, this host may be elected',
    item(somebody(['nuc-1'], { possible: ['nuc-3'] })),
    'unknown maybe-self',
    'ARP901',
  ],
  ['nobody should answer, nobody does', item(nobody('no-endpoint')), 'idle', 'ARP104'],
  ['nobody should answer (BGP only), nobody does', item(nobody('bgp-only')), 'idle', ''],
  [
    'nobody should answer, nobody is heard on a deaf vantage',
    item(nobody('no-endpoint'), { hears: false }),
    'unknown deaf-vantage',
    '',
  ],
  [
    'nobody should answer, a node does',
    item(nobody('no-endpoint'), { evidence: by(NUC_1) }),
    'unexpected',
    'ARP201',
  ],
  [
    'nobody should answer, a proven stranger does',
    item(nobody('bgp-only'), { evidence: by(STRANGER), ...foreign }),
    'foreign',
    'ARP401',
  ],
  [
    'nobody can say who should, one node answers',
    item(undecided, { evidence: by(NUC_1) }),
    'unknown mixed-versions',
    'ARP903',
  ],
  [
    'nobody can say who should, two nodes answer',
    item(undecided, { evidence: by(NUC_1, NUC_2) }),
    'duplicate',
    'ARP301',
  ],
  [
    'the expectation moved while we asked',
    item(nuc1, { evidence: by(NUC_2), moved: true }),
    'settling',
    'ARP902',
  ],
]
for (const [title, each, verdict, codes] of TABLE) {
  test(`${title} → ${[verdict, codes].filter(Boolean).join(', ')}`, () => {
    const judged = judge(each)
    assert.equal([judged.verdict, judged.reason].filter(Boolean).join(' '), verdict)
    assert.equal(judged.findings.map(({ code }) => code).join(' '), codes)
  })
}

const someNodes = fc.uniqueArray(fc.constantFrom('nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'), { maxLength: 2 })
const someElected: fc.Arbitrary<ClusterExpectation> = fc.oneof(
  fc.constantFrom(nobody('no-endpoint'), nobody('bgp-only'), undecided, deadOwner),
  fc
    .tuple(someNodes, someNodes, fc.constantFrom('fault', 'unsure'))
    .map(([answerers, possible, silence]) => somebody(answerers, { possible, silence })),
)
const someCase = fc
  .record({
    elected: someElected,
    moved: fc.boolean(),
    answers: fc.uniqueArray(fc.constantFrom(NUC_1, NUC_1_B, NUC_2, STRANGER, OWN_MAC), { maxLength: 3 }),
    hears: fc.boolean(),
    loss: fc.constantFrom('none', 'lost', 'uncounted'),
    ownAddress: fc.boolean(),
    silent: someNodes,
    proven: fc.boolean(),
  })
  .map(({ elected, answers, silent, proven, ...rest }) =>
    item(elected, {
      evidence: by(...answers),
      silentNodes: new Set(silent),
      ...(proven ? foreign : {}),
      ...rest,
    }),
  )

test('every case has one verdict, a reason where it is unknown, and an error where it is a fault', () => {
  fc.assert(
    fc.property(someCase, (any) => {
      const { verdict, reason, findings } = judge(any)
      assert.equal(reason !== null && UNKNOWN_REASONS.includes(reason), verdict === 'unknown')
      if (isFault(verdict)) assert.ok(findings.some(({ severity }) => severity === 'error'))
    }),
  )
})

test('no fault rests on lost frames, a deaf vantage, silence of this host or a moving expectation', () => {
  fc.assert(
    fc.property(someCase, (any) => {
      const { verdict } = judge(any)
      if (!isFault(verdict)) return
      assert.ok(any.expected.source === 'cluster' && !any.expected.moved)
      const hasStranger = any.evidence.answers.some((one) => !any.ownMacs.has(one.mac))
      if (hasStranger) return
      assert.deepEqual([verdict, any.hears, any.loss, any.ownAddress], ['silent', true, 'none', false])
    }),
  )
})
