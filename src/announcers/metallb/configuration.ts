import type {
  BgpAdvertisement,
  ClusterSnapshot,
  IpAddressPool,
  L2Advertisement,
  Node,
} from '../../core/cluster.ts'
import type { Ip } from '../../core/ip.ts'
import { inRange, parseRange, type Range } from './ranges.ts'
import { matches, matchesAny } from './selectors.ts'

/** MetalLB's resources as its speakers use them (internal/config/config.go: For). */
export interface Configuration {
  readonly pools: readonly Pool[]
}

export interface Pool {
  readonly name: string
  readonly ranges: readonly Range[]
  readonly l2: readonly Advertisement[]
  /** Names of the BGPAdvertisements that hold it. */
  readonly bgp: readonly string[]
}

/** An L2Advertisement with its selectors applied to the Nodes. */
export interface Advertisement {
  readonly name: string
  readonly nodes: ReadonlySet<string>
  /** `all`, or the names given (spec.interfaces). */
  readonly interfaces: 'all' | readonly string[]
  readonly serviceSelectors: L2Advertisement['serviceSelectors']
  /** Sum of the weights that prefer a node; only nodes above 0. */
  readonly scores: ReadonlyMap<string, number>
}

export function configurationOf(cluster: ClusterSnapshot): Configuration {
  const advertisements = byName(cluster.l2Advertisements).map((source) => ({
    source,
    advertisement: advertisementOf(source, cluster.nodes),
  }))
  const pools = byName(cluster.pools).map((pool) => ({
    name: pool.name,
    ranges: pool.addresses.map(parseRange).filter((range) => range !== undefined),
    l2: advertisements
      .filter(({ source }) => selects(source, pool))
      .map(({ advertisement }) => advertisement),
    bgp: byName(cluster.bgpAdvertisements)
      .filter((source) => selects(source, pool))
      .map(({ name }) => name),
  }))
  return { pools }
}

/**
 * The pool that holds every one of the addresses (speaker/main.go: poolFor). By containment alone: the annotation
 * that names a pool may be years old.
 */
export function poolFor(pools: readonly Pool[], ips: readonly Ip[]): Pool | undefined {
  return pools.find((pool) => ips.every((ip) => holds(pool, ip)))
}

export function holds({ ranges }: Pool, ip: Ip): boolean {
  return ranges.some((range) => inRange(range, ip))
}

/** So that no answer depends on the order in which the API lists. */
export function byName<T extends { readonly name: string }>(list: readonly T[]): T[] {
  return list.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
}

/** Both lists empty: every pool. A list that matches nothing: no pool (setL2AdvertisementsToPools). */
function selects(ad: L2Advertisement | BgpAdvertisement, pool: IpAddressPool): boolean {
  if (ad.ipAddressPools.length === 0 && ad.ipAddressPoolSelectors.length === 0) return true
  return ad.ipAddressPools.includes(pool.name) || matchesAny(ad.ipAddressPoolSelectors, pool.labels)
}

/** No node selector: every Node that exists. A deleted Node is in no set, however long memberlist remembers it. */
function advertisementOf(ad: L2Advertisement, nodes: readonly Node[]): Advertisement {
  const all = ad.nodeSelectors.length === 0
  const selected = nodes.filter((node) => all || matchesAny(ad.nodeSelectors, node.labels))
  const scores = selected.map((node) => [node.name, scoreOf(ad, node)] as const)
  return {
    name: ad.name,
    nodes: new Set(selected.map(({ name }) => name)),
    interfaces: ad.interfaces.length === 0 ? 'all' : ad.interfaces,
    serviceSelectors: ad.serviceSelectors,
    scores: new Map(scores.filter(([, score]) => score > 0)),
  }
}

/** Weights of all preferences that match (internal/config/config.go: preferredNodeScores). */
function scoreOf({ preferredNodeSelectors }: L2Advertisement, { labels }: Node): number {
  return preferredNodeSelectors
    .filter(({ preference }) => matches(preference, labels))
    .reduce((sum, { weight }) => sum + weight, 0)
}
