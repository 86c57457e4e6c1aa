import type { Daemon } from './vantages.ts'

/** The daemons that share the work, and since when the API can say so again. */
export interface Fleet {
  readonly daemons: readonly Daemon[]
  /** Monotonic; null: the API was never away, or is away now. */
  readonly backMs: number | null
  readonly away: boolean
}

/** What was read of it just now. */
export interface Sight {
  readonly daemons: readonly Daemon[]
  readonly apiAnswers: boolean
}

/** After an outage of the API its lists fill up again bit by bit: for so long the old ones hold. */
export const FREEZE_MS = 60_000

/**
 * While the API is away, and for a minute after it is back, nobody comes and nobody goes: daemons that all saw less and
 * less of each other would all take over all the work.
 */
export function fleetAfter(before: Fleet | null, { daemons, apiAnswers }: Sight, nowMs: number): Fleet {
  if (!before) return { daemons, backMs: null, away: !apiAnswers }
  if (!apiAnswers) return { daemons: before.daemons, backMs: null, away: true }
  const backMs = before.away ? nowMs : before.backMs
  if (backMs !== null && nowMs - backMs < FREEZE_MS)
    return { daemons: before.daemons.length > 0 ? before.daemons : daemons, backMs, away: false }
  return { daemons, backMs: null, away: false }
}

/** When a frozen fleet is to be looked at again; null: nothing waits. */
export function thawsAtMs({ backMs }: Fleet): number | null {
  return backMs === null ? null : backMs + FREEZE_MS
}
