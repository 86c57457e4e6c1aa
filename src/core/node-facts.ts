import type { ClusterSide } from './cluster-side.ts'
import { differsInAgesAlone, type Node } from './cluster.ts'
import { isIpv4, type Ip } from './ip.ts'
import type { NodeFacts } from './nodes.ts'
import { askedIn } from './round.ts'
import { isAnswered, mergeEvidence, wasAsked, type PastRound } from './rounds.ts'
import { isOnLink, type Vantage } from './vantage.ts'

/** Nodes whose own address was asked for here and kept silent: what the hypotheses leave out. */
export function silentNodesOf({ cluster }: ClusterSide, past: readonly PastRound[]): ReadonlySet<string> {
  const silent = askedOf(cluster.nodes, past).filter((node) => addressOf(node, past) === 'silent')
  return new Set(silent.map(({ name }) => name))
}

/** Nodes' own addresses on this segment that were asked for: of a large cluster a daemon asks a few. */
export function addressesAsked(
  { cluster, ownNode }: ClusterSide,
  { link }: Vantage,
  past: readonly PastRound[],
): Ip[] {
  return askedOf(cluster.nodes, past)
    .filter(({ name }) => name !== ownNode)
    .flatMap(({ internalIps }) => internalIps.filter((ip) => isOnLink(ip, link) && wasAsked(past, ip)))
}

/** What is known of each node, from the API, its speaker and the wire. */
export function nodeFactsOf(
  side: ClusterSide,
  vantage: Vantage,
  past: readonly PastRound[],
  echo: ReadonlyMap<Ip, 'alive' | 'silent'>,
): ReadonlyMap<string, NodeFacts> {
  const { nodes } = side.cluster
  const all = new Map(unaskedFactsOf(side, vantage))
  for (const node of askedOf(nodes, past)) {
    const facts = all.get(node.name)!
    const address = node.name === side.ownNode ? 'answered' : addressOf(node, past)
    if (address !== facts.address) all.set(node.name, { ...facts, address })
  }
  for (const ip of echo.keys())
    for (const { name } of indexOf(nodes).get(ip) ?? []) {
      const facts = all.get(name)!
      if (facts.ip === ip) all.set(name, { ...facts, echo: echo.get(ip)! })
    }
  for (const name of side.claims.after.keys()) {
    const facts = all.get(name)
    if (facts) all.set(name, { ...facts, metrics: metricsFor(name, side.claims) })
  }
  return all
}

interface Unasked extends Pick<ClusterSide, 'readings' | 'ownNode'> {
  readonly cluster: ClusterSide['cluster']
  readonly facts: ReadonlyMap<string, NodeFacts>
}

const unasked = new WeakMap<Vantage['link'], Unasked>()

/** What no question tells, which stays from look to look. */
function unaskedFactsOf(side: ClusterSide, { link }: Vantage): ReadonlyMap<string, NodeFacts> {
  const { cluster, readings, ownNode } = side
  const known = unasked.get(link)
  const isSame =
    known?.ownNode === ownNode &&
    isSameReading(known.readings, readings) &&
    (known.cluster === cluster || differsInAgesAlone(known.cluster, cluster))
  if (known && isSame) return known.facts
  const facts = makeUnasked(side, link)
  unasked.set(link, { cluster, readings, ownNode, facts })
  return facts
}

function isSameReading(a: ClusterSide['readings'], b: ClusterSide['readings']): boolean {
  return a === b || (a.length === b.length && a.every((one, i) => one === b[i]))
}

function makeUnasked(side: ClusterSide, link: Vantage['link']): ReadonlyMap<string, NodeFacts> {
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
      address: name === side.ownNode ? 'answered' : 'elsewhere',
      echo: null,
      ready,
      pods: pods.get(name) ?? [],
      podsKnown: cluster.inputs.speakerPods.readable === 'yes',
      isHere: nics?.some(({ addresses }) => addresses.some((one) => isOnLink(one.ip, link))) ?? false,
      nics,
      reading: views.get(name)?.[0]?.reading ?? null,
      metrics: null,
      config: states.get(name)?.[0] ?? null,
    }
  })
  return new Map(found.map((facts) => [facts.name, facts]))
}

const nodeIndexes = new WeakMap<readonly Node[], ReadonlyMap<Ip, readonly Node[]>>()

/** By their own addresses. */
function indexOf(nodes: readonly Node[]): ReadonlyMap<Ip, readonly Node[]> {
  const known = nodeIndexes.get(nodes)
  if (known) return known
  const index = new Map<Ip, Node[]>()
  for (const node of nodes) for (const ip of node.internalIps) index.set(ip, [...(index.get(ip) ?? []), node])
  nodeIndexes.set(nodes, index)
  return index
}

const placesIn = new WeakMap<readonly Node[], ReadonlyMap<Node, number>>()

/** Those whose own address was asked for, in the order of the list. */
export function askedOf(nodes: readonly Node[], past: readonly PastRound[]): Node[] {
  const index = indexOf(nodes)
  const asked = new Set<Node>()
  for (const { round } of past)
    for (const ip of askedIn(round)) for (const node of index.get(ip) ?? []) asked.add(node)
  const places = placesIn.get(nodes) ?? new Map(nodes.map((node, i) => [node, i]))
  placesIn.set(nodes, places)
  return [...asked].toSorted((a, b) => places.get(a)! - places.get(b)!)
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
export function addressOf({ internalIps }: Node, past: readonly PastRound[]): NodeFacts['address'] {
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
