import type { Question } from './attribution.ts'
import { hasAnswered, slowestNs, type Round } from './round.ts'

/**
 * How long a sweep still listens once all have answered, for a second one that answers too: several times as long as the
 * slowest first answer took, and never less than this.
 */
const LEAST_WINDOW_MS = 20
const SLOWER = 8

/** The first question from `from` on that nobody has answered; their number where there is none. */
export function firstSilent(round: Round, questions: readonly Question[], from: number): number {
  let next = from
  while (next < questions.length && hasAnswered(round, questions[next]!.ip)) next++
  return next
}

export function silentOf(round: Round, questions: readonly Question[]): Question[] {
  return questions.filter(({ ip }) => !hasAnswered(round, ip))
}

/** At most `mostMs`, as for one that keeps silent. */
export function windowMs(round: Round, mostMs: number): number {
  return Math.min(mostMs, Math.max(LEAST_WINDOW_MS, (SLOWER * slowestNs(round)) / 1e6))
}
