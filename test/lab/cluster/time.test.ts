import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { LabClock, Timeline } from '../../../src/lab/cluster/time.ts'

const HOUR_MS = 3_600_000
/** So slow that nothing comes due while a test runs. */
const SLOW = 100

function timeline() {
  const clock = new LabClock(0)
  const line = new Timeline(clock, SLOW)
  const begun = clock.nowMs()
  const happened: [what: string, afterMs: number][] = []
  const note = (what: string) => async () => void happened.push([what, clock.nowMs() - begun])
  return { clock, line, begun, happened, note }
}

suite('a story skips ahead', () => {
  test('what comes due meanwhile happens in its order, each at its own time', async () => {
    const { clock, line, begun, happened, note } = timeline()
    line.after(40_000, note('unheard'))
    line.after(6000, note('dropped'))
    line.after(2 * HOUR_MS, note('later'))
    await line.skip(HOUR_MS)
    assert.deepEqual(
      happened.map(([what]) => what),
      ['dropped', 'unheard'],
    )
    for (const [i, ms] of [6000, 40_000].entries()) assertNear(happened[i]![1], ms)
    assertNear(clock.nowMs() - begun, HOUR_MS)
    await line.skip(HOUR_MS)
    assert.equal(happened.at(-1)![0], 'later')
  })

  test('what was taken back does not happen', async () => {
    const { line, happened, note } = timeline()
    const cancel = line.after(6000, note('dropped'))
    cancel()
    await line.skip(HOUR_MS)
    assert.deepEqual(happened, [])
  })

  test('what happens may bring about more, within the same skip', async () => {
    const { line, happened, note } = timeline()
    line.after(1000, async () => void line.after(1000, note('second')))
    await line.skip(5000)
    assertNear(happened[0]![1], 2000)
  })
})

/** The clock goes on while the test runs. */
function assertNear(seenMs: number, expectedMs: number): void {
  assert.ok(seenMs >= expectedMs - 1 && seenMs < expectedMs + 30_000, `${seenMs} ms, not ${expectedMs} ms`)
}
