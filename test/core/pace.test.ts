import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from '../../src/core/nearest.ts'
import { paceOf } from '../../src/core/pace.ts'

for (const [questions, intervalMs, rate, gapNs, passMs] of [
  [5, 250, 50, 20_000_000, 250],
  [100, 250, 50, 20_000_000, 2000],
  [3, 250, 3, 333_333_334, 1000.000002],
  [4096, 250, null, 0, 250],
] as const) {
  test(`${questions} questions, ${intervalMs} ms, rate ${rate} → ${gapNs} ns apart, a pass of ${passMs} ms`, () => {
    assert.deepEqual(paceOf(questions, intervalMs, rate), { gapNs, passMs })
  })
}

for (const [word, meant] of [
  ['eno2', 'eno1'],
  ['en01', 'eno1'],
  ['ENO1', 'eno1'],
  ['wlan', 'wlan0'],
  ['docker', undefined],
] as const) {
  test(`${word} was most likely meant as ${meant ?? 'none of them'}`, () =>
    assert.equal(nearest(word, ['eno1', 'wlan0']), meant))
}

test('a word of 200,000 letters → no guess, at once', () =>
  assert.equal(nearest('e'.repeat(200_000), Array<string>(1000).fill('eno1')), undefined))
