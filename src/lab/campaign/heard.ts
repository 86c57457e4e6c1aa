import { contains, parseIp, parsePrefix, type Ip } from '../../core/ip.ts'
import type { ClusterStory, ServiceStory } from '../cluster/shape.ts'
import { hostsOf } from '../hosts.ts'
import { nicsFor, ranked, type Served } from './ballot.ts'
import type { CastNode } from './cast.ts'
import type { Ending } from './ending.ts'
import type { Scene } from './scene.ts'

export interface Heard {
  /** Its name; for a node that answers with a MAC of the past, nobody's. */
  readonly host: string
  /** `proxy`: its kernel answers for a whole network that it would forward to. */
  readonly as: 'speaker' | 'kernel' | 'proxy'
  readonly nics: readonly string[]
}

/** A VIP before it is known who answers. */
export interface Stage extends Pick<Scene, 'vip' | 'nodes' | 'ending'> {
  readonly services: readonly (readonly [name: string, service: ServiceStory])[]
  readonly served: Served
}

/** Who is heard answering, wherever arpcheck asks. */
export function heardIn(stage: Stage): Heard[] {
  const { vip, nodes, ending } = stage
  const running = nodes.filter(({ runs }) => runs)
  return [...running.flatMap((node) => speakerAnswers(node, stage)), ...kernelAnswers(vip, ending, nodes)]
}

/** With memberlist off everybody elects among all nodes, else each among those it counts. */
export function winnerOf(
  ranks: readonly string[],
  { view }: CastNode,
  { memberlist }: ClusterStory,
): string | null {
  return ranks.find((node) => memberlist === 'off' || view.includes(node)) ?? null
}

/** Services that a speaker announces the address for, by the configuration that it runs on, whatever the API holds. */
function wonBy(node: CastNode, { nodes, ending, services, served }: Stage): ServiceStory[] {
  const cluster = { ...ending.cluster, ...node.config }
  const isWon = (service: ServiceStory): boolean =>
    winnerOf(ranked(service, cluster, nodes, served), node, cluster) === node.name
  return services.map(([, service]) => service).filter(isWon)
}

/** Whether a speaker believes that it announces the address: as elected, or as a story told it. */
export function isClaimedBy(node: CastNode, stage: Stage): boolean {
  const told = stage.ending.announced.get(`${node.name} ${stage.vip}`)
  return node.runs && (told ?? (node.follows && wonBy(node, stage).length > 0))
}

function speakerAnswers(node: CastNode, stage: Stage): Heard[] {
  const { name, isMuted, isDeaf, isFar, isOutdated, follows, answersOn } = node
  if (isMuted || isDeaf || isFar || !isClaimedBy(node, stage)) return []
  const cluster = { ...stage.ending.cluster, ...node.config }
  const won = follows ? wonBy(node, stage) : []
  const lists = won.map((service) => nicsFor(service, node, cluster))
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

export function nicsHeard({ answers }: Scene, host: string): string[] {
  return answers.flatMap((answer) => (answer.host === host ? answer.nics : []))
}

export function isKernelHeard({ answers }: Scene, host: string): boolean {
  return answers.some((answer) => answer.host === host && answer.as === 'kernel')
}

/** And its speaker keeps silent. */
export function isByKernel({ answers }: Scene, host: string): boolean {
  const own = answers.filter((answer) => answer.host === host)
  return own.every(({ as }) => as === 'kernel')
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
