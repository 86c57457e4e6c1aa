import { compareIps, type Ip } from './ip.ts'
import type { Run } from './assemble.ts'
import type { Finding } from './findings.ts'
import type { FrameCounts, VipReport } from './report.ts'
import { hasSettled } from './sentences-settling.ts'
import type { Held } from './settle.ts'

/** Asking again for what has not settled, and laying the second look over the first. Times are monotonic, in ms. */

/** When the hold-down of a deviation is over, which began when it was first seen. */
export interface Deadline {
  readonly atMs: number
  readonly moved: boolean
}
export type Deadlines = ReadonlyMap<Ip, Deadline>

/** A deadline stays what it was: churn cannot move it. One that is gone starts anew if its VIP deviates again. */
export function deadlinesAfter(
  before: Deadlines,
  unsettled: ReadonlyMap<Ip, Held>,
  nowMs: number,
): Deadlines {
  const after = ([vip, { leftMs, moved }]: [Ip, Held]): [Ip, Deadline] => [
    vip,
    { atMs: Math.min(before.get(vip)?.atMs ?? Infinity, nowMs + leftMs), moved },
  ]
  return new Map([...unsettled].map(after))
}

export function heldAt(deadline: Deadline | undefined, nowMs: number): Held | null {
  return deadline ? { leftMs: Math.max(0, deadline.atMs - nowMs), moved: deadline.moved } : null
}

/** VIPs to ask for again, and for how long at most; null: all that can settle has. */
export function waitFor(deadlines: Deadlines, nowMs: number): { vips: Ip[]; forMs: number } | null {
  const open = [...deadlines].filter(([, { atMs }]) => atMs > nowMs)
  if (open.length === 0) return null
  const vips = open.map(([vip]) => vip).toSorted(compareIps)
  return { vips, forMs: Math.max(...open.map(([, { atMs }]) => atMs)) - nowMs }
}

/** What one look found; its findings by what they are about, so that a narrower look leaves the others alone. */
export interface Part extends Omit<Run, 'startedAt' | 'durationMs' | 'findings'> {
  readonly byInterface: ReadonlyMap<string, readonly Finding[]>
  readonly aboutCluster: readonly Finding[]
}

export function findingsOf({ byInterface, aboutCluster }: Part): Finding[] {
  return [...[...byInterface.values()].flat(), ...aboutCluster]
}

/** The newer look's rows replace the older ones; frames add up; what is about the whole is the newer look's. */
export function overlaid(older: Part, newer: Part): Part {
  const key = (row: { readonly vip: Ip; readonly interface: string | null }): string =>
    `${row.vip} ${row.interface}`
  const rows = new Map(older.vips.map((row) => [key(row), row]))
  for (const row of newer.vips)
    if (rows.has(key(row))) rows.set(key(row), settledRow(rows.get(key(row))!, row))
  const place = ({ ip, interface: name, kind }: Part['canaries'][number]): string => `${ip} ${name} ${kind}`
  const canaries = new Map([...older.canaries, ...newer.canaries].map((canary) => [place(canary), canary]))
  return {
    ...newer,
    vantage: older.vantage,
    // a look that was cut short knows less
    metallb: newer.vips.length > 0 ? newer.metallb : older.metallb,
    vips: [...rows.values()],
    byInterface: new Map([...older.byInterface, ...newer.byInterface]),
    canaries: [...canaries.values()],
    frames: added(older.frames, newer.frames),
  }
}

/** A row that deviated and is as it should be now says so. */
function settledRow(before: VipReport, after: VipReport): VipReport {
  const hasEnded =
    before.verdict === 'settling' &&
    (after.verdict === 'ok' || after.verdict === 'idle' || after.verdict === 'self')
  return hasEnded ? { ...after, findings: [...after.findings, hasSettled(after.vip)] } : after
}

function added(a: FrameCounts, b: FrameCounts): FrameCounts {
  const reasons = new Set([...Object.keys(a.ignored), ...Object.keys(b.ignored)])
  const both = (x: number | null, y: number | null): number | null =>
    x === null || y === null ? null : x + y
  return {
    sent: a.sent + b.sent,
    received: a.received + b.received,
    kernelDrops: both(a.kernelDrops, b.kernelDrops),
    ringDrops: both(a.ringDrops, b.ringDrops),
    ignored: Object.fromEntries(
      [...reasons].map((reason) => [reason, (a.ignored[reason] ?? 0) + (b.ignored[reason] ?? 0)]),
    ),
  }
}
