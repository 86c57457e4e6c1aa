import type { Evidence, Vip } from './announcers/announcer.ts'
import { contenders, metallb } from './announcers/metallb/metallb.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import { differsInAgesAlone, type ClusterSnapshot } from './core/cluster.ts'
import { suspectsOf, type ClusterExpectation } from './core/expectation.ts'
import type { HostFacts } from './core/host.ts'
import { contains, isIpv4, prefixOf, type Ip, type Prefix } from './core/ip.ts'
import { planVantages, type Vantage } from './core/vantage.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import { fleetAfter, sightOf, type Fleet } from './core/watch/fleet.ts'
import {
  assign,
  assignOutside,
  segmentsHeard,
  watchedBy,
  type Assignment,
  type Daemon,
  type Place,
} from './core/watch/vantages.ts'
import { evidenceOf, MAX_AGE_MS, type Look } from './elected.ts'
import { ELECTING } from './daemon-cluster.ts'
import { viewIntervalMs } from './daemon-speakers.ts'

/** Who watches what, as every daemon computes it, and what of that is ours. */
export interface Work {
  /** This daemon in the assignment: its node, or the host's name. */
  readonly me: string
  readonly isNode: boolean
  readonly vips: ReadonlyMap<Ip, Vip>
  readonly places: readonly Place[]
  readonly placeOf: ReadonlyMap<Ip, Place>
  readonly assignment: Assignment
  /** VIPs that it gives us. */
  readonly mine: readonly Ip[]
  readonly fleet: Fleet
  /** VIPs that this node should answer for itself: never asked for, heard all the same. */
  readonly own: ReadonlySet<Ip>
  /** What it was made of. */
  readonly of: Pick<Ground, 'config' | 'facts' | 'look'>
  /** Interfaces that we ask from, or listen on, with our VIPs; each VIP on one of them alone. */
  readonly vantages: readonly Vantage[]
  /** Speakers whose views bear on our VIPs, and how often each is asked. */
  readonly speakers: ReadonlyMap<string, number>
}

export interface Ground {
  readonly config: DaemonConfig
  readonly facts: HostFacts
  readonly look: Look
  readonly side: ClusterSide
  /** What was made before: of it is kept what did not change. */
  readonly before: Work | null
  readonly nowMs: number
}

/** The best of them, whoever is a member: their views decide. */
const CONTENDERS = 3

export function workOf(ground: Ground): Work {
  const { config, facts, look, side, before } = ground
  const me = config.node ?? side.ownNode ?? facts.hostname
  const fleet = fleetOf(ground, me)
  const of = { config, facts, look }
  const shared = before && isAsBefore(before, ground, fleet) ? before : sharedOf(ground, me, fleet)
  const own = ownOf(shared.places, me, side)
  if (shared === before && isSameSet(own, before.own)) return { ...before, fleet, of }
  const vantages = vantagesOf([...shared.mine, ...own], config.interfaces, facts)
  return { ...shared, fleet, of, own, vantages }
}

type Shared = Omit<Work, 'fleet' | 'of' | 'own' | 'vantages'>

/** What all daemons compute alike, and what of it is ours. */
function sharedOf({ config, facts, look, before }: Ground, me: string, fleet: Fleet): Shared {
  const vips = vipsOf(look.cluster, config)
  const host: Daemon = { node: me, segments: segmentsOfHost(facts) }
  const isNode = config.node !== null
  const places = placesOf(vips, look, isNode ? fleet.daemons : [host], before)
  const assignment = isNode ? assigned(fleet.daemons, places, config, before) : assignOutside(host, places)
  const mine = watchedBy(me, assignment, places).map(({ vip }) => vip)
  const asksNobody = config.memberlist === 'off' || config.passive
  const speakers = asksNobody ? new Map<string, number>() : speakersOf(vips, assignment, mine, look.cluster)
  const placeOf = new Map(places.map((place) => [place.vip, place]))
  return { me, isNode, vips, places, placeOf, assignment, mine, speakers }
}

function isSameSet(a: ReadonlySet<Ip>, b: ReadonlySet<Ip>): boolean {
  return a.size === b.size && [...a].every((one) => b.has(one))
}

/** Nothing changed but ages, and none of those is past what an election takes. */
function isAsBefore(
  { of, fleet: { daemons } }: Work,
  { config, facts, look }: Ground,
  fleet: Fleet,
): boolean {
  return (
    of.config === config &&
    of.facts === facts &&
    differsInAgesAlone(of.look.cluster, look.cluster) &&
    oldOf(of.look) === oldOf(look) &&
    isSameJson(daemons, fleet.daemons)
  )
}

/** Inputs that decide nothing any more. */
function oldOf({ cluster: { inputs } }: Look): string {
  return ELECTING.filter((name) => (inputs[name].ageMs ?? Infinity) > MAX_AGE_MS).join()
}

export function isSameJson(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function placesOf(
  vips: Work['vips'],
  look: Look,
  hearing: readonly Daemon[],
  before: Work | null,
): readonly Place[] {
  const evidence = evidenceOf({ ...look, views: null }, new Set())
  const heard = segmentsHeard(hearing)
  return [...vips.values()].map((vip) => {
    const place = placed(vip, look.cluster, evidence, heard)
    const old = before?.placeOf.get(vip.ip)
    return old && isSamePlace(old, place) ? old : place
  })
}

function isSamePlace(a: Place, b: Place): boolean {
  return (
    a.answerers.length === b.answerers.length &&
    a.segments.length === b.segments.length &&
    a.answerers.every((node, i) => node === b.answerers[i]) &&
    a.segments.every(({ base, bits }, i) => base === b.segments[i]!.base && bits === b.segments[i]!.bits)
  )
}

/** While the daemons stay only what moved is assigned anew. */
function assigned(
  daemons: readonly Daemon[],
  places: readonly Place[],
  { vantages }: DaemonConfig,
  before: Work | null,
): Assignment {
  const isSame = before?.isNode && before.of.config.vantages === vantages
  if (!isSame || !isSameJson(before.fleet.daemons, daemons)) return assign(daemons, places, vantages)
  const moved = places.filter((place) => before.placeOf.get(place.vip) !== place)
  const fresh = assign(daemons, moved, vantages)
  return new Map(places.map(({ vip }) => [vip, fresh.get(vip) ?? before.assignment.get(vip)!]))
}

function vipsOf(cluster: ClusterSnapshot, { namespaces }: DaemonConfig): ReadonlyMap<Ip, Vip> {
  const isWanted = ({ holders }: Vip): boolean =>
    namespaces.length === 0 || holders.some(({ service }) => namespaces.includes(service.namespace))
  return new Map(
    metallb
      .vips(cluster)
      .vips.filter(isWanted)
      .map((vip) => [vip.ip, vip]),
  )
}

/** Ours lives because we are here, whatever the API says of it. */
function fleetOf({ look, facts, config, before, nowMs }: Ground, me: string): Fleet {
  const sight = sightOf(look.cluster)
  const others = sight.daemons.filter(({ node }) => node !== me)
  const own = config.node === null ? [] : [{ node: me, segments: segmentsOfHost(facts) }]
  return fleetAfter(before?.fleet ?? null, { ...sight, daemons: [...others, ...own] }, nowMs)
}

function segmentsOfHost({ links }: HostFacts): Daemon['segments'] {
  const usable = links.filter(({ ethernet, loopback, up, carrier }) => ethernet && !loopback && up && carrier)
  return usable
    .flatMap(({ addresses }) => addresses)
    .filter(({ ip }) => isIpv4(ip))
    .map(({ ip, bits }) => prefixOf(ip, bits))
}

/** By the API alone, which all daemons read alike: the views that they read differ. */
function placed(vip: Vip, cluster: ClusterSnapshot, evidence: Evidence, heard: readonly Prefix[]): Place {
  const elected = metallb.elect(vip, cluster, evidence)
  return { vip: vip.ip, answerers: nodesIn(elected), segments: heard.filter((one) => contains(one, vip.ip)) }
}

/** Where the views that were read say so for sure, of those that the API alone leaves possible. */
function ownOf(places: readonly Place[], me: string, side: ClusterSide): ReadonlySet<Ip> {
  const isOwn = (vip: Ip): boolean => {
    const elected = side.expect(vip, new Set())?.elected
    return elected?.kind === 'somebody' && elected.answerers.includes(me)
  }
  const possible = places.filter(({ answerers }) => answerers.includes(me)).map(({ vip }) => vip)
  return new Set(possible.filter(isOwn))
}

export function nodesIn(elected: ClusterExpectation): readonly string[] {
  if (elected.kind !== 'somebody') return []
  return [...new Set([...suspectsOf(elected), ...elected.possible])]
}

/** An interface that was named and is down asks for nothing until it is up again; the others go on. */
function vantagesOf(mine: readonly Ip[], named: readonly string[], facts: HostFacts): Vantage[] {
  const usable = named.filter((name) => !('code' in planVantages(mine, [name], facts)))
  if (named.length > 0 && usable.length === 0) return []
  const plan = planVantages(mine, usable, facts)
  if ('code' in plan) return []
  const taken = new Set<Ip>()
  return plan.vantages.map((vantage) => {
    const vips = vantage.vips.filter((vip) => !taken.has(vip))
    for (const vip of vips) taken.add(vip)
    return { ...vantage, vips }
  })
}

function speakersOf(
  vips: ReadonlyMap<Ip, Vip>,
  assignment: Assignment,
  mine: readonly Ip[],
  cluster: ClusterSnapshot,
): ReadonlyMap<string, number> {
  const readers = new Map<string, Set<string>>()
  for (const [ip, vip] of vips)
    for (const node of contenders(vip, cluster, CONTENDERS)) {
      const all = readers.get(node) ?? new Set<string>()
      for (const daemon of assignment.get(ip)!.vantages) all.add(daemon)
      readers.set(node, all)
    }
  const ours = new Set(mine.flatMap((ip) => contenders(vips.get(ip)!, cluster, CONTENDERS)))
  return new Map([...ours].map((node) => [node, viewIntervalMs(readers.get(node)!.size)]))
}
