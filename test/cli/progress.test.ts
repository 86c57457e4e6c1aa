import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showProgress } from '../../src/cli/progress.ts'
import { FakeClock } from '../helpers/clock.ts'

/** Runs for `ms` of a clock that only sleeping moves on; returns what stderr was given. */
async function written(ms: number, isTTY = true, env: Record<string, string> = {}): Promise<string[]> {
  const [clock, done, lines] = [new FakeClock(), new AbortController(), [] as string[]]
  const stderr = { isTTY, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream
  clock.onStep = (now) => {
    if (now >= ms) done.abort()
  }
  await showProgress({ stderr, env }, { what: 'asking', aboutMs: 2500 }, clock, done.signal)
  return lines
}

test('a run of a second says nothing', async () => assert.deepEqual(await written(1000), []))

test('a longer run draws one line over and over, and wipes it away at the end', async () => {
  assert.deepEqual(await written(3000), [
    '\r\u001B[K     asking, 1.0 s of about 2.5 s',
    '\r\u001B[K     asking, 1.5 s of about 2.5 s',
    '\r\u001B[K     asking, 2.0 s of about 2.5 s',
    '\r\u001B[K     asking, 2.5 s',
    '\r\u001B[K',
  ])
})

test('in a pipe and on a dumb terminal there is no progress', async () => {
  assert.deepEqual(await written(3000, false), [])
  assert.deepEqual(await written(3000, true, { TERM: 'dumb' }), [])
})
