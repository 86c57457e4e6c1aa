import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { heldAt } from '../../../src/core/again.ts'
import { remainingMs } from '../../../src/core/settle.ts'
import { isFault, type VerdictName } from '../../../src/core/verdict.ts'
import { holdsAfter, holdsFrom, holdsOf, type Holds } from '../../../src/core/watch/hold.ts'
import { ip } from '../../helpers/segment.ts'

const VIP = ip('192.168.1.60')
const HOLD_MS = 34_000

/** What one look sees before the hold-down: as it should be, a deviation, or nothing. */
type Seen = 'ok' | 'idle' | 'silent' | 'moved' | 'unknown' | 'self'

/**
 * One look as outcome.ts has it: a deviation is `settling` while something may explain it. Here something always may:
 * churn without an end.
 */
function look(holds: Holds, seen: Seen, nowMs: number): { holds: Holds; verdict: VerdictName } {
  const held = heldAt(holds.get(VIP), nowMs)
  if (seen !== 'silent' && seen !== 'moved')
    return { holds: holdsAfter(holds, new Map([[VIP, { verdict: seen, held: null }]]), nowMs), verdict: seen }
  const leftMs = remainingMs({ holdDownMs: HOLD_MS, motions: [{ what: 'churn', ageMs: 0 }], held })
  const verdict = leftMs > 0 ? 'settling' : 'silent'
  const waiting = leftMs > 0 ? { leftMs, moved: seen === 'moved' } : null
  return { holds: holdsAfter(holds, new Map([[VIP, { verdict, held: waiting }]]), nowMs), verdict }
}

function verdicts(looks: readonly (readonly [number, Seen])[], from: Holds = new Map()): string {
  let holds = from
  return looks
    .map(([atS, seen]) => {
      const next = look(holds, seen, atS * 1000)
      holds = next.holds
      return next.verdict
    })
    .join(' ')
}

for (const [title, looks, expected] of [
  [
    'silent for longer than the hold-down',
    [
      [0, 'ok'],
      [30, 'silent'],
      [60, 'silent'],
      [64, 'silent'],
    ],
    'ok settling settling silent',
  ],
  [
    'churn goes on: the fault stands',
    [
      [0, 'silent'],
      [34, 'silent'],
      [60, 'moved'],
      [90, 'silent'],
    ],
    'settling silent silent silent',
  ],
  [
    'an ok in between: a new hold-down',
    [
      [0, 'silent'],
      [34, 'silent'],
      [40, 'ok'],
      [60, 'silent'],
    ],
    'settling silent ok settling',
  ],
  [
    'nobody should answer in between: a new hold-down',
    [
      [0, 'silent'],
      [34, 'silent'],
      [40, 'idle'],
      [60, 'silent'],
    ],
    'settling silent idle settling',
  ],
  [
    'not judged in between: the same hold-down',
    [
      [0, 'silent'],
      [20, 'unknown'],
      [34, 'silent'],
    ],
    'settling unknown silent',
  ],
  [
    'on this host in between: the same hold-down',
    [
      [0, 'silent'],
      [20, 'self'],
      [34, 'silent'],
    ],
    'settling self silent',
  ],
  [
    'not judged for five minutes: another story',
    [
      [0, 'silent'],
      [20, 'unknown'],
      [320, 'unknown'],
      [330, 'silent'],
    ],
    'settling unknown unknown settling',
  ],
] as const) {
  test(`${title} → ${expected}`, () => assert.equal(verdicts(looks), expected))
}

test('the clock starts at a change, before any deviation was seen', () => {
  const changed = holdsFrom(new Map(), [VIP], 0, HOLD_MS)
  assert.equal(
    verdicts(
      [
        [20, 'silent'],
        [34, 'silent'],
      ],
      changed,
    ),
    'settling silent',
  )
})

test('a second change starts nothing', () => {
  const changed = holdsFrom(holdsFrom(new Map(), [VIP], 0, HOLD_MS), [VIP], 30_000, HOLD_MS)
  assert.equal(changed.get(VIP)!.atMs, HOLD_MS)
})

test('VIPs that are watched no more are forgotten', () => {
  const holds = holdsFrom(new Map(), [VIP, ip('192.168.1.61')], 0, HOLD_MS)
  assert.deepEqual([...holdsOf(holds, new Set([VIP])).keys()], [VIP])
})

test('churn without an end: a deviation is held down once between two ok, never for longer than the hold-down', () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.integer({ min: 1, max: 20 }),
          fc.constantFrom<Seen[]>('silent', 'moved', 'unknown', 'self'),
        ),
        {
          minLength: 1,
          maxLength: 60,
        },
      ),
      (steps) => {
        let [nowMs, holds, first] = [0, new Map() as Holds, Infinity]
        for (const [gapS, seen] of steps) {
          nowMs += gapS * 1000
          const next = look(holds, seen, nowMs)
          holds = next.holds
          if (next.verdict === 'settling' || isFault(next.verdict)) first = Math.min(first, nowMs)
          const isLate = nowMs - first >= HOLD_MS
          const isForgotten = holds.size === 0
          if (isForgotten) first = Infinity
          else if (next.verdict === 'settling') assert.ok(!isLate)
        }
      },
    ),
  ))
