import type { ClusterSide } from './cluster-side.ts'
import type { Node } from './cluster.ts'
import { isIpv4, type Ip } from './ip.ts'
import type { NodeFacts } from './nodes.ts'
import { isAnswered, mergeEvidence, wasAsked, type PastRound } from './rounds.ts'
import { isOnLink, type Vantage } from './vantage.ts'

/** Nodes whose own address was asked for here and kept silent: what the hypotheses leave out. */
export function silentNodesOf({ cluster }: ClusterSide, past: readonly PastRound[]): ReadonlySet<string> {
  const silent = cluster.nodes.filter((node) => addressOf(node, past) === 'silent')
  return new Set(silent.map(({ name }) => name))
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
