import { hearFrame, openRound, type Round, type RoundPlan } from './core/round.ts'
import type { ArpFrame, CapturedFrame } from './core/arp.ts'
import type { Question } from './core/attribution.ts'
import { lossBetween, type Counted, type PastRound } from './core/rounds.ts'
import { answeredBeside, askBeside, NOTHING_BESIDE, type Allowed, type Asked } from './core/watch/beside.ts'
import { TIMEOUT_MS } from './core/watch/timing.ts'

/** As often as a one-shot asks: one frame that gets lost is no proof of silence. */
const TIMES = 3

interface Inquiry {
  readonly questions: readonly Question[]
  readonly round: Round
  readonly done: (past: PastRound | null) => void
  lostBefore: Counted | null
}

/** What is asked on one interface beside the plan: one inquiry at a time, each a round of its own. */
export class Inquiries {
  #beside = NOTHING_BESIDE
  #current: Inquiry | null = null
  #lastMs = 0
  readonly #waiting: Inquiry[] = []

  /** Null: it was given up. */
  ask(questions: readonly Question[], plan: RoundPlan): Promise<PastRound | null> {
    return new Promise((done) =>
      this.#waiting.push({ questions, round: openRound(plan), done, lostBefore: null }),
    )
  }

  /** What may leave now; `lost`: frames that were lost since opening, counted where it is asked for alone. */
  step(allowed: Allowed, lost: () => Counted | null): Pick<Asked, 'sent' | 'questions' | 'wakeMs'> {
    this.#endCurrent(allowed.nowMs, lost)
    if (!this.#current) this.#begin(lost)
    if (!this.#current) return { sent: allowed.sent, questions: [], wakeMs: Infinity }
    const asked = askBeside(this.#beside, allowed)
    this.#beside = asked.beside
    if (asked.questions.length > 0) this.#lastMs = allowed.nowMs
    const isLast = asked.beside.queue.length === 0
    return { ...asked, wakeMs: isLast ? this.#lastMs + TIMEOUT_MS : asked.wakeMs }
  }

  hear(frame: ArpFrame, captured: CapturedFrame, nowMs: number): void {
    if (!this.#current) return
    const { round } = this.#current
    const { op, spa, sha } = frame
    hearFrame(round, frame, captured)
    if (op === 'reply' && round.ledgers.has(spa))
      this.#beside = answeredBeside(this.#beside, [spa, sha], nowMs)
  }

  close(): void {
    for (const { done } of [...(this.#current ? [this.#current] : []), ...this.#waiting.splice(0)]) done(null)
    this.#current = null
  }

  #begin(lost: () => Counted | null): void {
    this.#current = this.#waiting.shift() ?? null
    if (!this.#current) return
    this.#current.lostBefore = lost()
    const { questions } = this.#current
    this.#beside = { ...this.#beside, queue: Array.from({ length: TIMES }, () => questions).flat() }
  }

  #endCurrent(nowMs: number, lost: () => Counted | null): void {
    const current = this.#current
    if (!current || this.#beside.queue.length > 0 || nowMs < this.#lastMs + TIMEOUT_MS) return
    this.#current = null
    current.done({ round: current.round, loss: lossBetween(current.lostBefore, lost()) })
  }
}
