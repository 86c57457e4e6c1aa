import type { History } from './history.ts'
import type { Moment } from './passive.ts'

/** An owner that changed: when, for how long nobody answered, and whether the new one said so. */

/** Who was heard for it lately. */
export interface Claim {
  readonly who: string
  readonly first: Moment
  readonly last: Moment
  readonly announcedMs: number | null
}

export interface OwnerChange {
  /** The first sign of the new owner. */
  readonly at: Moment
  readonly from: string
  readonly to: string
  /** How long the old one had it. */
  readonly heldMs: number
  /** From the last sign of the old owner to the first of the new: no less than was out, and up to one interval more. */
  readonly outageMs: number
  /** From the first question that nobody answered on: at least so long nobody did. */
  readonly silentMs: number
  /** A gratuitous ARP of the new owner was heard; null: frames were lost then, so that nobody knows. */
  readonly announced: boolean | null
}

/** One look that is over. */
export interface Look {
  /** When the first question left, and when the listening ended. */
  readonly sinceMs: number
  readonly atMs: number
  /** Nodes, or MACs of nobody's. */
  readonly answerers: readonly string[]
  /** As it should be: what the judge says. */
  readonly isGood: boolean
  /** Frames may have been lost since the look before. */
  readonly isLossy: boolean
}

/** A new owner announces for 5 s (metallb internal/layer2/announcer.go); what has not come a second later does not come. */
export const ANNOUNCED_WITHIN_MS = 6000

export function changeTo(to: string, at: Moment, history: History, { isLossy }: Look): OwnerChange {
  const { owner, claims, silentSinceMs } = history
  const last = claims.find(({ who }) => who === owner!.who)?.last
  const isAnnounced = claims.some(({ who, announcedMs }) => who === to && announcedMs !== null)
  return {
    at,
    from: owner!.who,
    to,
    heldMs: at.ms - owner!.sinceMs,
    outageMs: last ? Math.max(0, betweenMs(last, at)) : 0,
    silentMs: silentSinceMs === null ? 0 : Math.max(0, at.ms - silentSinceMs),
    announced: isAnnounced ? true : isLossy ? null : false,
  }
}

/** By the kernel's stamps where both have one: when we took a frame depends on how busy we were. */
function betweenMs(from: Moment, to: Moment): number {
  if (from.ns === null || to.ns === null) return to.ms - from.ms
  return Number(to.ns - from.ns) / 1e6
}

/** The announcement may come after the first answer. */
export function announcedLate(
  changes: readonly OwnerChange[],
  who: string,
  atMs: number,
): readonly OwnerChange[] {
  const last = changes.at(-1)
  if (!last || last.to !== who || atMs - last.at.ms > ANNOUNCED_WITHIN_MS) return changes
  return [...changes.slice(0, -1), { ...last, announced: true }]
}
