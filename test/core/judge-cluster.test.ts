import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ClusterExpectation } from '../../src/core/expectation.ts'
import { judge } from '../../src/core/judge.ts'
import type { Case } from '../../src/core/case.ts'
import { isFault, UNKNOWN_REASONS } from '../../src/core/verdict.ts'
import {
  by,
  caseWith as item,
  DEAD_OWNER as deadOwner,
  FOREIGN as foreign,
  nobody,
  nodesWith,
  NUC_1,
  NUC_1_B,
  NUC_2,
  somebody,
  STRANGER,
  UNDECIDED as undecided,
} from '../helpers/cases.ts'
import { OWN_MAC } from '../helpers/segment.ts'

const nuc1 = somebody(['nuc-1'])

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
  ['the elected node and another answer', item(nuc1, { evidence: by(NUC_1, NUC_2) }), 'duplicate', 'ARP201'],
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
    'ARP201',
  ],
  ['nobody answers, the elected node is alive', item(nuc1), 'silent', 'ARP101'],
  [
    'nobody answers, the elected node is dead',
    item(nuc1, { nodes: nodesWith({ 'nuc-1': { address: 'silent' } }) }),
    'silent',
    'ARP102',
  ],
  [
    'nobody answers, every live view elects a dead node',
    item(deadOwner, { nodes: nodesWith({ 'nuc-4': { address: 'silent' } }) }),
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
  ['nobody should answer (BGP only), nobody does', item(nobody('bgp-only')), 'idle', 'ARP104'],
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
      nodes: nodesWith(Object.fromEntries(silent.map((name) => [name, { address: 'silent' as const }]))),
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
