import type { SpeakerMetrics } from './claims.ts'
import type { ClusterSnapshot, Node } from './cluster.ts'
import type { HostFacts } from './host.ts'
import { isIpv4, type Ip } from './ip.ts'
import type { ElectedExpectation } from './case.ts'
import type { Mac } from './mac.ts'
import { crossAddresses, macMapOf, type MacMap } from './macs.ts'
import type { NodeFacts } from './nodes.ts'
import type { Records } from './records.ts'
import type { Refusal } from './refusal.ts'
import type { CandidateReport, ExcludedReport, VipReport } from './report.ts'
import { mergeEvidence, type PastRound } from './rounds.ts'
import type { Change } from './motions.ts'
import { isOnLink, type Vantage } from './vantage.ts'
import type { SpeakerReading } from './views.ts'

/** What a cluster brings to the judgement of what one vantage has seen. */
export interface ClusterSide {
  readonly cluster: ClusterSnapshot
  /** How reading each speaker's own view went; empty where none was asked. */
  readonly readings: readonly SpeakerReading[]
  /** The speakers' metrics by node, before our questions and after them. */
  readonly claims: {
    readonly before: ReadonlyMap<string, SpeakerMetrics>
    readonly after: ReadonlyMap<string, SpeakerMetrics>
  }
  readonly timing: Timing
  /** The node that this host is; null outside of the cluster. */
  readonly ownNode: string | null
  readonly vips: ReadonlyMap<Ip, VipSide>
  /** Who should answer (undefined: no VIP of the cluster), given the nodes whose own address keeps silent here. */
  readonly expect: (vip: Ip, silentNodes: ReadonlySet<string>) => ElectedExpectation | undefined
}

/** The announcer's own clocks. */
export interface Timing {
  readonly holdDownMs: number
  /** From the death of a node to the last moment at which a healthy cluster may still elect it; null: for ever. */
  readonly failoverMaxMs: number | null
  /** How long memberlist keeps the dead in its list. */
  readonly gossipToTheDeadMs: number
}

export interface VipSide {
  readonly services: readonly string[]
  readonly pool: string | null
  readonly records: Records
  /** Other controllers that announce it too. */
  readonly others: readonly Other[]
  /** Whatever changed that bears on it, newest first; read where a deviation is to be dated alone. */
  readonly changes: () => readonly Change[]
  readonly candidates: readonly CandidateReport[]
  readonly excluded: readonly ExcludedReport[]
  readonly policies: VipReport['policies']
  /** Why no speaker announces it, whoever is a member. */
  readonly refusal: Refusal | null
}

/** Another controller's mark on a Service. */
export interface Other {
  readonly by: 'servicelb' | 'kube-vip' | 'cilium'
  readonly what: 'lease' | 'annotation' | 'class' | 'status-writer'
  /** The node that announces it, where that is told. */
  readonly node: string | null
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
export function nodeAddresses({ cluster, ownNode }: ClusterSide, vantage: Vantage): Ip[] {
  return cluster.nodes
    .filter(({ name }) => name !== ownNode)
    .flatMap(({ internalIps }) => internalIps.filter((ip) => isOnLink(ip, vantage.link)))
}

/** Nodes whose own address was asked for here and kept silent: what the hypotheses leave out. */
export function silentNodesOf({ cluster }: ClusterSide, past: readonly PastRound[]): ReadonlySet<string> {
  const silent = cluster.nodes.filter((node) => addressOf(node, past) === 'silent')
  return new Set(silent.map(({ name }) => name))
}

/** Addresses for ICMP echo: of nodes that did not answer by ARP, or have no address here. */
export function echoQuestions({ cluster, ownNode }: ClusterSide, past: readonly PastRound[]): Ip[] {
  return cluster.nodes
    .filter((node) => node.name !== ownNode && addressOf(node, past) !== 'answered')
    .flatMap(({ internalIps }) => internalIps.filter(isIpv4))
}

/** What is known of each node, from the API, its speaker and the wire. */
export function nodeFactsOf(
  side: ClusterSide,
  { link }: Vantage,
  past: readonly PastRound[],
  echo: ReadonlyMap<Ip, 'alive' | 'silent'>,
): ReadonlyMap<string, NodeFacts> {
  const { cluster, readings } = side
  const records = byNode(cluster.nicRecords, ({ node }) => node)
  const pods = byNode(cluster.speakerPods, ({ nodeName }) => nodeName)
  const states = byNode(cluster.configurationStates, ({ node }) => node)
  const views = byNode(readings, ({ speaker }) => speaker.name)
  const found = cluster.nodes.map((node): NodeFacts => {
    const { name, internalIps, ready } = node
    const ip = internalIps.find(isIpv4) ?? null
    const nics = records.get(name)?.[0]?.nics ?? null
    return {
      name,
      ip,
      address: name === side.ownNode ? 'answered' : addressOf(node, past),
      echo: (ip && echo.get(ip)) ?? null,
      ready,
      pods: pods.get(name) ?? [],
      podsKnown: cluster.inputs.speakerPods.readable === 'yes',
      isHere: nics?.some(({ addresses }) => addresses.some((one) => isOnLink(one.ip, link))) ?? false,
      nics,
      reading: views.get(name)?.[0]?.reading ?? null,
      metrics: metricsFor(name, side.claims),
      config: states.get(name)?.[0] ?? null,
    }
  })
  return new Map(found.map((facts) => [facts.name, facts]))
}

const indexes = new WeakMap<readonly unknown[], ReadonlyMap<string | null, readonly unknown[]>>()

/** A list that the snapshot holds, by node; made once, as those lists never change. */
function byNode<T>(
  list: readonly T[],
  nodeOf: (one: T) => string | null,
): ReadonlyMap<string | null, readonly T[]> {
  const known = indexes.get(list) as ReadonlyMap<string | null, readonly T[]> | undefined
  if (known) return known
  const index = new Map<string | null, T[]>()
  for (const one of list) {
    const all = index.get(nodeOf(one)) ?? []
    index.set(nodeOf(one), all)
    all.push(one)
  }
  indexes.set(list, index)
  return index
}

function metricsFor(name: string, { before, after }: ClusterSide['claims']): NodeFacts['metrics'] {
  const last = after.get(name)
  return last ? { before: before.get(name) ?? null, after: last } : null
}

/** A node's own addresses on this segment, as the rounds heard them. */
function addressOf({ internalIps }: Node, past: readonly PastRound[]): NodeFacts['address'] {
  const here = internalIps.filter((ip) => wasAsked(past, ip))
  if (here.length === 0) return 'elsewhere'
  return here.some((ip) => isAnswered(past, ip) && !hasLapsed(past, ip)) ? 'answered' : 'silent'
}

/** It answered a broadcast, and not any more when it was asked alone later: a node may die while we ask. */
function hasLapsed(past: readonly PastRound[], ip: Ip): boolean {
  const { answers, askedAlone, unicastAnswers } = mergeEvidence(past, ip)
  const still = new Set(unicastAnswers.map(({ mac }) => mac))
  const asked = answers.filter(({ mac }) => askedAlone.includes(mac))
  return asked.length > 0 && asked.every(({ mac }) => !still.has(mac))
}

/** The MAC map of one vantage, from all that it has heard. */
export function macMapFor(side: ClusterSide, ownMacs: ReadonlySet<Mac>, past: readonly PastRound[]): MacMap {
  const { nodes } = side.cluster
  const asked = nodes.flatMap(({ internalIps }) => internalIps).filter((ip) => wasAsked(past, ip))
  return macMapOf({
    nodes,
    records: side.cluster.nicRecords,
    own: { node: side.ownNode, macs: ownMacs },
    vips: side.vips,
    asked: new Set(asked),
    answerers: (ip) => mergeEvidence(past, ip).answers.map(({ mac }) => mac),
    wasAsked: (ip, mac) => mergeEvidence(past, ip).askedAlone.includes(mac),
    confessed: (ip) => mergeEvidence(past, ip).unicastAnswers.map(({ mac }) => mac),
    seen: answerersOfVips(side, past),
  })
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
  const asked = new Set(past.flatMap(({ round }) => [...round.ledgers.keys()]).filter((ip) => vips.has(ip)))
  return new Set([...asked].flatMap((vip) => mergeEvidence(past, vip).answers.map(({ mac }) => mac)))
}

function wasAsked(past: readonly PastRound[], ip: Ip): boolean {
  return past.some(({ round }) => round.ledgers.has(ip))
}

function isAnswered(past: readonly PastRound[], ip: Ip): boolean {
  return mergeEvidence(past, ip).answers.length > 0
}
