import type { HistogramName, MetricName } from '../core/watch/metric-names.ts'
import type { VipState, WatchState } from '../core/watch/state.ts'

/**
 * The values of one metric, read off the state at each scrape, so that it can neither lag behind it nor outlive a VIP: each
 * with the values of its labels, in the order in which core/watch/metric-names.ts declares them.
 */
export type Samples = (view: View) => readonly Sample[]
export type Sample = readonly [value: number, ...labels: string[]]

/** Every metric but the histograms. */
export type SampledName = Exclude<MetricName, HistogramName>

/** The state at one scrape. */
export interface View {
  readonly state: WatchState
  /** The VIPs within the cap. */
  readonly vips: readonly VipState[]
  /** Those of them that this vantage watches: the others have no row, and no series but who they are. */
  readonly watched: readonly VipState[]
  readonly nowMs: number
  readonly build: Build
}

export interface Build {
  readonly version: string
  readonly revision: string
  readonly runtime: string
}

export function viewOf(state: WatchState, most: number, nowMs: number, build: Build): View {
  const vips = [...state.vips.values()].slice(0, most)
  return { state, vips, watched: vips.filter((vip) => isWatched(vip, state.node)), nowMs, build }
}

/** A host that is no node is nobody's vantage and watches all that it reaches. */
function isWatched({ row, vantages }: VipState, node: string | null): boolean {
  return row !== null || node === null || vantages.includes(node)
}

export function oneOrNone(value: boolean | null, ...labels: string[]): Sample[] {
  return value === null ? [] : [[value ? 1 : 0, ...labels]]
}

export function some(value: number | null, ...labels: string[]): Sample[] {
  return value === null ? [] : [[value, ...labels]]
}

/** Counts by reason, those that may come at 0; the rest, which only a mistake of ours can bring, is bounded all the same. */
export function counts(
  given: ReadonlyMap<string, number>,
  known: readonly string[],
  ...labels: string[]
): Sample[] {
  const names = [...new Set([...known, ...given.keys()])].slice(0, known.length + MOST_REASONS)
  return names.map((name) => [given.get(name) ?? 0, ...labels, name])
}

const MOST_REASONS = 16
