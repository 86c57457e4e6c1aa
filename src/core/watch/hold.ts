import { deadlinesAfter, type Deadline } from '../again.ts'
import type { Ip } from '../ip.ts'
import type { Held } from '../settle.ts'
import type { VerdictName } from '../verdict.ts'

/**
 * The hold-down of a daemon (rule 8): its clock starts at the first deviation or change, and starts again only after the VIP
 * was as it should be. A one-shot forgets a deadline that is over, because it asks no more; a daemon must not, or the
 * next change would hold the same fault down anew, and churn would for ever.
 */
export interface Hold extends Deadline {
  /** When it deviated last. */
  readonly seenMs: number
}
export type Holds = ReadonlyMap<Ip, Hold>

/** What was judged in this look. */
export interface Judged {
  readonly verdict: VerdictName
  /** Null: nothing of it waits. */
  readonly held: Held | null
}

/** Neither as it should be nor deviating for so long (unknown, self): what comes then is another story. */
const FORGET_MS = 300_000

export function holdsAfter(before: Holds, judged: ReadonlyMap<Ip, Judged>, nowMs: number): Holds {
  const waiting = [...judged].flatMap(([vip, { held }]): [Ip, Held][] => (held ? [[vip, held]] : []))
  const started = deadlinesAfter(before, new Map(waiting), nowMs)
  const after = new Map<Ip, Hold>()
  for (const vip of new Set([...before.keys(), ...started.keys()])) {
    const hold = holdAfter(before.get(vip), started.get(vip), judged.get(vip)?.verdict, nowMs)
    if (hold) after.set(vip, hold)
  }
  return after
}

function holdAfter(
  before: Hold | undefined,
  started: Deadline | undefined,
  verdict: VerdictName | undefined,
  nowMs: number,
): Hold | null {
  if (verdict !== undefined && AS_IT_SHOULD_BE.has(verdict)) return null
  if (started) return { ...started, seenMs: nowMs }
  if (!before) return null
  const seenMs = verdict !== undefined && !SAYS_NOTHING.has(verdict) ? nowMs : before.seenMs
  return nowMs - seenMs >= FORGET_MS ? null : { ...before, seenMs }
}

const AS_IT_SHOULD_BE: ReadonlySet<VerdictName> = new Set(['ok', 'idle'])
const SAYS_NOTHING: ReadonlySet<VerdictName> = new Set(['unknown', 'self'])

/** Who should answer changed, or who is a member: the clock starts now, if it does not run. */
export function holdsFrom(before: Holds, changed: Iterable<Ip>, nowMs: number, holdDownMs: number): Holds {
  const after = new Map(before)
  for (const vip of changed)
    if (!after.has(vip)) after.set(vip, { atMs: nowMs + holdDownMs, moved: true, seenMs: nowMs })
  return after
}

/** VIPs that are watched no more are forgotten. */
export function holdsOf(holds: Holds, watched: { has(vip: Ip): boolean }): Holds {
  return new Map([...holds].filter(([vip]) => watched.has(vip)))
}
