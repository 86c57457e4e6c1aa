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
  const found = cluster.nodes.map((node): NodeFacts => {
    const { name, internalIps, ready } = node
    const ip = internalIps.find(isIpv4) ?? null
    const nics = cluster.nicRecords.find((record) => record.node === name)?.nics ?? null
    return {
      name,
      ip,
      address: name === side.ownNode ? 'answered' : addressOf(node, past),
      echo: (ip && echo.get(ip)) ?? null,
      ready,
      pods: cluster.speakerPods.filter(({ nodeName }) => nodeName === name),
      podsKnown: cluster.inputs.speakerPods.readable === 'yes',
      isHere: nics?.some(({ addresses }) => addresses.some((one) => isOnLink(one.ip, link))) ?? false,
      nics,
      reading: readings.find(({ speaker }) => speaker.name === name)?.reading ?? null,
      metrics: metricsFor(name, side.claims),
      config: cluster.configurationStates.find((state) => state.node === name) ?? null,
    }
  })
  return new Map(found.map((facts) => [facts.name, facts]))
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
