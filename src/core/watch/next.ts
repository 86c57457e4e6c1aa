import type { Ip } from '../ip.ts'
import { isFree, type Ask, type Out } from './asks.ts'
import { frameAtMs, hasFrame } from './bucket.ts'
import type { Target } from './plan.ts'
import type { Draft } from './draft.ts'
import { nextUnicastMs } from './timing.ts'

/** What is to be asked for, why, and since when. */
interface Due {
  readonly ip: Ip
  readonly mode: Out['mode']
  readonly rank: Rank
  readonly dueMs: number
}

/**
 * Sweeps decide, and their interval is a promise: what makes sure of one VIP must not hold up the sweep of another, and
 * questions to one MAC have what is left.
 */
type Rank = 0 | 1 | 2
const [SWEEP, BURST, ALONE] = [0, 1, 2] as const

/** The most urgent question that every port it costs can bear now. */
export function nextQuestion(draft: Draft): Due | undefined {
  if (!hasFrame(draft.sent, draft.nowMs)) return undefined
  let best: Due | undefined
  for (const due of duesOf(draft))
    if (isAffordable(draft, due.ip) && (!best || isBefore(due, best))) best = due
  return best
}

/** When something is due, may be afforded, or was listened for long enough. */
export function wakeMsOf(draft: Draft): number {
  let wakeMs = Infinity
  for (const ask of draft.asks.values()) wakeMs = Math.min(wakeMs, laterMs(ask, draft.nowMs))
  for (const { ip } of duesOf(draft)) wakeMs = Math.min(wakeMs, affordableMs(draft, ip))
  return wakeMs
}

/** Turns that come to nothing: no MAC is known, or the node that guards it was asked a moment ago and kept silent. */
export function skipTurns({ plan, asks, nowMs, random }: Draft): void {
  for (const [ip, target] of plan.targets) {
    const ask = asks.get(ip)!
    if (ask.unicastDueMs > nowMs || ask.out !== null) continue
    if (ask.mac === null || guardOf(target, asks, nowMs) === 'silent')
      asks.set(ip, { ...ask, unicastDueMs: nextUnicastMs(target, nowMs, random) })
  }
}

/** What the node's own address says: asked once in the time in which each of its VIPs is asked once. */
function guardOf(
  { isGuarded, host, unicastMs }: Target,
  asks: Draft['asks'],
  nowMs: number,
): 'answers' | 'asked' | 'silent' | 'unasked' {
  const guard = isGuarded && host !== null ? asks.get(host) : undefined
  if (!guard || guard.mac === null || guard.answeredAtMs > nowMs - unicastMs!) return 'answers'
  if (guard.out !== null) return 'asked'
  return guard.askedAtMs > nowMs - unicastMs! ? 'silent' : 'unasked'
}

function* duesOf({ plan, asks, nowMs }: Draft): Generator<Due> {
  for (const [ip, target] of plan.targets) {
    const ask = asks.get(ip)!
    const dueMs = broadcastMs(ask)
    if (dueMs <= nowMs && isFree(ask, 'broadcast'))
      yield { ip, mode: 'broadcast', rank: ask.sweepDueMs <= nowMs ? SWEEP : BURST, dueMs }
    else if (ask.unicastDueMs <= nowMs && ask.out === null) {
      const guard = guardOf(target, asks, nowMs)
      if (guard === 'answers') yield { ip, mode: 'unicast', rank: ALONE, dueMs: ask.unicastDueMs }
      if (guard === 'unasked')
        yield { ip: target.host!, mode: 'unicast', rank: ALONE, dueMs: ask.unicastDueMs }
    }
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.rank === b.rank ? a.dueMs < b.dueMs : a.rank < b.rank
}

/** The next moment at which this address wants something, if not now. */
function laterMs(ask: Ask, nowMs: number): number {
  const { out } = ask
  const later = (ms: number): number => (ms > nowMs ? ms : Infinity)
  return Math.min(
    later(out?.untilMs ?? Infinity),
    later(out?.missedMs ?? Infinity),
    isFree(ask, 'broadcast') ? later(broadcastMs(ask)) : Infinity,
    out === null ? later(ask.unicastDueMs) : Infinity,
  )
}

function broadcastMs({ sweepDueMs, burst }: Ask): number {
  return Math.min(sweepDueMs, burst?.dueMs ?? Infinity)
}

function isAffordable({ plan, caused, nowMs }: Draft, ip: Ip): boolean {
  return plan.targets.get(ip)!.ports.every((port) => hasFrame(caused.get(port)!, nowMs))
}

function affordableMs({ plan, caused, sent, nowMs }: Draft, ip: Ip): number {
  const { ports } = plan.targets.get(ip)!
  return Math.max(frameAtMs(sent, nowMs), ...ports.map((port) => frameAtMs(caused.get(port)!, nowMs)))
}
