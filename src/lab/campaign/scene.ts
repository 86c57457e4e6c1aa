import { contains, parseIp, parsePrefix, type Ip } from '../../core/ip.ts'
import type { ClusterStory, ServiceStory } from '../cluster/shape.ts'
import { isOurs, nicsFor, ranked, type Served } from './ballot.ts'
import { hostsOf } from '../hosts.ts'
import { castOf, type CastNode, type Noticed } from './cast.ts'
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
  /** Its name; for a node that answers with a MAC of the past, nobody's. */
  readonly host: string
  /** `proxy`: its kernel answers for a whole network that it would forward to. */
  readonly as: 'speaker' | 'kernel' | 'proxy'
  readonly nics: readonly string[]
}

export function scenesOf(ending: Ending, noticed: Noticed): Scene[] {
  const { cluster, gone } = ending
  const nodes = castOf(ending, noticed)
  const served: Served = ({ endpoints }, node) =>
    (endpoints ?? nodes.map(({ name }) => name)).includes(node) &&
    nodes.some(({ name }) => name === node) &&
    (noticed !== 'everything' || !gone.has(node))
  const holders = Object.entries(cluster.services).filter(([, service]) => isOurs(service, cluster))
  const vips = [...new Set(holders.flatMap(([, { ip = [] }]) => ip))]
  return vips.map((vip) => {
    const services = holders.filter(([, { ip = [] }]) => ip.includes(vip))
    return sceneOf({ vip, nodes, ending, services, served })
  })
}

interface Stage extends Pick<Scene, 'vip' | 'nodes' | 'ending'> {
  readonly services: readonly (readonly [name: string, service: ServiceStory])[]
  readonly served: Served
}

function sceneOf(stage: Stage): Scene {
  const { vip, nodes, ending, services, served } = stage
  const { cluster, from } = ending
  const ranks = services.map(([, service]) => ranked(service, cluster, nodes, served))
  const running = nodes.filter(({ runs }) => runs)
  const votes = services.flatMap(([service], index) =>
    running.map((node) => ({ service, by: node.name, elects: winnerOf(ranks[index]!, node, cluster) })),
  )
  const answers = [
    ...running.flatMap((node) => speakerAnswers(node, stage)),
    ...kernelAnswers(vip, ending, nodes),
  ]
  return { vip, nodes, ending, votes, ranks, answers: answers.filter(({ host }) => host !== from) }
}

/** With memberlist off everybody elects among all nodes, else each among those it counts. */
function winnerOf(ranks: readonly string[], { view }: CastNode, { memberlist }: ClusterStory): string | null {
  return ranks.find((node) => memberlist === 'off' || view.includes(node)) ?? null
}

/** A speaker decides by the configuration that it runs on, which may not be what the API holds. */
function speakerAnswers(node: CastNode, { vip, nodes, ending, services, served }: Stage): Heard[] {
  const { name, isMuted, isDeaf, isFar, isOutdated, follows, answersOn } = node
  const cluster = { ...ending.cluster, ...node.config }
  const won = services.filter(
    ([, service]) => winnerOf(ranked(service, cluster, nodes, served), node, cluster) === name,
  )
  const isTold = ending.announced.get(`${name} ${vip}`) ?? (follows && won.length > 0)
  if (isMuted || isDeaf || isFar || !isTold) return []
  const lists = follows ? won.map(([, service]) => nicsFor(service, node, cluster)) : [null]
  const isAny = won.length === 0 || lists.includes(null)
  const nics = node.nics.filter(
    (nic) => answersOn.includes(nic) && (isAny || lists.some((list) => list?.includes(nic))),
  )
  return nics.length > 0 ? [{ host: isOutdated ? `${name} of old` : name, as: 'speaker', nics }] : []
}

function kernelAnswers(vip: Ip, { hosts, claimed, gone }: Ending, nodes: readonly CastNode[]): Heard[] {
  const own = hostsOf(hosts).flatMap(({ name, address }) => (address === vip ? name : []))
  const owners = hostsThat(hosts, ({ owns }) => owns, vip)
  const claims = [...claimed].filter(([pair, is]) => is && pair.endsWith(` ${vip}`))
  const claimants = claims.map(([pair]) => pair.split(' ')[0]!)
  const holding = [...own, ...owners, ...claimants].filter((host) => claimed.get(`${host} ${vip}`) !== false)
  const proxies = hostsThat(hosts, (host) => host.proxies, vip)
  const heard = (host: string, as: Heard['as']): Heard => {
    return { host, as, nics: nodes.find(({ name }) => name === host)?.nics ?? ['eno1'] }
  }
  const kernels = [...new Set(holding)].map((host) => heard(host, 'kernel'))
  const isHeard = ({ host }: Heard): boolean =>
    !gone.has(host) && !nodes.some(({ name, isFar }) => name === host && isFar)
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
