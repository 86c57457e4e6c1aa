import type { Finding } from '../findings.ts'
import type { Ip } from '../ip.ts'
import { flapping, movedUnannounced, slowFailover } from '../sentences-history.ts'
import type { VerdictName } from '../verdict.ts'
import type { History } from './history.ts'
import { ANNOUNCED_WITHIN_MS } from './moves.ts'
import type { Observation } from './state.ts'

/** A drain and its end are two changes, and so is a reboot: twice that much is no maintenance. */
const FLAPS = 4
const FLAP_WINDOW_MS = 600_000
/** How long a change is told of. */
const TOLD_MS = 600_000

export interface Bounds {
  readonly nowMs: number
  /** The announcer's own bound of a fail-over; null: nothing fails over. */
  readonly failoverMaxMs: number | null
}

/** ARP203, ARP501 and ARP502: what only somebody who was there can know. */
export function historyFindings(vip: Ip, { changes }: History, { nowMs, failoverMaxMs }: Bounds): Finding[] {
  const recent = changes.filter(({ at }) => nowMs - at.ms < FLAP_WINDOW_MS)
  const last = changes.at(-1)
  const agoMs = last ? nowMs - last.at.ms : Infinity
  const isTold = last !== undefined && agoMs < TOLD_MS
  const isUnannounced = isTold && last.announced === false && agoMs > ANNOUNCED_WITHIN_MS
  const isSlow = isTold && failoverMaxMs !== null && last.silentMs > failoverMaxMs
  return [
    ...(isUnannounced ? [movedUnannounced(vip, last, agoMs)] : []),
    ...(recent.length >= FLAPS ? [flapping(vip, recent, nowMs)] : []),
    ...(isSlow ? [slowFailover(vip, last, { agoMs, failoverMaxMs })] : []),
  ]
}

/** The outage of an owner change that this step has seen. */
export function outageBetween(before: History, after: History): Observation[] {
  const change = after.ownerChanges > before.ownerChanges ? after.changes.at(-1) : undefined
  return change ? [{ what: 'outage', seconds: change.outageMs / 1000 }] : []
}

/** From the first look that was not as it should be to the verdict that says so. */
export function detectionOf(
  { deviatesSinceMs }: History,
  verdict: VerdictName,
  nowMs: number,
): Observation[] {
  if (deviatesSinceMs === null) return []
  return [{ what: 'detection', verdict, seconds: (nowMs - deviatesSinceMs) / 1000 }]
}
