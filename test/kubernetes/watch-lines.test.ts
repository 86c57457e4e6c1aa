import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { seededRandom } from '../../src/core/random.ts'
import { ApiProblem } from '../../src/kubernetes/problem.ts'
import { statusInStream, statusOf } from '../../src/kubernetes/status.ts'
import { watchOnce } from '../../src/kubernetes/watch.ts'
import type { WireResponse } from '../../src/kubernetes/wire.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

// Lines that no API server sends, and what is made of them.

function response(text: string, status = 200): WireResponse {
  return { status, headers: {}, body: Readable.from([Buffer.from(text)]), lastContactMs: () => 0 }
}

async function unknownTypes(lines: string): Promise<readonly string[]> {
  const types: string[] = []
  const api = { open: async () => response(lines), serverNowMs: () => 0, close: async () => {} }
  await watchOnce({
    api,
    clock: new VirtualClock(),
    random: seededRandom(1),
    variant: { path: '/' },
    resourceVersion: '1',
    signal: new AbortController().signal,
    onOpen: () => {},
    onContact: () => {},
    onEvent: () => assert.fail('an event'),
    onUnknown: (type) => types.push(type),
  })
  return types
}

test('a type that is an object whose toString is no function → an unknown type', async () =>
  assert.deepEqual(await unknownTypes('{"type":{"toString":1,"valueOf":1}}\n{"type":"NEW"}\n[]\n'), [
    'object',
    'NEW',
    'undefined',
  ]))

test('a line that is no JSON → garbage, not a throw of JSON.parse', () =>
  assert.rejects(unknownTypes('{"type"\n'), ApiProblem))

test('an error that asks to be left alone for less than no time → at once, never before', async () => {
  const words = { code: 429, details: { retryAfterSeconds: -5 } }
  assert.equal((await statusOf(response(JSON.stringify(words), 429))).retryAfterMs, 0)
  assert.equal(statusInStream(words).retryAfterMs, 0)
})
