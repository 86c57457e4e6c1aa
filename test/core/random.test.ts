import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/core/random.ts'

// Not covered: statistical quality beyond an even spread; nothing here depends on more.

test('the same seed gives the same numbers', () => assert.deepEqual(take(20, 7), take(20, 7)))

test('neighbouring seeds give other numbers from the first one on', () => {
  const firsts = Array.from({ length: 1000 }, (_, seed) => take(1, seed)[0])
  assert.equal(new Set(firsts).size, 1000)
})

// Made by the published C of mulberry32, for the seed 1.
test('the numbers are those of mulberry32', () =>
  assert.deepEqual(
    take(3, 1).map((value) => value * 2 ** 32),
    [2693262067, 11749833, 2265367787],
  ))

test('numbers lie in [0, 1) and spread evenly over ten bins', () => {
  const bins = Array<number>(10).fill(0)
  for (const value of take(100_000, 3)) {
    assert.ok(value >= 0 && value < 1)
    bins[Math.floor(value * 10)]!++
  }
  for (const count of bins) assert.ok(count > 9_500 && count < 10_500, String(count))
})

test('below(n) gives every whole number under n and no other', () => {
  const random = seededRandom(5)
  const seen = new Set(Array.from({ length: 1000 }, () => random.below(6)))
  assert.deepEqual(seen, new Set([0, 1, 2, 3, 4, 5]))
})

function take(count: number, seed: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => random.next())
}
