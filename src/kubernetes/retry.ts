import type { Random } from '../core/random.ts'
import type { Problem } from './problem.ts'

/** How one list-and-watch ended. */
export interface Ending {
  /** Null: the server ended the watch as agreed. */
  readonly problem: Problem | null
  /** How long the watch had stood. */
  readonly livedMs: number
  /** It told us something that we did not know. */
  readonly progressed: boolean
  /** Another way of asking (an older API version, no selector) has not been tried yet. */
  readonly otherVariant: boolean
  readonly wide: boolean
  /** There were objects until a moment ago: API servers up to v1.22 answer 404 while they start. */
  readonly wasThere: boolean
}

/** The ending of a read that is no watch. */
export function readFailed(problem: Problem): Ending {
  return { problem, livedMs: 0, progressed: false, otherVariant: false, wide: false, wasThere: false }
}

/** What to do next. */
export interface Step {
  readonly waitMs: number
  /** Why everything has to be listed again; null to go on with the watch. */
  readonly relist: RelistReason | null
  readonly nextVariant: boolean
  readonly health: 'same' | 'denied' | 'absent' | 'lost'
  /** Failures in a row, to hand in next time. */
  readonly failures: number
}

export const RELIST_REASONS = ['expired', 'garbage', 'variant', 'polled', 'age'] as const
export type RelistReason = (typeof RELIST_REASONS)[number]

const FIRST_MS = 800
const MOST_MS = 30_000
/** A watch that stood so long was a good one. */
const GOOD_MS = 10_000
/** For what only a person changes: a permission, a CRD. */
const SLOW_MS = 60_000
/** A restarted API server answers every watch with 410: a whole cluster's daemons would list at once. */
const HERD_MS = 5000

/** Decides how to go on. Full jitter: any wait up to the limit, so that many clients do not come back together. */
export function nextStep(ending: Ending, failuresBefore: number, random: Random): Step {
  const good = ending.livedMs >= GOOD_MS || ending.progressed
  const failures = good ? 0 : failuresBefore
  const jitter = backoffMs(failures, random)
  const retry: Step = {
    waitMs: jitter,
    relist: null,
    nextVariant: false,
    health: 'same',
    failures: failures + 1,
  }
  const { problem } = ending
  if (problem === null) return ending.livedMs >= GOOD_MS ? { ...retry, waitMs: 0, failures: 0 } : retry
  if (problem.kind === 'garbage') return { ...retry, relist: 'garbage', health: 'lost' }
  if (problem.kind !== 'status') return { ...retry, health: 'lost' }
  const { code, retryAfterMs } = problem.status
  if ((code === 400 || code === 404 || (code === 403 && ending.wide)) && ending.otherVariant)
    return { ...retry, waitMs: 0, relist: 'variant', nextVariant: true }
  if (code === 403)
    return { ...retry, waitMs: slowMs(random), relist: 'polled', health: 'denied', failures: 0 }
  if (code === 404 && ending.wasThere) return { ...retry, relist: 'polled', health: 'lost' }
  if (code === 404)
    return { ...retry, waitMs: slowMs(random), relist: 'polled', health: 'absent', failures: 0 }
  if (code === 410)
    return {
      ...retry,
      waitMs: failures === 0 ? random.below(HERD_MS) : jitter,
      relist: 'expired',
      health: 'lost',
    }
  return { ...retry, waitMs: (retryAfterMs ?? 0) + jitter, health: 'lost' }
}

function backoffMs(failures: number, random: Random): number {
  return Math.floor(random.next() * Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(failures, 10)))
}

function slowMs(random: Random): number {
  return Math.round(SLOW_MS * (0.8 + 0.4 * random.next()))
}
