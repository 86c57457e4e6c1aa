import { vipReport } from './assemble.ts'
import type { Case, ClusterCase, Expectation, Judgement } from './case.ts'
import { macMapFor } from './attribution.ts'
import type { ClusterSide } from './cluster-side.ts'
import { addressesAsked, nodeFactsOf, silentNodesOf } from './node-facts.ts'
import type { Finding } from './findings.ts'
import { judgeFree } from './free.ts'
import { listenersOn, type HostFacts, type Neighbour } from './host.ts'
import type { Ip } from './ip.ts'
import { judge } from './judge.ts'
import type { Mac } from './mac.ts'
import { NO_MACS } from './macs.ts'
import type { NodeFacts } from './nodes.ts'
import type { CanaryReport, VipReport } from './report.ts'
import { hearing, mergeEvidence, type PastRound } from './rounds.ts'
import { deafVantage } from './sentences.ts'
import { motionsOf } from './motions.ts'
import { canSettle, isDeviation, remainingMs, settled, type Held, type Hold } from './settle.ts'
import { isOnLink, type Vantage } from './vantage.ts'

/** All that one vantage has seen when its rounds are over. */
export interface Seen {
  readonly vantage: Vantage
  readonly facts: HostFacts
  /** What the user gave; it overrides the cluster. */
  readonly expectations: ReadonlyMap<Ip, Expectation>
  readonly cluster: ClusterSide | null
  readonly mustBeFree: readonly Ip[]
  readonly past: readonly PastRound[]
  /** Nodes' addresses that were asked by ICMP echo. */
  readonly echo: ReadonlyMap<Ip, 'alive' | 'silent'>
  /** What earlier looks of this run saw of a VIP; null: deviations are judged at once. */
  readonly heldFor: ((vip: Ip) => Held | null) | null
  /** The listening ended early: what has not answered yet is left out instead of being called silent. */
  readonly interrupted: boolean
}

export interface Outcome {
  readonly vips: readonly VipReport[]
  readonly canaries: readonly CanaryReport[]
  readonly findings: readonly Finding[]
  /** VIPs that deviate and are not judged yet, and how long that may last. */
  readonly unsettled: ReadonlyMap<Ip, Held>
}

/** Judges what one vantage has seen. */
export function outcomeOf(seen: Seen): Outcome {
  const { vantage, mustBeFree, cluster } = seen
  const free = mustBeFree.filter((ip) => isOnLink(ip, vantage.link))
  const squatting = judgeFree(new Map(free.map((ip) => [ip, strangers(seen, ip)])))
  const shared = sharedBy(seen, squatting.proxies)
  const judged = vantage.vips
    .map((vip) => caseOf(seen, vip, shared))
    .filter(({ evidence }) => !seen.interrupted || evidence.answers.length > 0)
    .map((item) => judgedBy(seen, item))
  const vips = judged.map(({ item, judgement }) => vipReport(item, judgement))
  const canaries = [...vantage.canaries, ...(cluster ? addressesAsked(cluster, vantage, seen.past) : [])]
  const isDeaf = vips.some(({ reason }) => reason === 'deaf-vantage')
  return {
    vips,
    canaries: [...canaryReports(seen, canaries, 'must-answer'), ...canaryReports(seen, free, 'must-be-free')],
    findings: [...squatting.findings, ...(isDeaf ? [deafVantage(vantage.link.name, canaries)] : [])],
    unsettled: new Map(judged.flatMap(({ item, held }) => (held ? [[item.vip, held]] : []))),
  }
}

interface Judged {
  readonly item: Case
  readonly judgement: Judgement
  readonly held: Held | null
}

/** The judgement, and the hold-down laid over it (rule 8). */
function judgedBy({ cluster, heldFor }: Seen, item: Case): Judged {
  const judgement = stillOrBest(item, heldFor?.(item.vip) ?? null)
  if (!cluster || !heldFor || !canSettle(judgement) || !isElected(item))
    return { item, judgement, held: null }
  const known = heldFor(item.vip)
  const held = known?.watched && !isDeviation(judgement) ? null : known
  const moved = judgement.verdict === 'settling'
  const hold = holdOf(cluster, item, held)
  const leftMs = moved ? (held?.leftMs ?? hold.holdDownMs) : remainingMs(hold)
  return {
    item,
    judgement: settled(item, judgement, hold),
    held: leftMs > 0 && isDeviation(judgement) ? { leftMs, moved: moved || held?.moved === true } : null,
  }
}

/**
 * An expectation that moves on and on is judged by its newest state once the hold-down is over, but only to say that all
 * is well: no fault rests on a moving one (rule 7).
 */
function stillOrBest(item: Case, held: Held | null): Judgement {
  const judgement = judge(item)
  if (judgement.verdict !== 'settling' || held?.leftMs !== 0 || item.expected.source !== 'cluster')
    return judgement
  const newest = judge({ ...item, expected: { ...item.expected, moved: false } })
  return isDeviation(newest) ? judgement : newest
}

/** Whoever named the owner wants to know at once. */
function isElected(item: Case): item is ClusterCase {
  const { expected } = item
  if (expected.source !== 'cluster') return false
  return !(expected.elected.kind === 'somebody' && expected.elected.membership === 'given')
}

function holdOf({ cluster, timing }: ClusterSide, item: ClusterCase, held: Held | null): Hold {
  const { side, nodes } = item
  const bearing = new Set([...(side?.candidates.map(({ node }) => node) ?? []), ...electedBy(item)])
  const motions = motionsOf(item, {
    takenAt: cluster.takenAt,
    changes: side?.changes() ?? [],
    nodes: [...nodes.values()].filter(({ name }) => bearing.has(name)),
    gossipToTheDeadMs: timing.gossipToTheDeadMs,
    moved: held?.moved ?? false,
    watched: held?.watched ?? false,
  })
  return { holdDownMs: timing.holdDownMs, motions, held }
}

function electedBy({ expected: { elected } }: ClusterCase): string[] {
  if (elected.kind !== 'somebody') return []
  return elected.shares.flatMap(({ votes }) => votes.flatMap(({ elects }) => elects ?? []))
}

type Common = Pick<
  Case,
  | 'hears'
  | 'loss'
  | 'ownMacs'
  | 'proxies'
  | 'freeAsked'
  | 'macs'
  | 'ownNode'
  | 'nodes'
  | 'listeners'
  | 'interface'
>

interface Shared {
  readonly common: Common
  readonly silentNodes: ReadonlySet<string>
  readonly gateways: ReadonlySet<Ip>
  readonly ownIps: ReadonlySet<Ip>
  /** This host's neighbour table on the interface: thousands of entries, where thousands are asked for. */
  readonly neighbours: ReadonlyMap<Ip, Neighbour>
}

/** What is the same for all VIPs of the vantage. */
function sharedBy(
  { facts, past, cluster, vantage, echo, mustBeFree }: Seen,
  proxies: ReadonlySet<Mac>,
): Shared {
  const { name } = vantage.link
  const own = ownMacs(facts)
  const nodes = cluster ? nodeFactsOf(cluster, vantage, past, echo) : new Map<string, NodeFacts>()
  const common = {
    ...hearing(past),
    interface: name,
    ownMacs: own,
    proxies,
    freeAsked: mustBeFree.some((ip) => isOnLink(ip, vantage.link)),
    macs: cluster ? macMapFor(cluster, own, past) : NO_MACS,
    ownNode: cluster?.ownNode ?? null,
    nodes,
    listeners: listenersOn(name, facts),
  }
  return {
    common,
    silentNodes: cluster ? silentNodesOf(cluster, past) : new Set(),
    gateways: new Set(facts.gateways.map(({ ip }) => ip)),
    ownIps: new Set(facts.links.flatMap(({ addresses }) => addresses.map(({ ip }) => ip))),
    neighbours: new Map(
      facts.neighbours.filter((entry) => entry.interface === name).map((entry) => [entry.ip, entry]),
    ),
  }
}

function caseOf({ expectations, past, cluster }: Seen, vip: Ip, shared: Shared): Case {
  const { common, silentNodes, gateways, ownIps, neighbours } = shared
  // field by field: there may be thousands, and a spread costs more than all else here
  return {
    hears: common.hears,
    loss: common.loss,
    interface: common.interface,
    ownMacs: common.ownMacs,
    proxies: common.proxies,
    freeAsked: common.freeAsked,
    macs: common.macs,
    ownNode: common.ownNode,
    nodes: common.nodes,
    listeners: common.listeners,
    isGateway: gateways.has(vip),
    vip,
    expected: expectations.get(vip) ?? cluster?.expect(vip, silentNodes) ?? { source: 'any' },
    evidence: mergeEvidence(past, vip),
    side: cluster?.vips.get(vip) ?? null,
    ownAddress: ownIps.has(vip),
    neighbour: neighbours.get(vip) ?? null,
  }
}

function canaryReports(
  { vantage, past }: Seen,
  ips: readonly Ip[],
  kind: CanaryReport['kind'],
): CanaryReport[] {
  const answered = (ip: Ip) => mergeEvidence(past, ip).answers.length > 0
  return ips.map((ip) => ({ ip, interface: vantage.link.name, kind, answered: answered(ip) }))
}

function strangers({ facts, past }: Seen, ip: Ip) {
  const own = ownMacs(facts)
  return mergeEvidence(past, ip).answers.filter(({ mac }) => !own.has(mac))
}

const ownOf = new WeakMap<HostFacts['links'], ReadonlySet<Mac>>()

/** The same set for the same links. */
export function ownMacs({ links }: HostFacts): ReadonlySet<Mac> {
  const own = ownOf.get(links) ?? new Set(links.flatMap(({ mac }) => (mac ? [mac] : [])))
  ownOf.set(links, own)
  return own
}
