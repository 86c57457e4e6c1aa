import type { ClusterSide } from './cluster-side.ts'
import { isIpv4, type Ip } from './ip.ts'
import type { Mac } from './mac.ts'
import { completed, crossAddresses, macMapOf, type MacMap } from './macs.ts'
import { addressOf, askedOf } from './node-facts.ts'
import { askedIn } from './round.ts'
import { mergeEvidence, wasAsked, type PastRound } from './rounds.ts'
import { isOnLink, type Vantage } from './vantage.ts'

/** One who-has: for which address, to whom. */
export interface Question {
  readonly ip: Ip
  readonly to: Mac
}

/** Nodes' own addresses on this segment: must-answer canaries, node-alive control and MAC map in one. */
export function nodeAddresses({ cluster, ownNode }: ClusterSide, vantage: Vantage): Ip[] {
  return cluster.nodes
    .filter(({ name }) => name !== ownNode)
    .flatMap(({ internalIps }) => internalIps.filter((ip) => isOnLink(ip, vantage.link)))
}

/** Addresses for ICMP echo: of nodes that did not answer by ARP, or have no address here. */
export function echoQuestions({ cluster, ownNode }: ClusterSide, past: readonly PastRound[]): Ip[] {
  return cluster.nodes
    .filter((node) => node.name !== ownNode && addressOf(node, past) !== 'answered')
    .flatMap(({ internalIps }) => internalIps.filter(isIpv4))
}

/** The MAC map of one vantage, from all that it has heard; what was found out before fills its gaps. */
export function macMapFor(side: ClusterSide, ownMacs: ReadonlySet<Mac>, past: readonly PastRound[]): MacMap {
  const { nodes } = side.cluster
  const bearing = askedOf(nodes, past)
  const asked = bearing.flatMap(({ internalIps }) => internalIps).filter((ip) => wasAsked(past, ip))
  const heard = macMapOf({
    nodes,
    bearing,
    records: side.cluster.nicRecords,
    own: { node: side.ownNode, macs: ownMacs },
    vips: side.vips,
    asked: new Set(asked),
    answerers: (ip) => mergeEvidence(past, ip).answers.map(({ mac }) => mac),
    wasAsked: (ip, mac) => mergeEvidence(past, ip).askedAlone.includes(mac),
    confessed: (ip) => mergeEvidence(past, ip).unicastAnswers.map(({ mac }) => mac),
    seen: answerersOfVips(side, past),
  })
  return side.told ? completed(heard, side.told) : heard
}

/** More unknown MACs than this are a flood, not a puzzle. */
const MAX_UNKNOWN = 8

/**
 * For MACs that no source knows: each is asked, alone, for each node's own address, silent ones too: a node may
 * come back while we ask; and each known node for an address on another NIC of its own, which tells whether such a question would be answered at all.
 */
export function attributionQuestions(
  side: ClusterSide,
  ownMacs: ReadonlySet<Mac>,
  past: readonly PastRound[],
): Question[] {
  const { nodeOf } = macMapFor(side, ownMacs, past)
  const unknown = [...answerersOfVips(side, past)].filter((mac) => !nodeOf.has(mac) && !ownMacs.has(mac))
  if (unknown.length === 0) return []
  const { nodes } = side.cluster
  const here = nodes.flatMap(({ internalIps }) => internalIps).filter((ip) => wasAsked(past, ip))
  const controls = nodes.flatMap((node) =>
    [...nodeOf]
      .filter(([, name]) => name === node.name)
      .flatMap(([to]) => crossAddresses(node).map((ip) => ({ ip, to }))),
  )
  return [...unknown.slice(0, MAX_UNKNOWN).flatMap((to) => here.map((ip) => ({ ip, to }))), ...controls]
}

function answerersOfVips({ vips }: ClusterSide, past: readonly PastRound[]): ReadonlySet<Mac> {
  const asked = new Set(past.flatMap(({ round }) => [...askedIn(round)]).filter((ip) => vips.has(ip)))
  return new Set([...asked].flatMap((vip) => mergeEvidence(past, vip).answers.map(({ mac }) => mac)))
}
