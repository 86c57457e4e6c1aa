import type { Ip } from '../ip.ts'
import { BROADCAST_MAC, type Mac } from '../mac.ts'
import type { Random } from '../random.ts'
import { asked, type Ask, type Out } from './asks.ts'
import { spend, type Bucket } from './bucket.ts'
import type { Draft } from './draft.ts'
import { accompany, askNow, close, forgive, makeSure, takeHeard } from './news.ts'
import { nextQuestion, skipTurns, wakeMsOf } from './next.ts'
import type { Plan } from './plan.ts'
import { takePlan } from './replan.ts'
import { spacedSweepMs } from './spacing.ts'
import { nextUnicastMs, TIMEOUT_MS } from './timing.ts'

/**
 * What to ask next: a state machine over a clock that never steps back, with nothing else in it. Broadcasts decide,
 * questions to one MAC tell in between that it lives, and a change is made sure of at once, as far as the budget goes.
 */
export interface Schedule {
  readonly plan: Plan
  readonly asks: ReadonlyMap<Ip, Ask>
  readonly sent: Bucket
  /** One for each port that we make answer. */
  readonly caused: ReadonlyMap<string, Bucket>
  readonly atMs: number
  /** When it wants to be called again; Infinity: only when something happens. */
  readonly wakeMs: number
}

export type Happening =
  | { readonly what: 'time' }
  | { readonly what: 'plan'; readonly plan: Plan }
  | { readonly what: 'heard'; readonly heard: Heard }
  /** Who should answer for these changed, or who is a member. */
  | { readonly what: 'changed'; readonly ips: Iterable<Ip> }
  | { readonly what: 'due'; readonly ips: Iterable<Ip> }

export interface Heard {
  readonly ip: Ip
  readonly mac: Mac
  /** `overheard`: a reply to somebody else. */
  readonly how: 'reply' | 'gratuitous' | 'overheard'
  /** From a MAC that may answer for it. */
  readonly isExpected: boolean
}

export interface Step {
  readonly schedule: Schedule
  readonly questions: readonly Question[]
  readonly missed: readonly Missed[]
  readonly ended: readonly Ended[]
  /** Nobody called for longer than a reply is waited for: frames may have been lost meanwhile. */
  readonly slept: boolean
}

export interface Question {
  readonly ip: Ip
  readonly to: Mac
  readonly mode: Out['mode']
  /** A look begins: evidence that was collected before is old. Questions to one MAC add to that of the broadcasts. */
  readonly begins: boolean
}

/** A question was not answered in time; more of them may be out by now, to be sure of it. */
export interface Missed {
  readonly ip: Ip
  readonly sinceMs: number
}

/** The listening for one address is over: its evidence since `sinceMs` is complete. */
export interface Ended {
  readonly ip: Ip
  readonly mode: Out['mode']
  readonly sinceMs: number
  readonly frames: number
  readonly answered: boolean
}

const NO_PLAN: Plan = {
  targets: new Map(),
  shares: { sent: 0, caused: new Map(), unplanned: 0 },
  passive: false,
}

export function newSchedule(nowMs: number): Schedule {
  return {
    plan: NO_PLAN,
    asks: new Map(),
    sent: { perSecond: 0, tokens: 0, atMs: nowMs },
    caused: new Map(),
    atMs: nowMs,
    wakeMs: Infinity,
  }
}

export function step(schedule: Schedule, happening: Happening, clockMs: number, random: Random): Step {
  const nowMs = Math.max(clockMs, schedule.atMs)
  const draft: Draft = {
    plan: schedule.plan,
    asks: new Map(schedule.asks),
    sent: schedule.sent,
    caused: new Map(schedule.caused),
    nowMs,
    random,
    ended: [],
  }
  const slept = nowMs - schedule.wakeMs > TIMEOUT_MS
  if (slept) forgive(draft)
  take(draft, happening)
  const missed = [...missedOf(draft)]
  for (const [ip, { out }] of draft.asks) if (out && out.untilMs <= nowMs) close(draft, ip)
  skipTurns(draft)
  const questions = draft.plan.passive ? [] : [...questionsOf(draft)]
  const { plan, asks, sent, caused, ended } = draft
  const wakeMs = draft.plan.passive ? Infinity : wakeMsOf(draft)
  return { schedule: { plan, asks, sent, caused, atMs: nowMs, wakeMs }, questions, missed, ended, slept }
}

/** Each once. */
function* missedOf({ asks, nowMs }: Draft): Generator<Missed> {
  for (const [ip, ask] of asks) {
    if (!ask.out || ask.out.missedMs > nowMs) continue
    asks.set(ip, { ...ask, out: { ...ask.out, missedMs: Infinity } })
    yield { ip, sinceMs: ask.out.sinceMs }
  }
}

function take(draft: Draft, happening: Happening): void {
  if (happening.what === 'plan') return takePlan(draft, happening.plan)
  if (happening.what === 'heard') return takeHeard(draft, happening.heard)
  if (happening.what === 'changed') for (const ip of happening.ips) makeSure(draft, ip)
  if (happening.what === 'due') for (const ip of happening.ips) askNow(draft, ip)
}

function* questionsOf(draft: Draft): Generator<Question> {
  const { nowMs, random } = draft
  for (let next = nextQuestion(draft); next; next = nextQuestion(draft)) {
    const { ip, mode, dueMs } = next
    const [target, ask] = [draft.plan.targets.get(ip)!, draft.asks.get(ip)!]
    const isSilent = mode === 'broadcast' && target.kind === 'vip' && ask.answering === false
    if (isSilent && accompany(draft, ip, dueMs)) continue
    const dues = {
      sweepDueMs: mode === 'broadcast' ? spacedSweepMs(draft, target) : ask.sweepDueMs,
      unicastDueMs: nextUnicastMs(target, nowMs, random),
    }
    draft.asks.set(ip, asked(ask, mode, nowMs, dues))
    draft.sent = spend(draft.sent, nowMs)
    for (const port of target.ports) draft.caused.set(port, spend(draft.caused.get(port)!, nowMs))
    const isBroadcast = mode === 'broadcast'
    yield { ip, to: isBroadcast ? BROADCAST_MAC : ask.mac!, mode, begins: isBroadcast && ask.out === null }
  }
}
