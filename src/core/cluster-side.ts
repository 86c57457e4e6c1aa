import type { NicRecord, Node } from './cluster.ts'
import type { HostFacts } from './host.ts'
import type { Ip } from './ip.ts'
import type { ElectedExpectation } from './case.ts'
import type { Mac } from './mac.ts'
import { crossAddresses, macMapOf, type MacMap } from './macs.ts'
import type { Refusal } from './refusal.ts'
import type { CandidateReport, ExcludedReport, VipReport } from './report.ts'
import { mergeEvidence, type PastRound } from './rounds.ts'
import { isOnLink, type Vantage } from './vantage.ts'

/** What a cluster brings to the judgement of what one vantage has seen. */
export interface ClusterSide {
  readonly nodes: readonly Node[]
  readonly records: readonly NicRecord[]
  /** The node that this host is; null outside of the cluster. */
  readonly ownNode: string | null
  readonly vips: ReadonlyMap<Ip, VipSide>
  /** Who should answer (undefined: no VIP of the cluster), given the nodes whose own address keeps silent here. */
  readonly expect: (vip: Ip, silentNodes: ReadonlySet<string>) => ElectedExpectation | undefined
}

export interface VipSide {
  readonly services: readonly string[]
  readonly pool: string | null
  readonly recorded: readonly string[]
  readonly candidates: readonly CandidateReport[]
  readonly excluded: readonly ExcludedReport[]
  readonly policies: VipReport['policies']
  /** Why no speaker announces it, whoever is a member. */
  readonly refusal: Refusal | null
}

/** One who-has: for which address, to whom. */
export interface Question {
  readonly ip: Ip
  readonly to: Mac
}

/** Names of a node and of its host may differ; an address of its own cannot lie. */
export function ownNodeOf(nodes: readonly Node[], { links, hostname }: HostFacts): string | null {
  const own = new Set(links.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)))
  const byAddress = nodes.find(({ internalIps }) => internalIps.some((ip) => own.has(ip)))
  return (byAddress ?? nodes.find(({ name }) => name === hostname))?.name ?? null
}

/** Nodes' own addresses on this segment: must-answer canaries, node-alive control and MAC map in one. */
export function nodeAddresses({ nodes, ownNode }: ClusterSide, vantage: Vantage): Ip[] {
  return nodes
    .filter(({ name }) => name !== ownNode)
    .flatMap(({ internalIps }) => internalIps.filter((ip) => isOnLink(ip, vantage.link)))
}

/** Nodes whose own address was asked for. */
export function nodeAddressesAsked({ nodes }: ClusterSide, past: readonly PastRound[]): string[] {
  return nodes
    .filter(({ internalIps }) => internalIps.some((ip) => wasAsked(past, ip)))
    .map(({ name }) => name)
}

/** Nodes whose own address was asked for here and kept silent, on a vantage that hears. */
export function silentNodesOf(side: ClusterSide, past: readonly PastRound[]): ReadonlySet<string> {
  const silent = side.nodes.filter(({ internalIps }) => {
    const here = internalIps.filter((ip) => wasAsked(past, ip))
    return here.length > 0 && here.every((ip) => mergeEvidence(past, ip).answers.length === 0)
  })
  return new Set(silent.map(({ name }) => name))
}

/** The MAC map of one vantage, from all that it has heard. */
export function macMapFor(side: ClusterSide, ownMacs: ReadonlySet<Mac>, past: readonly PastRound[]): MacMap {
  const asked = side.nodes.flatMap(({ internalIps }) => internalIps).filter((ip) => wasAsked(past, ip))
  return macMapOf({
    nodes: side.nodes,
    records: side.records,
    own: { node: side.ownNode, macs: ownMacs },
    asked: new Set(asked),
    answerers: (ip) => mergeEvidence(past, ip).answers.map(({ mac }) => mac),
    confessed: (ip) => mergeEvidence(past, ip).unicastAnswers.map(({ mac }) => mac),
    seen: answerersOfVips(side, past),
  })
}

/** More unknown MACs than this are a flood, not a puzzle. */
const MAX_UNKNOWN = 8

/**
 * For MACs that no source knows: each is asked, alone, for each live node's own address; and each known node for an
 * address on another NIC of its own, which tells whether such a question would be answered at all.
 */
export function attributionQuestions(
  side: ClusterSide,
  ownMacs: ReadonlySet<Mac>,
  past: readonly PastRound[],
): Question[] {
  const { nodeOf } = macMapFor(side, ownMacs, past)
  const unknown = [...answerersOfVips(side, past)].filter((mac) => !nodeOf.has(mac) && !ownMacs.has(mac))
  if (unknown.length === 0) return []
  const live = side.nodes.flatMap(({ internalIps }) => internalIps).filter((ip) => isAnswered(past, ip))
  const controls = side.nodes.flatMap((node) =>
    [...nodeOf]
      .filter(([, name]) => name === node.name)
      .flatMap(([to]) => crossAddresses(node).map((ip) => ({ ip, to }))),
  )
  return [...unknown.slice(0, MAX_UNKNOWN).flatMap((to) => live.map((ip) => ({ ip, to }))), ...controls]
}

function answerersOfVips({ vips }: ClusterSide, past: readonly PastRound[]): ReadonlySet<Mac> {
  return new Set([...vips.keys()].flatMap((vip) => mergeEvidence(past, vip).answers.map(({ mac }) => mac)))
}

function wasAsked(past: readonly PastRound[], ip: Ip): boolean {
  return past.some(({ round }) => round.ledgers.has(ip))
}

function isAnswered(past: readonly PastRound[], ip: Ip): boolean {
  return mergeEvidence(past, ip).answers.length > 0
}
