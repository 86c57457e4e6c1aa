import type { Mac } from '../mac.ts'
import type { Random } from '../random.ts'
import type { Target } from './plan.ts'
import {
  BURST_GAP_MS,
  BURST_PAUSE_MS,
  listenUntilMs,
  nextSweepMs,
  nextUnicastMs,
  TIMEOUT_MS,
} from './timing.ts'

/** What is known of the asking for one address; a value, made anew by each step. */
export interface Ask {
  readonly sweepDueMs: number
  /** Infinity: never. */
  readonly unicastDueMs: number
  readonly burst: Burst | null
  /** A new burst begins no sooner than a pause after this one began. */
  readonly burstAtMs: number
  /** The question that is out; null: none is. */
  readonly out: Out | null
  /** Whether it answered when all were asked; null: not asked yet. */
  readonly answering: boolean | null
  readonly answeredAtMs: number
  readonly askedAtMs: number
  /** Where its expected answerer was heard last. */
  readonly mac: Mac | null
  /** MACs that should not answer and did: each is news once. */
  readonly strange: readonly Mac[]
}

/** Broadcasts in quick succession, to be sure of a change. */
export interface Burst {
  readonly left: number
  readonly dueMs: number
}

export type Dues = Pick<Ask, 'sweepDueMs' | 'unicastDueMs'>

export interface Out {
  readonly mode: 'broadcast' | 'unicast'
  readonly sinceMs: number
  /** Unanswered by then, its first frame is missed, however long more of them are listened to; Infinity: that is told. */
  readonly missedMs: number
  /** When the listening ends. */
  readonly untilMs: number
  readonly frames: number
  /** Some of them were to make sure: silence is believed then. */
  readonly confirms: boolean
  readonly answered: boolean
}

const MAX_STRANGE = 4

export function newAsk(target: Target, sweepDueMs: number, random: Random): Ask {
  return {
    sweepDueMs,
    unicastDueMs: nextUnicastMs(target, sweepDueMs, random),
    burst: null,
    burstAtMs: -Infinity,
    out: null,
    answering: null,
    answeredAtMs: -Infinity,
    askedAtMs: -Infinity,
    mac: target.mac,
    strange: [],
  }
}

/** What goes on under a new plan. Another owner is a change, and his MAC another. */
export function replanned(ask: Ask, before: Target, target: Target, nowMs: number, random: Random): Ask {
  const isOther = before.node !== target.node
  const kept = {
    ...ask,
    sweepDueMs: Math.min(ask.sweepDueMs, nextSweepMs(target, nowMs, random)),
    unicastDueMs: Math.min(ask.unicastDueMs, nextUnicastMs(target, nowMs, random)),
    mac: isOther ? target.mac : (ask.mac ?? target.mac),
    strange: isOther ? [] : ask.strange,
  }
  return target.unicastMs === null ? { ...kept, unicastDueMs: Infinity } : kept
}

/** A question leaves: a broadcast counts as the sweep, whatever it was for. */
export function asked(ask: Ask, mode: Out['mode'], nowMs: number, next: Dues): Ask {
  const isBurst = mode === 'broadcast' && isBurstDue(ask, nowMs)
  const before = ask.out?.mode === mode ? ask.out : null
  const out: Out = {
    mode,
    sinceMs: before?.sinceMs ?? nowMs,
    missedMs: before?.missedMs ?? (ask.answering === false ? Infinity : nowMs + TIMEOUT_MS),
    untilMs: listenUntilMs(nowMs),
    frames: (before?.frames ?? 0) + 1,
    confirms: isBurst || (before?.confirms ?? false),
    answered: before?.answered ?? false,
  }
  const { sweepDueMs, unicastDueMs } = next
  const after = { ...ask, out, askedAtMs: nowMs, unicastDueMs }
  if (mode === 'unicast') return after
  return { ...after, burst: isBurst ? rest(ask.burst!, nowMs) : ask.burst, sweepDueMs }
}

function isBurstDue({ burst }: Ask, nowMs: number): boolean {
  return burst !== null && burst.dueMs <= nowMs
}

/** Asks again soon, `frames` times; within the pause after the last burst it waits that out. */
export function bursting(ask: Ask, frames: number, atMs: number): Ask {
  if (ask.burst) return ask
  const dueMs = Math.max(atMs, ask.burstAtMs + BURST_PAUSE_MS)
  return { ...ask, burst: { left: frames, dueMs }, burstAtMs: dueMs }
}

/** An answer. Only one to a broadcast proves that clients hear it (rule 6). */
export function answered(ask: Ask, mac: Mac, isExpected: boolean, nowMs: number): Ask {
  return {
    ...(isExpected ? ask : estranged(ask, mac)),
    out: ask.out && { ...ask.out, missedMs: Infinity, answered: true },
    answering: ask.out?.mode === 'broadcast' ? true : ask.answering,
    answeredAtMs: nowMs,
    mac: isExpected ? mac : ask.mac,
  }
}

/** A MAC that should not answer is noted, so that it is news once. */
export function estranged(ask: Ask, mac: Mac): Ask {
  if (ask.strange.includes(mac)) return ask
  return { ...ask, strange: [...ask.strange, mac].slice(-MAX_STRANGE) }
}

/** The listening is over. Silence is believed when it was made sure of, or when it is nothing new. */
export function closed(ask: Ask): { readonly ask: Ask; readonly missed: 'no' | 'yes' | 'believed' } {
  const out = ask.out!
  const done = { ...ask, out: null }
  if (out.answered) return { ask: done, missed: 'no' }
  if (out.mode === 'unicast') return { ask: done, missed: ask.answering === false ? 'no' : 'yes' }
  if (out.confirms || ask.answering === false)
    return { ask: { ...done, answering: false }, missed: ask.answering === false ? 'no' : 'believed' }
  return { ask: done, missed: 'yes' }
}

/** The target of a question in hand is busy: one at a time, but for the broadcasts of a burst. */
export function isFree({ out }: Ask, mode: Out['mode']): boolean {
  return out === null || (mode === 'broadcast' && out.mode === 'broadcast')
}

function rest({ left }: Burst, nowMs: number): Burst | null {
  return left > 1 ? { left: left - 1, dueMs: nowMs + BURST_GAP_MS } : null
}
