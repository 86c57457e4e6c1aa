import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { detectionOf, historyFindings, outageBetween } from '../../../src/core/watch/history-findings.ts'
import {
  listened,
  looked,
  missed,
  named,
  NO_HISTORY,
  sighted,
  type History,
} from '../../../src/core/watch/history.ts'
import type { Relation, Sighting } from '../../../src/core/watch/passive.ts'
import { macOf } from '../../helpers/watch-world.ts'
import { ip } from '../../helpers/segment.ts'

const VIP = ip('192.168.1.60')

/** At a second, somebody does something: `reply`, `announces`, or a look that ends with these answerers. */
type Deed =
  | readonly [number, 'reply' | 'announces' | 'overheard', string, Relation?]
  | readonly [number, 'look', readonly string[], ('bad' | 'lossy')?]
  | readonly [number, 'missed']

function told(deeds: readonly Deed[], from: History = NO_HISTORY): History {
  return deeds.reduce(tell, from)
}

function tell(history: History, deed: Deed): History {
  const [atS, what] = deed
  const ms = atS * 1000
  if (what === 'missed') return missed(history, ms)
  if (what === 'look') {
    const [, , answerers, how] = deed
    const isGood = answerers.length > 0 && how !== 'bad'
    return looked(history, { sinceMs: ms - 1000, atMs: ms, answerers, isGood, isLossy: how === 'lossy' })
  }
  const [, , node, relation = 'expected'] = deed
  const how = what === 'announces' ? 'gratuitous' : what
  const sighting: Sighting = {
    vip: VIP,
    mac: macOf(1),
    node,
    relation,
    how,
    at: { ms, ns: BigInt(ms) * 1_000_000n },
  }
  return sighted(history, sighting)
}

const codes = (history: History, atS: number, failoverMaxMs: number | null = 28_000): string =>
  historyFindings(VIP, history, { nowMs: atS * 1000, failoverMaxMs })
    .map(({ code }) => code)
    .join()

const A_ANSWERS: Deed[] = [
  [10, 'reply', 'a'],
  [11, 'look', ['a']],
]
/** b answers `s` after a was heard last at second 10, and the first question that was missed was asked at 15. */
const toB = (atS: number, ...first: Deed[]): Deed[] => [
  ...A_ANSWERS,
  [15, 'missed'],
  ...first,
  [atS, 'reply', 'b'],
  [atS + 1, 'look', ['b']],
]

for (const [title, deeds, atS, expected] of [
  ['the first owner is no change', A_ANSWERS, 30, ''],
  ['it moves, announced before the first answer', toB(20, [19, 'announces', 'b']), 40, ''],
  ['it moves, announced after the first answer', [...toB(20), [24, 'announces', 'b']], 40, ''],
  ['it moves, announced too late', [...toB(20), [27, 'announces', 'b']], 40, 'ARP203'],
  ['it moves, unannounced', toB(20), 40, 'ARP203'],
  ['it moves, unannounced, a moment ago', toB(20), 25, ''],
  [
    'it moves, unannounced, while frames were lost',
    [...A_ANSWERS, [20, 'reply', 'b'], [21, 'look', ['b'], 'lossy']],
    40,
    '',
  ],
  ['it moves, announced by the old owner', toB(20, [19, 'announces', 'a']), 40, 'ARP203'],
  ['it moves, unannounced, a quarter of an hour ago', toB(20), 920, ''],
  ['silent for longer than the bound', toB(45, [44, 'announces', 'b']), 50, 'ARP502'],
  ['silent for as long as the bound', toB(43, [43, 'announces', 'b']), 50, ''],
  [
    'two answer, for a while',
    [...A_ANSWERS, [20, 'reply', 'b'], [21, 'look', ['a', 'b'], 'bad'], [30, 'look', ['a']]],
    60,
    '',
  ],
] as const) {
  test(`${title} → ${expected || 'no finding'}`, () => assert.equal(codes(told(deeds), atS), expected))
}

test('memberlist is off: nothing fails over, so that nothing is slow', () =>
  assert.equal(codes(told(toB(99, [98, 'announces', 'b'])), 120, null), ''))

/** It moves to and fro each `everyS`, announced. */
function flaps(times: number, everyS: number): History {
  const deeds = Array.from({ length: times + 1 }, (_, i): Deed[] => {
    const [node, atS] = [i % 2 === 0 ? 'a' : 'b', (i + 1) * everyS]
    return [
      [atS, 'announces', node],
      [atS + 1, 'look', [node]],
    ]
  })
  return told(deeds.flat())
}

for (const [times, everyS, expected] of [
  [2, 60, ''],
  [3, 60, ''],
  [4, 60, 'ARP501'],
  [12, 300, ''],
  [40, 20, 'ARP501'],
] as const) {
  test(`${times} changes, one each ${everyS} s → ${expected || 'no finding'}`, () => {
    const history = flaps(times, everyS)
    assert.equal(history.ownerChanges, times)
    assert.equal(codes(history, (times + 1) * everyS + 2), expected)
  })
}

test('an outage lasts from the last sign of the old owner to the first of the new, by the kernel’s stamps', () => {
  const before = told([...A_ANSWERS, [15, 'missed'], [19, 'announces', 'b'], [20, 'reply', 'b']])
  const after = tell(before, [21, 'look', ['b']])
  assert.deepEqual(outageBetween(before, after), [{ what: 'outage', seconds: 9 }])
  assert.deepEqual(outageBetween(after, after), [])
  const [change] = after.changes
  assert.deepEqual([change!.from, change!.to, change!.heldMs, change!.silentMs], ['a', 'b', 9000, 4000])
})

test('an owner that comes back after another was there begins anew', () => {
  const back = told([
    ...toB(20, [19, 'announces', 'b']),
    [60, 'look', ['b']],
    [100, 'reply', 'a'],
    [101, 'look', ['a']],
  ])
  assert.equal(back.changes.at(-1)!.at.ms, 100_000)
  assert.equal(back.changes.at(-1)!.heldMs, 81_000)
})

test('on the elected node, what its own speaker sends to others moves the last good answer', () =>
  assert.equal(told([[10, 'overheard', 'me']]).lastGood!.ms, 10_000))

test('a daemon that only listens: the one that was heard is the owner, and hearing nobody is no silence', () => {
  const first = listened(told([[10, 'announces', 'a']]), { atMs: 10_000, answerers: ['a'], isGood: true })
  const quiet = listened(first, { atMs: 45_000, answerers: [], isGood: true })
  const announced = tell(quiet, [50, 'announces', 'b'])
  const moved = listened(announced, { atMs: 50_500, answerers: ['b'], isGood: true })
  assert.equal(first.owner!.who, 'a')
  assert.equal(quiet, first)
  assert.equal(quiet.silentSinceMs, null)
  assert.deepEqual([moved.owner!.who, moved.ownerChanges, moved.changes[0]!.announced], ['b', 1, true])
})

test('an announcement is no answer, and an answer of another is none either', () => {
  assert.equal(told([[10, 'announces', 'a']]).lastGood, null)
  assert.equal(told([[10, 'reply', 'b', 'other_node']]).lastGood, null)
})

test('detection: from the first look that was not as it should be to the verdict', () => {
  const history = told([...A_ANSWERS, [20, 'look', []], [50, 'look', []]])
  assert.deepEqual(detectionOf(history, 'silent', 54_000), [
    { what: 'detection', verdict: 'silent', seconds: 35 },
  ])
  assert.deepEqual(detectionOf(tell(history, [60, 'look', ['a']]), 'silent', 61_000), [])
})

test('announcements are counted by who sent them; a MAC of nobody that is known is in no count', () => {
  const history = told([
    [1, 'announces', 'a'],
    [2, 'announces', 'a'],
    [3, 'announces', 'b', 'other_node'],
    [4, 'announces', 'x', 'foreign'],
    [5, 'announces', 'y', 'unattributed'],
  ])
  assert.deepEqual(
    [...history.gratuitous],
    [
      ['expected', 2],
      ['other_node', 1],
      ['foreign', 1],
    ],
  )
})

const anyone = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l')
const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  fc.tuple(
    fc.integer({ min: 0, max: 9 }),
    fc.constantFrom<('reply' | 'announces' | 'overheard')[]>('reply', 'announces', 'overheard'),
    anyone,
  ),
  fc.tuple(
    fc.integer({ min: 0, max: 9 }),
    fc.constant('look' as const),
    fc.uniqueArray(anyone, { maxLength: 3 }),
  ),
  fc.tuple(fc.integer({ min: 0, max: 9 }), fc.constant('missed' as const)),
)

test('whatever comes, what is remembered stays bounded, and no time in it is negative', () =>
  fc.assert(
    fc.property(fc.array(anyDeed, { maxLength: 300 }), (deeds) => {
      let atS = 0
      const history = told(deeds.map((deed) => [(atS += deed[0]), ...deed.slice(1)] as unknown as Deed))
      assert.ok(history.claims.length <= 8 && history.changes.length <= 16)
      assert.ok(history.changes.length <= history.ownerChanges)
      for (const { heldMs, outageMs, silentMs, from, to } of history.changes) {
        assert.ok(outageMs >= 0 && silentMs >= 0 && heldMs >= -10_000)
        assert.notEqual(from, to)
      }
    }),
  ))

test('each finding names the VIP first, what was seen, and what to do', () => {
  const unannounced = historyFindings(VIP, told(toB(50)), { nowMs: 60_000, failoverMaxMs: 28_000 })
  const flapping = historyFindings(VIP, flaps(5, 60), { nowMs: 362_000, failoverMaxMs: 28_000 })
  const found = [...unannounced, ...flapping]
  assert.deepEqual(
    found.map(({ message }) => message),
    [
      '192.168.1.60 moved from a to b, and b did not announce it',
      '192.168.1.60 was silent for 35 s before b answered for it',
      '192.168.1.60 changed its owner 5 times in 4 min',
    ],
  )
  assert.ok(
    found.every(({ why, next, severity }) => why.length > 0 && next.length > 0 && severity === 'warning'),
  )
})

test('a MAC that is told to be a node’s, after it answered → no other owner', () => {
  const mac = macOf(4)
  const before = told([
    [10, 'reply', mac],
    [11, 'look', [mac]],
  ])
  const after = looked(named(before, [{ mac, node: 'd' }]), {
    sinceMs: 12_000,
    atMs: 13_000,
    answerers: ['d'],
    isGood: true,
    isLossy: false,
  })
  assert.deepEqual([after.owner?.who, after.ownerChanges, after.changes], ['d', 0, []])
  assert.equal(named(before, [{ mac: macOf(5), node: 'e' }]).owner?.who, mac)
})
