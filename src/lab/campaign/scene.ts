import { contains, parseIp, parsePrefix, type Ip } from '../../core/ip.ts'
import type { ClusterStory, ServiceStory } from '../cluster/shape.ts'
import { isOurs, nicsFor, ranked, type Served } from './ballot.ts'
import { castOf, type CastNode } from './cast.ts'
import type { Ending } from './ending.ts'

/** One VIP when the story ends: who should answer it, and who does. */
export interface Scene {
  readonly vip: Ip
  readonly nodes: readonly CastNode[]
  readonly ending: Ending
  /** What each running speaker elects, for each Service that has the address. */
  readonly votes: readonly Vote[]
  /** Best first, whoever is a member: one list for each Service. */
  readonly ranks: readonly (readonly string[])[]
  /** Who is heard answering a broadcast, where arpcheck asks. */
  readonly answers: readonly Heard[]
}

export interface Vote {
  readonly service: string
  readonly by: string
  readonly elects: string | null
}

export interface Heard {
  readonly host: string
  /** `proxy`: its kernel answers for a whole network that it would forward to. */
  readonly as: 'speaker' | 'kernel' | 'proxy'
  readonly macs: number
}

/** `late`: the API server has noticed which nodes are gone, and their endpoints serve no more. */
export function scenesOf(ending: Ending, when: 'early' | 'late'): Scene[] {
  const { cluster, gone } = ending
  const nodes = castOf(ending)
  const served: Served = ({ endpoints }, node) =>
    (endpoints ?? nodes.map(({ name }) => name)).includes(node) && (when === 'early' || !gone.has(node))
  const ours = Object.entries(cluster.services).filter(([, service]) => isOurs(service, cluster))
  const vips = [...new Set(ours.flatMap(([, { ip = [] }]) => ip))]
  return vips.map((vip) => {
    const holders = ours.filter(([, { ip = [] }]) => ip.includes(vip))
    const ballots = holders.map(([name, service]) => ({
      name,
      service,
      ranks: ranked(service, cluster, nodes, served),
    }))
    const votes = ballots.flatMap(({ name, ranks }) => votesOf(name, ranks, nodes, cluster))
    const speakers = nodes
      .filter((node) => node.name !== ending.from)
      .flatMap((node) => {
        const won = ballots.filter(({ name }) =>
          votes.some((vote) => vote.service === name && vote.by === node.name && vote.elects === node.name),
        )
        return speakerAnswers(
          node,
          vip,
          won.map(({ service }) => service),
          ending,
        )
      })
    const answers = [...speakers, ...kernelAnswers(vip, ending, nodes)]
    return { vip, nodes, ending, votes, ranks: ballots.map(({ ranks }) => ranks), answers }
  })
}

/** With memberlist off everybody elects among all nodes, else each among those it counts. */
function votesOf(
  service: string,
  ranks: readonly string[],
  nodes: readonly CastNode[],
  { memberlist }: ClusterStory,
): Vote[] {
  return nodes
    .filter(({ runs }) => runs)
    .map(({ name, view, isConfigured }) => {
      const winner = ranks.find((node) => memberlist === 'off' || view.includes(node)) ?? null
      return { service, by: name, elects: isConfigured ? winner : null }
    })
}

function speakerAnswers(
  node: CastNode,
  vip: Ip,
  won: readonly ServiceStory[],
  { cluster, announced }: Ending,
): Heard[] {
  const isElected = won.length > 0
  const isTold = announced.get(`${node.name} ${vip}`) ?? (node.follows && isElected)
  if (!node.runs || node.isMuted || node.isDeaf || !isTold) return []
  const lists = won.map((service) => nicsFor(service, node, cluster))
  const named = lists.includes(null) ? null : lists.flatMap((list) => list ?? [])
  const nics = isElected && named ? node.nics.filter((nic) => named.includes(nic)) : node.nics
  return nics.length > 0 ? [{ host: node.name, as: 'speaker', macs: nics.length }] : []
}

function kernelAnswers(vip: Ip, { hosts, claimed, gone, from }: Ending, nodes: readonly CastNode[]): Heard[] {
  const owners = hostsThat(hosts, ({ owns }) => owns, vip)
  const claims = [...claimed].filter(([pair, is]) => is && pair.endsWith(` ${vip}`))
  const claimants = claims.map(([pair]) => pair.split(' ')[0]!)
  const hold = [...owners, ...claimants].filter((host) => claimed.get(`${host} ${vip}`) !== false)
  const proxies = hostsThat(hosts, (host) => host.proxies, vip)
  const heard = (host: string, as: Heard['as']): Heard => ({
    host,
    as,
    macs: nodes.find(({ name }) => name === host)?.nics.length ?? 1,
  })
  const isHeard = ({ host }: Heard): boolean => !gone.has(host) && host !== from
  const kernels = [...new Set(hold)].map((host) => heard(host, 'kernel'))
  return [...kernels, ...proxies.map((host) => heard(host, 'proxy'))].filter(isHeard)
}

/** Hosts of whose networks one holds the address. */
function hostsThat(
  hosts: Ending['hosts'],
  networks: (host: Ending['hosts'][string]) => readonly string[] | undefined,
  vip: Ip,
): string[] {
  return Object.entries(hosts).flatMap(([name, host]) =>
    (networks(host) ?? []).some((one) => holds(one, vip)) ? [name] : [],
  )
}

function holds(network: string, vip: Ip): boolean {
  const prefix = parsePrefix(network)
  return prefix ? contains(prefix, vip) : parseIp(network) === vip
}
