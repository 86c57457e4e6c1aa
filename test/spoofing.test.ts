import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Batch } from '../src/capture/capture.ts'
import { check } from '../src/check.ts'
import { MAX_ANSWERERS } from '../src/core/round.ts'
import { aside, ATTACKS, type Outcome, OWNER, patched, REPLY, VIP } from './helpers/attacks.ts'
import { NO_OPTIONS } from './helpers/options.ts'
import { FakeSegment, ip, mac } from './helpers/segment.ts'

// Frames of an attacker through the decoder, the round and the judge. On real links: test/capture/spoofing-wire.test.ts.
// docs/security.md names each test.

for (const [title, frames, outcome] of ATTACKS) {
  test(
    `${title} → ${outcome.verdict} ${[...outcome.codes, ...Object.keys(outcome.ignored)].join(', ')}`.trim(),
    async () => assert.deepEqual(await judgedWith(frames), outcome),
  )
}

test('a reply before the question → silent, before-question', async () =>
  assert.deepEqual(await judgedWith([], [REPLY]), aside('before-question')))

test('a reply a minute after the last question → silent, after-end', async () =>
  assert.deepEqual(await judgedWith([REPLY], [], 60_000_000_000n), aside('after-end')))

test('a thousand strangers that answer → duplicate, 64 of them kept', async () => {
  const flood = Array.from({ length: 1000 }, (_, i) => {
    const sender = `02000000${i.toString(16).padStart(4, '0')}`
    return patched(22, sender, patched(6, sender))
  })
  const { verdict, answered, ignored } = await judgedWith([REPLY, ...flood])
  assert.deepEqual(
    [verdict, answered.length, ignored],
    ['duplicate', MAX_ANSWERERS, { 'too-many-answerers': 937 }],
  )
})

/** Asks once for the VIP, which OWNER should answer for; `after` comes after the question, `before` before it. */
async function judgedWith(
  after: readonly Uint8Array[],
  before: readonly Uint8Array[] = [],
  delayNs = 200_000n,
): Promise<Outcome> {
  const segment = new FakeSegment()
  const early = [...before]
  segment.responders.push((question) => {
    if (question.tpa !== VIP || question.ethDst !== 'ff:ff:ff:ff:ff:ff') return []
    for (const bytes of after) segment.push(bytes, delayNs)
    return []
  })
  const edges = {
    clock: segment.clock,
    hostFacts: () => segment.facts,
    openCapture: (...args: Parameters<typeof segment.open>) => {
      const capture = segment.open(...args)
      return {
        ...capture,
        send: (batch: Batch) => {
          for (const bytes of early.splice(0)) segment.push(bytes, 0n)
          return capture.send(batch)
        },
      }
    },
  }
  const targets = [{ vip: ip(VIP), macs: [mac(OWNER)] }]
  const { vips, frames } = await check(
    { ...NO_OPTIONS, targets, count: 1 },
    edges,
    new AbortController().signal,
  )
  const [row] = vips
  return {
    verdict: row!.verdict,
    codes: row!.findings.map(({ code }) => code),
    answered: row!.answered.map((answer) => answer.mac),
    ignored: frames.ignored,
  }
}
