import type { ClusterSnapshot, DaemonPod, EpochMs, Input } from '../cluster.ts'
import { daemonsOf, type Daemon } from './vantages.ts'

/** The daemons that share the work, and since when the API can say so again. */
export interface Fleet {
  readonly daemons: readonly Daemon[]
  /** By what they count as alive. */
  readonly by: Sight['by']
  /** Nodes that are Ready and whose NICs are written down. */
  readonly recorded: readonly string[]
  /** Monotonic; null: the API was never away, or is away now. */
  readonly backMs: number | null
  readonly away: boolean
  /** When it is to be looked at again though nothing is told; null: nothing waits. */
  readonly dueMs: number | null
}

/** What was read of it just now. */
export interface Sight {
  readonly daemons: readonly Daemon[]
  /** `records`: their Pods cannot tell. */
  readonly by: 'pods' | 'records'
  readonly recorded: readonly string[]
  readonly apiAnswers: boolean
  /** Until the first that only restarts so far has done so for too long; null: none does. */
  readonly turnsInMs: number | null
}

/** After an outage of the API its lists fill up again bit by bit: for so long the old ones hold. */
export const FREEZE_MS = 60_000
/**
 * A Pod that is not Ready for less may only restart. All that restart at once go on counting each other, so that none
 * takes the budget for its own.
 */
export const RESTART_MS = 30_000
/** Older lists say nothing about who lives; a quiet one is said to be complete once a minute, where HTTP/1.1 has no PING. */
const FRESH_MS = 75_000

/** A daemon lives while its Node and its Pod are Ready and its record is there. */
export function sightOf({ nodes, nicRecords, daemonPods, inputs, takenAt }: ClusterSnapshot): Sight {
  const ready = nodes.filter((node) => node.ready?.status === 'True').map(({ name }) => name)
  const recorded = daemonsOf(ready, nicRecords)
  const restarting = daemonPods.flatMap((pod) => restartOf(pod, takenAt) ?? [])
  const alive = new Set([...daemonPods.filter(isReady), ...restarting].map(({ node }) => node))
  const tells = inputs.daemonPods.readable === 'yes' && daemonPods.length > 0
  // all of them not Ready is no word on any of them: whoever sends frames is Ready
  const isTold = tells && daemonPods.some(isReady)
  return {
    daemons: isTold ? recorded.filter(({ node }) => alive.has(node)) : recorded,
    by: tells ? 'pods' : 'records',
    recorded: recorded.map(({ node }) => node),
    apiAnswers: [inputs.nodes, inputs.nicRecords, inputs.daemonPods].every(isFresh),
    turnsInMs: isTold && restarting.length > 0 ? Math.min(...restarting.map(({ forMs }) => forMs)) : null,
  }
}

function isReady({ ready }: DaemonPod): boolean {
  return ready?.status === 'True'
}

/** For how long it may go on; null: it is Ready, or has been away too long, or by a clock that cannot be right. */
function restartOf(pod: DaemonPod, nowAt: EpochMs): { readonly node: string; readonly forMs: number } | null {
  const sinceMs = nowAt - (pod.ready?.since ?? pod.createdAt ?? -Infinity)
  if (isReady(pod) || Math.abs(sinceMs) >= RESTART_MS) return null
  return { node: pod.node, forMs: RESTART_MS - sinceMs }
}

/** What cannot be read at all says nothing of the API. */
function isFresh({ readable, ageMs }: Input): boolean {
  return readable !== 'yes' || (ageMs !== null && ageMs < FRESH_MS)
}

/**
 * While the API is away, and for a minute after it is back, nobody comes and nobody goes: daemons that all saw less and
 * less of each other would all take over all the work.
 */
export function fleetAfter(before: Fleet | null, sight: Sight, nowMs: number): Fleet {
  const now = seen(sight, nowMs)
  if (!before) return { ...now, away: !sight.apiAnswers }
  if (!sight.apiAnswers) return { ...before, backMs: null, away: true, dueMs: null }
  const backMs = before.away ? nowMs : before.backMs
  if (backMs === null || nowMs - backMs >= FREEZE_MS) return now
  const kept = before.daemons.length > 0 ? before : now
  return { ...kept, backMs, away: false, dueMs: backMs + FREEZE_MS }
}

function seen({ daemons, by, recorded, turnsInMs }: Sight, nowMs: number): Fleet {
  const dueMs = turnsInMs === null ? null : nowMs + turnsInMs
  return { daemons, by, recorded, backMs: null, away: false, dueMs }
}
