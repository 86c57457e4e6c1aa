import type { NicRecord } from '../cluster.ts'
import { contains, type Ip, type Prefix } from '../ip.ts'
import { recordOf, segmentsOf } from '../nics.ts'
import { firstRanked, ranked } from './rendezvous.ts'

/** Which nodes watch which VIP. A pure function of what all daemons read alike, so that each computes the whole. */

/** A daemon that lives: its node, and the segments that it hears. */
export interface Daemon {
  readonly node: string
  readonly segments: readonly Prefix[]
}

/** One VIP, as far as it decides who may watch it. */
export interface Place {
  readonly vip: Ip
  /** Nodes that may answer: none of them can hear itself. */
  readonly answerers: readonly string[]
  /** Where it lies. */
  readonly segments: readonly Prefix[]
}

/** How many watch one VIP. */
export type Vantages = number | 'all'

export interface Watch {
  /** Nodes that watch it, in the order of their rank. */
  readonly vantages: readonly string[]
  /** Why nobody can: the cluster has one daemon alone, none hears the segment, or only those that answer do. */
  readonly untestable: null | 'one-node' | 'off-segment' | 'answerers-only'
}

export type Assignment = ReadonlyMap<Ip, Watch>

/** Nodes whose daemon is Ready and has written down its NICs. */
export function daemonsOf(ready: readonly string[], records: readonly NicRecord[]): Daemon[] {
  return [...new Set(ready)].flatMap((node) => {
    const record = recordOf(records, node)
    return record ? [{ node, segments: segmentsOf(record) }] : []
  })
}

/** The segments of any daemon that hold the address, each once. */
export function segmentsHolding(vip: Ip, daemons: readonly Daemon[]): Prefix[] {
  return segmentsHeard(daemons).filter((segment) => contains(segment, vip))
}

/** What any daemon hears, each segment once. */
export function segmentsHeard(daemons: readonly Daemon[]): Prefix[] {
  const all = new Map(daemons.flatMap(({ segments }) => segments.map((one) => [keyOf(one), one])))
  return [...all.values()]
}

/** For each VIP the first `count` in its own order, of those that hear its segment and are not to answer. */
export function assign(daemons: readonly Daemon[], places: readonly Place[], count: Vantages): Assignment {
  const hearing = new Map<string, readonly string[]>()
  return new Map(
    places.map((place) => {
      const key = place.segments.map(keyOf).join()
      const near = hearing.get(key) ?? nodesOn(daemons, place.segments)
      hearing.set(key, near)
      return [place.vip, watchOf(place, near, daemons.length, count)]
    }),
  )
}

/** The places that this daemon watches. */
export function watchedBy(me: string, assignment: Assignment, places: readonly Place[]): Place[] {
  return places.filter(({ vip }) => assignment.get(vip)?.vantages.includes(me))
}

/** A daemon on a host that is no node: nobody counts on it, and it watches whatever it can hear. */
export function assignOutside(outsider: Daemon, places: readonly Place[]): Assignment {
  return assign([outsider], places, 'all')
}

function watchOf({ vip, answerers }: Place, near: readonly string[], size: number, count: Vantages): Watch {
  const vantages =
    count === 'all'
      ? ranked(
          near.filter((node) => !answerers.includes(node)),
          vip,
        )
      : firstRanked(near, vip, count, answerers)
  if (vantages.length > 0) return { vantages, untestable: null }
  if (near.length === 0) return { vantages, untestable: 'off-segment' }
  return { vantages, untestable: size === 1 ? 'one-node' : 'answerers-only' }
}

/** Nodes with an address in one of these networks, however wide either side takes them to be. */
function nodesOn(daemons: readonly Daemon[], segments: readonly Prefix[]): string[] {
  const overlaps = (a: Prefix, b: Prefix): boolean => contains(a, b.base) || contains(b, a.base)
  return daemons
    .filter((daemon) => daemon.segments.some((own) => segments.some((segment) => overlaps(own, segment))))
    .map(({ node }) => node)
}

function keyOf({ base, bits }: Prefix): string {
  return `${base}/${bits}`
}
