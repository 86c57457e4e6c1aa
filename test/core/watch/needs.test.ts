import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnswerReport, VipReport } from '../../../src/core/report.ts'
import {
  againMs,
  askedInVain,
  askedNow,
  holds,
  isTime,
  needsOf,
  NOTHING_WANTED,
  wanting,
} from '../../../src/core/watch/needs.ts'
import { ip } from '../../helpers/segment.ts'
import { answer, macNumber, row } from '../../helpers/watched.ts'

const VIP = ip('192.168.1.60')
const stranger = answer(macNumber(99), null, 'other')
const foreign = answer(macNumber(99), null, 'foreign')
const owner = answer(macNumber(2), 'nuc-2', 'elected')
const self = answer(macNumber(3), null, 'self')

const TABLE: readonly (readonly [
  string,
  VipReport['verdict'],
  readonly AnswerReport[],
  readonly string[],
])[] = [
  ['it is well', 'ok', [owner], []],
  ['nobody should answer, and nobody does', 'idle', [], []],
  ['nobody is heard', 'unknown', [], []],
  ['this host answers itself', 'self', [self], []],
  ['nobody answers', 'silent', [], ['echo', 'claims']],
  ['nobody answers yet', 'settling', [], ['echo', 'claims']],
  ['another node answers', 'mismatch', [answer(macNumber(1), 'nuc-1', 'node')], ['claims']],
  ['a stranger answers', 'unknown', [stranger], ['attribution', 'free']],
  ['a machine of no node answers too', 'foreign', [owner, foreign], ['attribution', 'free', 'claims']],
]

for (const [what, verdict, answered, needs] of TABLE)
  test(`${what} (${verdict}) → needs ${needs.join(', ') || 'nothing'}`, () =>
    assert.deepEqual(needsOf(row(VIP, verdict, { answered })), needs))

test('a stranger → waits 5 s for what the plan asks anyway; silence waits for nothing', () => {
  const wanted = wanting(NOTHING_WANTED, 'x', 1000)
  assert.deepEqual(
    [5999, 6000].map((ms) => isTime('attribution', wanted, ms, 300_000)),
    [false, true],
  )
  assert.equal(isTime('echo', wanted, 1000, 60_000), true)
})

test('nothing is needed → never time', () => assert.equal(isTime('free', NOTHING_WANTED, 1e9, 1000), false))

test('asked → again in its interval while the need lasts, whoever asks', () => {
  const asked = askedNow(wanting(NOTHING_WANTED, 'x', 0), 0)
  assert.equal(wanting(asked, 'x', 50_000), asked)
  assert.deepEqual(
    [59_999, 60_000].map((ms) => isTime('echo', asked, ms, 60_000)),
    [false, true],
  )
})

test('a need that comes, goes and comes, or another → within 30 s of the last asking it has to wait', () => {
  const asked = askedNow(wanting(NOTHING_WANTED, 'x', 0), 0)
  for (const again of [wanting(wanting(asked, null, 1000), 'x', 2000), wanting(asked, 'y', 2000)])
    assert.deepEqual(
      [29_999, 30_000].map((ms) => isTime('echo', again, ms, 60_000)),
      [false, true],
    )
})

test('in vain → again in 10 s', () => {
  const asked = askedInVain(askedNow(wanting(NOTHING_WANTED, 'x', 0), 0), 2000, 300_000)
  assert.deepEqual(
    [11_999, 12_000].map((ms) => isTime('attribution', asked, ms, 300_000)),
    [false, true],
  )
})

test('claims of many speakers → read as seldom as one in two seconds; of few each 30 s', () =>
  assert.deepEqual([againMs('claims', 4), againMs('claims', 200)], [30_000, 400_000]))

test('what was heard holds for two askings and a half', () =>
  assert.deepEqual([holds(0, 60_000, 149_999), holds(0, 60_000, 150_000)], [true, false]))
