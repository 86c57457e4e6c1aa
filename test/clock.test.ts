import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../src/clock.ts'

function wallMs(): number {
  return Number(systemClock.wallNs() / 1_000_000n)
}

for (const [what, stepMs] of [
  ['an hour ahead', 3_600_000],
  ['an hour back', -3_600_000],
] as const) {
  test(`the host's clock set ${what} after our start → the wall clock follows, the monotonic one does not`, (t) => {
    const [atMs, monotonicMs] = [wallMs(), systemClock.monotonicMs()]
    const now = Date.now
    t.mock.method(Date, 'now', () => now() + stepMs)
    assert.ok(Math.abs(wallMs() - atMs - stepMs) < 60_000)
    assert.ok(systemClock.monotonicMs() - monotonicMs < 60_000)
    t.mock.restoreAll()
    assert.ok(Math.abs(wallMs() - atMs) < 60_000)
  })
}
