import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Case, ClusterCase, Judgement } from '../../src/core/case.ts'
import type { ClusterExpectation } from '../../src/core/expectation.ts'
import { judge } from '../../src/core/judge.ts'
import type { NodeFacts } from '../../src/core/nodes.ts'
import { motionsOf } from '../../src/core/motions.ts'
import { settled, type Held } from '../../src/core/settle.ts'
import { isFault, UNKNOWN_REASONS, VERDICTS } from '../../src/core/verdict.ts'
import {
  answer,
  by,
  caseWith,
  DEAD_OWNER,
  FOREIGN,
  nobody,
  nodesWith,
  NUC_1,
  NUC_1_B,
  NUC_2,
  sideOf,
  somebody,
  STRANGER,
  TIMING,
  UNDECIDED,
} from '../helpers/cases.ts'
import { NOW } from '../helpers/cluster.ts'
import { mac, OWN_MAC } from '../helpers/segment.ts'

// The rules of honesty in their order, a table for each, then what holds of every case.

const nuc1 = somebody(['nuc-1'])
const listener = { interface: 'eno1', inode: 7, process: null }
const loud = { answers: [], askedAlone: [], unicastAnswers: [], announcements: [] }
const NOT_ASKED = { asked: 0, ...loud }
const given = (macs: readonly (typeof NUC_1)[]): Partial<Case> => ({
  expected: { source: 'static', macs },
  side: null,
})
const any: Partial<Case> = { expected: { source: 'any' }, side: null }

const RULES: readonly (readonly [string, ClusterExpectation, Partial<Case> & { moved?: boolean }, string])[] =
  [
    ['1 hearing: silence where nothing is heard', nuc1, { hears: false }, 'unknown: deaf-vantage'],
    ['1 hearing: silence while frames were dropped', nuc1, { loss: 'lost' }, 'unknown: frames-lost'],
    [
      '1 hearing: silence, and the question did not leave',
      nuc1,
      { evidence: NOT_ASKED },
      'unknown: frames-lost',
    ],
    ['1 hearing: silence while nobody counted frames', nuc1, { loss: 'uncounted' }, 'unknown: frames-lost'],
    ['1 hearing: silence that is proven', nuc1, {}, 'silent'],
    ['1 hearing: idle is silence too', nobody('no-endpoint'), { hears: false }, 'unknown: deaf-vantage'],
    ['1 hearing: an answer needs no canary', nuc1, { hears: false, evidence: by(NUC_2) }, 'mismatch'],
    ['2 own node: this host is elected and silent', somebody(['nuc-3']), {}, 'self'],
    ['2 own node: this host’s own MAC answers', nuc1, { evidence: by(OWN_MAC) }, 'self'],
    ['2 own node: another answers for this host', somebody(['nuc-3']), { evidence: by(NUC_1) }, 'mismatch'],
    [
      '2 own node: another answers beside this host',
      somebody(['nuc-3']),
      { evidence: by(OWN_MAC, NUC_1) },
      'duplicate',
    ],
    [
      '2 own node: this host answers beside the node that should',
      nuc1,
      { evidence: by(OWN_MAC, NUC_1) },
      'ok',
    ],
    [
      '2 own node: this host may be elected',
      somebody([], { possible: ['nuc-3'] }),
      {},
      'unknown: maybe-self',
    ],
    [
      '2 own node: without a cluster somebody listens here',
      nuc1,
      { ...any, listeners: [listener] },
      'unknown: maybe-self',
    ],
    [
      '3 attribution: a MAC of nobody, nothing proven',
      nuc1,
      { evidence: by(STRANGER) },
      'unknown: answerer-unattributed',
    ],
    ['3 attribution: a MAC of nobody, proven', nuc1, { evidence: by(STRANGER), ...FOREIGN }, 'foreign'],
    [
      '4 proxy: it answers for free addresses',
      nuc1,
      { evidence: by(STRANGER), proxies: new Set([STRANGER]) },
      'foreign',
    ],
    [
      '4 proxy: also beside the right node',
      nuc1,
      { evidence: by(NUC_1, STRANGER), proxies: new Set([STRANGER]) },
      'foreign',
    ],
    [
      '5 sets: a hundred replies of one node are one answer',
      nuc1,
      { evidence: { ...by(), answers: [answer(NUC_1, { replies: 100 })] } },
      'ok',
    ],
    [
      '6 broadcast: answered when asked alone, and not by broadcast',
      nuc1,
      { evidence: { asked: 3, ...loud, unicastAnswers: [answer(NUC_1)] } },
      'silent',
    ],
    ['7 moving: who should answer changed while we asked', nuc1, { moved: true }, 'settling'],
    [
      '7 moving: whoever answers',
      nuc1,
      { moved: true, evidence: by(NUC_2, STRANGER), ...FOREIGN },
      'settling',
    ],
    ['9 two NICs of one node', nuc1, { evidence: by(NUC_1, NUC_1_B) }, 'ok'],
    ['10 no cluster: the MAC that was given', nuc1, { ...given([NUC_1]), evidence: by(NUC_1) }, 'ok'],
    ['10 no cluster: another MAC', nuc1, { ...given([NUC_1]), evidence: by(NUC_2) }, 'mismatch'],
    ['10 no cluster: nothing given, one answers', nuc1, { ...any, evidence: by(NUC_1) }, 'ok'],
    ['10 no cluster: nothing given, two answer', nuc1, { ...any, evidence: by(NUC_1, NUC_2) }, 'duplicate'],
    ['10 no cluster: nothing given, none answers', nuc1, any, 'silent'],
    [
      '11 inferred: under some hypothesis nobody should answer',
      somebody([], { membership: 'inferred', possible: ['nuc-1'], silence: 'unsure' }),
      {},
      'ok',
    ],
  ]
for (const [title, elected, change, expected] of RULES) {
  test(`${title} → ${expected}`, () => {
    const { verdict, reason } = judge(caseWith(elected, change))
    assert.equal([verdict, reason].filter(Boolean).join(': '), expected)
  })
}

for (const [ageMs, held, expected] of [
  [10_000, null, 'settling'],
  [40_000, null, 'silent'],
  [10_000, { leftMs: 0, moved: false }, 'silent'],
  [0, { leftMs: 5000, moved: false }, 'settling'],
] as const) {
  test(`8 hold-down: silence, a change ${ageMs / 1000} s old, ${held ? `${held.leftMs / 1000} s left` : 'seen now'} → ${expected}`, () => {
    const item = caseWith(nuc1) as ClusterCase
    const hold = { holdDownMs: 34_000, motions: [{ what: 'a change', ageMs }], held }
    assert.equal(settled(item, judge(item), hold).verdict, expected)
  })
}

test('11 inferred: what rests on an inference says so', () => {
  const elected = somebody(['nuc-1'], {
    membership: 'inferred',
    shares: [
      {
        service: 's',
        refusal: null,
        answerers: ['nuc-1'],
        possible: [],
        votes: [{ by: 'pods-listed', elects: 'nuc-1' }],
      },
    ],
  })
  const [found] = judge(caseWith(elected)).findings
  assert.ok(found!.why.some((line) => line.startsWith('elected') && line.includes('(inferred)')))
})

const someNames = fc.uniqueArray(fc.constantFrom('nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'), { maxLength: 3 })
const someElected: fc.Arbitrary<ClusterExpectation> = fc.oneof(
  fc.constantFrom(nobody('no-endpoint'), nobody('bgp-only'), nobody('no-candidate'), UNDECIDED, DEAD_OWNER),
  fc
    .tuple(
      someNames,
      someNames,
      fc.constantFrom('fault', 'unsure'),
      fc.constantFrom('read', 'inferred', 'off', 'given'),
    )
    .map(([answerers, possible, silence, membership]) =>
      somebody(answerers, { possible, silence, membership }),
    ),
)
const someNode: fc.Arbitrary<Partial<NodeFacts>> = fc.record({
  address: fc.constantFrom('answered', 'silent', 'elsewhere'),
  echo: fc.constantFrom('alive', 'silent', null),
  ready: fc.constantFrom(
    null,
    { status: 'True', since: NOW - 9 } as const,
    { status: 'Unknown', since: NOW - 9e6 } as const,
  ),
  podsKnown: fc.boolean(),
  isHere: fc.boolean(),
  reading: fc.constantFrom(
    null,
    { kind: 'refused' } as const,
    { kind: 'view', members: [], keyIndex: null, unproven: false } as const,
  ),
})
const someNodes = fc.dictionary(fc.constantFrom('nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'), someNode, {
  noNullPrototype: true,
})
const someMac = fc.constantFrom(NUC_1, NUC_1_B, NUC_2, STRANGER, OWN_MAC, mac('02:00:00:00:00:09'))
const someAnswer = fc.record({ one: someMac, shortestFrame: fc.constantFrom(42, 60) })
const someCase: fc.Arbitrary<Case> = fc
  .record({
    elected: someElected,
    moved: fc.boolean(),
    answers: fc.uniqueArray(someAnswer, { maxLength: 4, selector: ({ one }) => one }),
    alone: fc.uniqueArray(someMac, { maxLength: 1 }),
    hears: fc.boolean(),
    loss: fc.constantFrom('none', 'lost', 'uncounted'),
    ownAddress: fc.boolean(),
    ownNode: fc.constantFrom('nuc-3', null),
    nodes: someNodes,
    proven: fc.boolean(),
    proxied: fc.boolean(),
    withSide: fc.boolean(),
  })
  .map(({ elected, answers, alone, nodes, proven, proxied, withSide, ...rest }) =>
    caseWith(elected, {
      evidence: {
        asked: 3,
        answers: answers.map(({ one, shortestFrame }) => answer(one, { shortestFrame })),
        askedAlone: alone,
        unicastAnswers: alone.map((one) => answer(one)),
        announcements: [],
      },
      nodes: nodesWith(nodes),
      side: withSide ? sideOf() : null,
      ...(proven ? FOREIGN : {}),
      ...(proxied ? { proxies: new Set([STRANGER]) } : {}),
      ...rest,
    }),
  )
const someHeld: fc.Arbitrary<Held | null> = fc.oneof(
  fc.constant(null),
  fc.record({ leftMs: fc.integer({ min: 0, max: 40_000 }), moved: fc.boolean() }),
)

function judged(item: Case, held: Held | null, ageMs: number): Judgement {
  const one = item as ClusterCase
  const nodes = [...item.nodes.values()]
  const changes = [{ what: 'a change', at: NOW - ageMs }]
  const motions = motionsOf(one, { takenAt: NOW, changes, nodes, gossipToTheDeadMs: 30_000, moved: false })
  return settled(one, judge(item), { holdDownMs: TIMING.holdDownMs, motions, held })
}

const everything = [someCase, someHeld, fc.integer({ min: 0, max: 100_000 })] as const
const RUNS = { numRuns: 5000 }

test('every case has one verdict of the closed set, a reason exactly where it is unknown, and findings that say why', () => {
  fc.assert(
    fc.property(...everything, (item, held, ageMs) => {
      const { verdict, reason, findings } = judged(item, held, ageMs)
      assert.ok(VERDICTS.includes(verdict))
      assert.equal(reason !== null && UNKNOWN_REASONS.includes(reason), verdict === 'unknown')
      if (isFault(verdict)) assert.ok(findings.some(({ severity }) => severity !== 'info'))
      if (verdict === 'settling') assert.equal(findings[0]!.code, 'ARP902')
      for (const { message } of findings) assert.ok(message.startsWith(item.vip), message)
    }),
    RUNS,
  )
})

test('no fault rests on lost frames, a deaf vantage, the own node’s silence or a moving expectation', () => {
  fc.assert(
    fc.property(...everything, (item, held, ageMs) => {
      const { verdict } = judged(item, held, ageMs)
      if (!isFault(verdict)) return
      assert.ok(item.expected.source === 'cluster' && !item.expected.moved)
      if (item.evidence.answers.some((one) => !item.ownMacs.has(one.mac))) return
      assert.deepEqual([verdict, item.hears, item.loss, item.ownAddress], ['silent', true, 'none', false])
      const { elected } = item.expected
      assert.ok(elected.kind === 'somebody')
      assert.ok(item.ownNode === null || ![...elected.answerers, ...elected.possible].includes(item.ownNode))
    }),
    RUNS,
  )
})

test('no fault but a foreign machine is told while a change younger than the hold-down may explain it', () => {
  fc.assert(
    fc.property(someCase, fc.integer({ min: 0, max: TIMING.holdDownMs - 1 }), (item, ageMs) => {
      const { verdict } = judged(item, null, ageMs)
      assert.ok(!isFault(verdict) || verdict === 'foreign', verdict)
    }),
    RUNS,
  )
})

test('churn cannot hold a fault back for ever: once the hold-down is over, none is settling but what moves', () => {
  fc.assert(
    fc.property(someCase, fc.boolean(), (item, moved) => {
      const { verdict } = judged(item, { leftMs: 0, moved }, 0)
      assert.equal(verdict === 'settling', item.expected.source === 'cluster' && item.expected.moved)
    }),
    RUNS,
  )
})

test('a node of the cluster that is expected is never called wrong, whatever else is known', () => {
  fc.assert(
    fc.property(someCase, (item) => {
      const { expected, evidence, macs } = item
      assert.ok(expected.source === 'cluster')
      const others = evidence.answers.filter((one) => !item.ownMacs.has(one.mac))
      const nodes = new Set(others.map((one) => macs.nodeOf.get(one.mac)))
      const [only] = nodes
      if (nodes.size !== 1 || only === undefined || expected.elected.kind !== 'somebody') return
      if (![...expected.elected.answerers, ...expected.elected.possible].includes(only)) return
      const isShaken = expected.moved || item.ownAddress || others.some((one) => item.proxies.has(one.mac))
      // this host was seen to answer as it should: then there are two
      const isSecond =
        others.length < evidence.answers.length && expected.elected.answerers.includes(item.ownNode ?? '')
      if (!isShaken) assert.equal(judge(item).verdict, isSecond ? 'duplicate' : 'ok')
    }),
    RUNS,
  )
})
