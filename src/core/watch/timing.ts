import type { Random } from '../random.ts'
import type { Target } from './plan.ts'

/** How long, how soon, how often: all that the schedule does not take from its plan. */

/** Of one burst. */
export const BURST_FRAMES = 3
export const BURST_GAP_MS = 200
/** A speaker announces itself five times within five seconds (metallb announcer.go): one burst at its start, one after. */
export const BURST_PAUSE_MS = 5000
/** What was asked so long before a look still bears on it: whether we hear, whether the node lives. */
export const LOOK_REACH_MS = 5000
/** Listening ends on this grid, so that many questions share one wake-up. */
const GRID_MS = 250
/** How long a reply is waited for. */
export const TIMEOUT_MS = 1000

/** A sweep comes early by chance, so that daemons drift apart, and early enough to wait its turn. */
const EARLIEST = 0.74
const LATEST = 0.82
/** So there are more sweeps than the interval says, by this factor; and more questions in between. */
export const SWEEP_HASTE = 2 / (EARLIEST + LATEST)
export const UNICAST_HASTE = 2 / (0.9 + 1)

export function nextSweepMs({ sweepMs }: Target, nowMs: number, random: Random): number {
  return nowMs + sweepMs * (EARLIEST + random.next() * (LATEST - EARLIEST))
}

export function nextUnicastMs({ unicastMs }: Target, nowMs: number, random: Random): number {
  return unicastMs === null ? Infinity : nowMs + unicastMs * jitter(random)
}

export function listenUntilMs(nowMs: number): number {
  return Math.ceil((nowMs + TIMEOUT_MS) / GRID_MS) * GRID_MS
}

function jitter(random: Random): number {
  return 0.9 + random.next() * 0.1
}
