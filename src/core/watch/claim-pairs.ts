import type { SpeakerClaim, SpeakerMetrics } from '../claims.ts'
import type { ClusterSide } from '../cluster-side.ts'
import type { Ip } from '../ip.ts'
import { againMs, holds } from './needs.ts'

/**
 * What one speaker claims, and what it claimed the time before. Counters tell whether our requests arrive only where a
 * look at the VIP lies between the two, whole: a one-shot has it so by its order, a daemon reads and asks in times of their own.
 */
export interface ClaimPair {
  readonly claim: SpeakerClaim
  readonly atMs: number
  readonly before: SpeakerMetrics | null
  /** VIPs that were asked for in between. */
  readonly between: ReadonlySet<Ip>
}
export type ClaimPairs = ReadonlyMap<string, ClaimPair>

/** One reading of all speakers, and the last look at each VIP that was over when it began. */
export interface ClaimsRead {
  readonly claims: readonly SpeakerClaim[]
  readonly beganMs: number
  readonly endedMs: number
  /** VIP → when its last question began. */
  readonly looks: ReadonlyMap<Ip, number>
}

export function pairsAfter(before: ClaimPairs, { claims, endedMs, looks }: ClaimsRead): ClaimPairs {
  return new Map(
    claims.map((claim) => {
      const last = before.get(claim.node)
      const between = [...looks].filter(([, sinceMs]) => last !== undefined && sinceMs >= last.atMs)
      const pair = {
        claim,
        atMs: endedMs,
        before: metricsIn(last),
        between: new Set(between.map(([vip]) => vip)),
      }
      return [claim.node, pair]
    }),
  )
}

/** Readings that are recent enough to say who lives. */
export function freshClaims(pairs: ClaimPairs, nowMs: number): readonly ClaimPair[] {
  const everyMs = againMs('claims', pairs.size)
  return [...pairs.values()].filter(({ atMs }) => holds(atMs, everyMs, nowMs))
}

/** As the judge wants them for one VIP. */
export function claimsFor(fresh: readonly ClaimPair[], vip: Ip): ClusterSide['claims'] {
  const readable = fresh.flatMap((pair) => {
    const after = metricsIn(pair)
    return after ? [{ ...pair, after }] : []
  })
  const bracketing = readable.flatMap(({ claim: { node }, before, between }) =>
    before && between.has(vip) ? [[node, before] as const] : [],
  )
  return {
    before: new Map(bracketing),
    after: new Map(readable.map(({ claim: { node }, after }) => [node, after])),
  }
}

function metricsIn(pair: ClaimPair | undefined): SpeakerMetrics | null {
  return pair?.claim.reading.kind === 'metrics' ? pair.claim.reading.metrics : null
}
