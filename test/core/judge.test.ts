import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { judge, offSegment } from '../../src/core/judge.ts'
import type { Case } from '../../src/core/case.ts'
import type { ArpListener } from '../../src/core/host.ts'
import type { Answer, Evidence } from '../../src/core/round.ts'
import { isFault, UNKNOWN_REASONS, VERDICTS } from '../../src/core/verdict.ts'
import { NO_MACS } from '../../src/core/macs.ts'
import { ip, mac, OWN_MAC } from '../helpers/segment.ts'

const [A, B, C] = [mac('1c:69:7a:aa:01:10'), mac('1c:69:7a:aa:02:10'), mac('1c:69:7a:aa:03:99')]
const OTHER_NIC = mac('1c:69:7a:aa:03:20')

const by = (...macs: (typeof A)[]): Evidence => ({
  asked: 3,
  answers: macs.map(answer),
  askedAlone: [],
  unicastAnswers: [],
  announcements: [],
})
const SILENCE = by()

function answer(sha: typeof A): Answer {
  return { mac: sha, ethSrcs: [sha], replies: 3, rttNs: 300_000n, shortestFrame: 60 }
}

const SPEAKER: ArpListener = { interface: 'eno1', inode: 7, process: { pid: 812, name: 'speaker' } }
const UNSEEN: ArpListener = { interface: null, inode: 8, process: null }

function item(change: Partial<Case>): Case {
  return {
    vip: ip('192.168.1.60'),
    interface: 'eno1',
    expected: { source: 'any' },
    evidence: SILENCE,
    hears: true,
    loss: 'none',
    ownMacs: new Set([OWN_MAC, OTHER_NIC]),
    ownAddress: false,
    listeners: [],
    proxies: new Set(),
    freeAsked: false,
    isGateway: false,
    macs: NO_MACS,
    ownNode: null,
    nodes: new Map(),
    side: null,
    neighbour: null,
    ...change,
  }
}

const given = (...macs: (typeof A)[]) => ({ source: 'static', macs }) as const
const neighbour = { ip: ip('192.168.1.60'), interface: 'eno1' }

/** Title, what is known, the verdict (with its reason), the finding codes. */
const TABLE: readonly (readonly [string, Partial<Case>, string, string])[] = [
  ['rule 1: silence on a vantage that hears nothing', { hears: false }, 'unknown deaf-vantage', ''],
  ['rule 1: silence while frames were lost', { loss: 'lost' }, 'unknown frames-lost', 'ARP905'],
  ['rule 1: silence while a few frames were lost', { loss: 'few' }, 'unknown frames-lost', 'ARP905'],
  [
    'rule 1: silence after a question that was not seen to leave',
    { evidence: { ...SILENCE, asked: 0 } },
    'unknown frames-lost',
    'ARP905',
  ],
  [
    'rule 1: silence on an engine that counts nothing',
    { loss: 'uncounted' },
    'unknown frames-lost',
    'ARP905',
  ],
  ['rule 1: silence on a vantage that hears', {}, 'silent', 'ARP101'],
  [
    'rule 1: a wrong answer counts even while frames were lost',
    { expected: given(A), evidence: by(B), loss: 'lost' },
    'mismatch',
    'ARP201',
  ],
  ['rule 2: the given MAC is ours, and nobody answers', { expected: given(OWN_MAC) }, 'self', 'ARP901'],
  [
    'rule 2: the given MAC is ours, and nobody answers on a deaf vantage',
    { expected: given(OWN_MAC), hears: false },
    'self',
    'ARP901',
  ],
  [
    'rule 2: the given MAC is ours, and another answers',
    { expected: given(OWN_MAC), evidence: by(A) },
    'mismatch',
    'ARP201',
  ],
  ['rule 2: this host holds the address, and nobody answers', { ownAddress: true }, 'self', 'ARP901'],
  [
    'rule 2: this host holds the address, and another answers',
    { ownAddress: true, evidence: by(A) },
    'duplicate',
    'ARP301',
  ],
  ['rule 2: only another NIC of this host answers', { evidence: by(OTHER_NIC) }, 'self', 'ARP901'],
  [
    'rule 2: another NIC of this host answers beside the given MAC',
    { expected: given(A), evidence: by(A, OTHER_NIC) },
    'ok',
    '',
  ],
  [
    'rule 2: silence where another process listens for ARP',
    { listeners: [SPEAKER] },
    'unknown maybe-self',
    'ARP901',
  ],
  [
    'rule 2: a given MAC is silent where another process listens',
    { listeners: [SPEAKER], expected: given(A) },
    'silent',
    'ARP101',
  ],
  ['rule 4: a proxy answers', { evidence: by(A), proxies: new Set([A]) }, 'foreign', 'ARP401 ARP402'],
  [
    'rule 4: a proxy answers beside the given MAC',
    { expected: given(B), evidence: by(A, B), proxies: new Set([A]) },
    'foreign',
    'ARP401 ARP402',
  ],
  [
    'rule 4: the given MAC is the proxy',
    { expected: given(A), evidence: by(A), proxies: new Set([A]) },
    'ok',
    '',
  ],
  [
    'rule 6: broadcast silent, unicast answered',
    { expected: given(A), evidence: { ...SILENCE, unicastAnswers: [answer(A)] } },
    'silent',
    'ARP107',
  ],
  ['rule 9: both given MACs answer', { expected: given(A, B), evidence: by(A, B) }, 'ok', 'ARP302'],
  ['rule 9: one of two given MACs answers', { expected: given(A, B), evidence: by(B) }, 'ok', ''],
  ['rule 10: the given MAC answers', { expected: given(A), evidence: by(A) }, 'ok', ''],
  ['rule 10: another MAC answers', { expected: given(A), evidence: by(B) }, 'mismatch', 'ARP201'],
  [
    'rule 10: the given MAC and another answer',
    { expected: given(A), evidence: by(A, B) },
    'duplicate',
    'ARP301',
  ],
  [
    'rule 10: two MACs answer, neither is the given one',
    { expected: given(A), evidence: by(B, C) },
    'duplicate',
    'ARP301',
  ],
  ['rule 10: nothing given, one MAC answers', { evidence: by(A) }, 'ok', 'ARP903'],
  ['rule 10: nothing given, two MACs answer', { evidence: by(A, B) }, 'duplicate', 'ARP301'],
  [
    'a relayed reply is told',
    { expected: given(A), evidence: { ...by(), answers: [{ ...answer(A), ethSrcs: [B] }] } },
    'ok',
    'ARP303',
  ],
  [
    'our neighbour table held another MAC',
    { expected: given(A), evidence: by(A), neighbour: { ...neighbour, mac: B, state: 'stale' } },
    'ok',
    'ARP701',
  ],
  [
    'our neighbour table had given up',
    { expected: given(A), evidence: by(A), neighbour: { ...neighbour, mac: null, state: 'failed' } },
    'ok',
    'ARP701',
  ],
  [
    'our neighbour table agrees',
    { expected: given(A), evidence: by(A), neighbour: { ...neighbour, mac: A, state: 'reachable' } },
    'ok',
    '',
  ],
  [
    'our neighbour table gave up on a silent VIP',
    { neighbour: { ...neighbour, mac: null, state: 'failed' } },
    'silent',
    'ARP101',
  ],
  ['an IPv6 VIP', { vip: ip('2001:db8::60') }, 'unknown ndp-not-probed', ''],
]
for (const [title, change, verdict, codes] of TABLE) {
  test(`${title} → ${[verdict, codes].filter(Boolean).join(', ')}`, () => {
    const judged = judge(item(change))
    assert.equal([judged.verdict, judged.reason].filter(Boolean).join(' '), verdict)
    assert.equal(judged.findings.map(({ code }) => code).join(' '), codes)
  })
}

test('a VIP on no segment of this host → unknown vantage-off-segment, ARP106', () => {
  const judged = offSegment(ip('10.9.9.9'))
  assert.deepEqual(
    [judged.verdict, judged.reason, judged.findings[0]!.code],
    ['unknown', 'vantage-off-segment', 'ARP106'],
  )
})

for (const [title, macs, verdict] of [
  ['one answers', [A], 'ok'],
  ['nobody answers', [], 'unknown: stale-expectation'],
  ['two answer: perhaps one node', [A, B], 'unknown: stale-expectation'],
] as const) {
  test(`a VIP that is remembered while the API is away: ${title} → ${verdict}`, () => {
    const judged = judge(item({ expected: { source: 'any', remembered: true }, evidence: by(...macs) }))
    assert.equal([judged.verdict, judged.reason].filter(Boolean).join(': '), verdict)
  })
}

const someMac = fc.constantFrom(A, B, C, OWN_MAC, OTHER_NIC)
const someAnswers = fc.uniqueArray(someMac, { maxLength: 4 }).map((macs) => macs.map(answer))
const someCase: fc.Arbitrary<Case> = fc.record({
  vip: fc.constantFrom(ip('192.168.1.60'), ip('2001:db8::60')),
  interface: fc.constant('eno1'),
  expected: fc.oneof(
    fc.constant({ source: 'any' } as const),
    fc
      .uniqueArray(someMac, { minLength: 1, maxLength: 2 })
      .map((macs) => ({ source: 'static', macs }) as const),
  ),
  evidence: fc.record({
    asked: fc.nat(3),
    answers: someAnswers,
    askedAlone: fc.constant([]),
    unicastAnswers: someAnswers,
    announcements: fc.constant([]),
  }),
  hears: fc.boolean(),
  loss: fc.constantFrom('none', 'lost', 'uncounted'),
  ownMacs: fc.constant(new Set([OWN_MAC, OTHER_NIC])),
  ownAddress: fc.boolean(),
  macs: fc.constant(NO_MACS),
  ownNode: fc.constant(null),
  nodes: fc.constant(new Map()),
  side: fc.constant(null),
  listeners: fc.constantFrom([], [SPEAKER]),
  proxies: fc.uniqueArray(someMac, { maxLength: 2 }).map((macs) => new Set(macs)),
  freeAsked: fc.boolean(),
  isGateway: fc.boolean(),
  neighbour: fc.constantFrom(null, { ...neighbour, mac: B, state: 'stale' } as const),
})

test('every case has exactly one verdict, and a reason where it is unknown', () => {
  fc.assert(
    fc.property(someCase, (any) => {
      const { verdict, reason } = judge(any)
      assert.ok(VERDICTS.includes(verdict))
      assert.equal(reason !== null && UNKNOWN_REASONS.includes(reason), verdict === 'unknown')
    }),
  )
})

test('no fault rests on lost frames, on a deaf vantage or on silence of this host', () => {
  fc.assert(
    fc.property(someCase, (any) => {
      const { verdict } = judge(any)
      const hasStranger = any.evidence.answers.some((one) => !any.ownMacs.has(one.mac))
      if (!isFault(verdict) || hasStranger) return
      assert.equal(verdict, 'silent')
      assert.deepEqual([any.hears, any.loss, any.ownAddress], [true, 'none', false])
    }),
  )
})

test('every fault has a finding of severity error', () => {
  fc.assert(
    fc.property(someCase, (any) => {
      const { verdict, findings } = judge(any)
      if (isFault(verdict))
        assert.ok(
          findings.some(({ severity }) => severity === 'error'),
          verdict,
        )
    }),
  )
})

for (const [title, listeners, why] of [
  ['one process', [SPEAKER], 'listens     speaker (process 812) on eno1 (/proc/net/packet)'],
  [
    'one process with two sockets',
    [SPEAKER, SPEAKER],
    'listens     speaker (process 812) on eno1 (/proc/net/packet)',
  ],
  [
    'a process that cannot be seen',
    [UNSEEN],
    'listens     a process that cannot be seen from here on eno1 (/proc/net/packet)',
  ],
  [
    'both',
    [SPEAKER, UNSEEN],
    'listens     speaker (process 812), a process that cannot be seen from here on eno1 (/proc/net/packet)',
  ],
] as const) {
  test(`maybe-self names who listens: ${title}`, () =>
    assert.equal(judge(item({ listeners })).findings[0]!.why[0], why))
}
