import { isAnsweredAt, slowestNs, type Round, type Sweep } from './round.ts'

/**
 * How long a sweep still listens once all have answered, for a second one that answers too: several times as long as the
 * slowest first answer took, and never less than this.
 */
const LEAST_WINDOW_MS = 20
const SLOWER = 8

/** The first of `rows` from `from` on that nobody has answered; their number where there is none. */
export function firstSilent(round: Sweep, rows: ArrayLike<number>, from: number): number {
  let next = from
  while (next < rows.length && isAnsweredAt(round, rows[next]!)) next++
  return next
}

export function silentOf(round: Sweep, rows: Int32Array): Int32Array {
  return rows.filter((row) => !isAnsweredAt(round, row))
}

/** At most `mostMs`, as for one that keeps silent. */
export function windowMs(round: Round, mostMs: number): number {
  return Math.min(mostMs, Math.max(LEAST_WINDOW_MS, (SLOWER * slowestNs(round)) / 1e6))
}
