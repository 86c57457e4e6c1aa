import type { Vip } from './announcers/announcer.ts'
import { contenders, metallb } from './announcers/metallb/metallb.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import type { ClusterSnapshot } from './core/cluster.ts'
import { suspectsOf, type ClusterExpectation } from './core/expectation.ts'
import type { HostFacts } from './core/host.ts'
import { contains, isIpv4, prefixOf, type Ip, type Prefix } from './core/ip.ts'
import type { MacMap } from './core/macs.ts'
import { isOnLink, planVantages, type Vantage } from './core/vantage.ts'
import { outsideTempo, type Tempo } from './core/watch/budget.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import { fleetAfter, sightOf, type Fleet } from './core/watch/fleet.ts'
import { planOf, type Plan, type Target } from './core/watch/plan.ts'
import {
  assign,
  assignOutside,
  segmentsHeard,
  type Assignment,
  type Daemon,
  type Place,
} from './core/watch/vantages.ts'
import { evidenceOf, type Look } from './elected.ts'
import { viewIntervalMs } from './daemon-cluster.ts'

/** Who watches what, as every daemon computes it, and what of that is ours. */
export interface Work {
  /** This daemon in the assignment: its node, or the host's name. */
  readonly me: string
  readonly isNode: boolean
  readonly vips: ReadonlyMap<Ip, Vip>
  readonly places: readonly Place[]
  readonly assignment: Assignment
  readonly fleet: Fleet
  /** VIPs that this node should answer for itself: never asked for, heard all the same. */
  readonly own: ReadonlySet<Ip>
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
  readonly fleet: Fleet | null
  readonly nowMs: number
}

/** The best of them, whoever is a member: their views decide. */
const CONTENDERS = 3

export function workOf(ground: Ground): Work {
  const { config, facts, look, side } = ground
  const me = config.node ?? side.ownNode ?? facts.hostname
  const vips = vipsOf(look.cluster, config)
  const fleet = fleetOf(ground, me)
  const own: Daemon = { node: me, segments: segmentsOfHost(facts) }
  const isNode = config.node !== null
  const hearing = isNode ? fleet.daemons : [own]
  const heard = segmentsHeard(hearing)
  const places = [...vips.values()].map((vip) => placeOf(vip, look, heard))
  const assignment = isNode ? assign(fleet.daemons, places, config.vantages) : assignOutside(own, places)
  const mine = places.map(({ vip }) => vip).filter((vip) => assignment.get(vip)!.vantages.includes(me))
  const answered = ownOf(places, me, side)
  const asksNobody = config.memberlist === 'off' || config.passive
  return {
    me,
    isNode,
    own: answered,
    vips,
    places,
    assignment,
    fleet,
    vantages: vantagesOf([...mine, ...answered], config.interfaces, facts),
    speakers: asksNobody ? new Map() : speakersOf(vips, assignment, mine, look.cluster),
  }
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
function fleetOf({ look, facts, config, fleet, nowMs }: Ground, me: string): Fleet {
  const sight = sightOf(look.cluster)
  const others = sight.daemons.filter(({ node }) => node !== me)
  const own = config.node === null ? [] : [{ node: me, segments: segmentsOfHost(facts) }]
  return fleetAfter(fleet, { ...sight, daemons: [...others, ...own] }, nowMs)
}

function segmentsOfHost({ links }: HostFacts): Daemon['segments'] {
  const usable = links.filter(({ ethernet, loopback, up, carrier }) => ethernet && !loopback && up && carrier)
  return usable
    .flatMap(({ addresses }) => addresses)
    .filter(({ ip }) => isIpv4(ip))
    .map(({ ip, bits }) => prefixOf(ip, bits))
}

/** By the API alone, which all daemons read alike: the views that they read differ. */
function placeOf(vip: Vip, look: Look, heard: readonly Prefix[]): Place {
  const elected = metallb.elect(vip, look.cluster, evidenceOf({ ...look, views: null }, new Set()))
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

export interface Targets {
  readonly work: Work
  readonly vantage: Vantage
  readonly side: ClusterSide
  readonly macs: MacMap
  readonly config: DaemonConfig
  readonly strangers: ReadonlyMap<Ip, readonly string[]>
}

/** What one interface asks for: its VIPs, the nodes that should answer for them, and what must answer in any case. */
export function portPlan({ work, vantage, side, macs, config, strangers }: Targets): Plan {
  const tempo = tempoOf(config, work.isNode)
  const nodes = new Map(
    side.cluster.nodes.flatMap(({ name, internalIps }) => {
      const ip = internalIps.find((one) => isOnLink(one, vantage.link))
      return ip === undefined || name === side.ownNode
        ? []
        : [[name, { ip, mac: macOf(name, macs) }] as const]
    }),
  )
  const plan = planOf({
    me: work.me,
    assignment: work.assignment,
    places: work.places.map((place) => asElected(place, vantage, side)),
    tempo,
    nodes,
    strangers,
    canaries: vantage.vips.some((vip) => isAsked(vip, work)) ? vantage.canaries : [],
    passive: config.passive,
  })
  const isHere = ({ ip, kind }: Target): boolean => kind !== 'vip' || vantage.vips.includes(ip)
  return { ...plan, targets: new Map([...plan.targets].filter(([, target]) => isHere(target))) }
}

function isAsked(vip: Ip, { assignment, me }: Work): boolean {
  return assignment.get(vip)?.vantages.includes(me) ?? false
}

export function tempoOf(config: DaemonConfig, isNode: boolean): Tempo {
  const tempo = {
    sweepMs: config.intervalMs,
    unicastMs: config.confirmIntervalMs,
    perPort: config.budgetPerSecond,
  }
  return isNode ? tempo : outsideTempo(tempo)
}

/** Of our own VIPs the speakers' views tell whom to ask alone. */
function asElected(place: Place, vantage: Vantage, side: ClusterSide): Place {
  if (!vantage.vips.includes(place.vip)) return place
  const elected = side.expect(place.vip, new Set())?.elected
  const answerers = elected ? nodesIn(elected) : []
  return answerers.length > 0 ? { ...place, answerers } : place
}

function macOf(node: string, { nodeOf }: MacMap) {
  return [...nodeOf].find(([, name]) => name === node)?.[0] ?? null
}
