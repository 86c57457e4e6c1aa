import { hashOf } from '../../announcers/metallb/order.ts'
import { inRange, parseRange } from '../../announcers/metallb/ranges.ts'
import type { Ip } from '../../core/ip.ts'
import type { ClusterStory, ServiceStory } from '../cluster/shape.ts'
import { isFrom, type CastNode } from './cast.ts'

// Who may announce a Service, and in which order. Written down a second time, from MetalLB's own words, for the stories
// of the lab alone; with the announcer it shares the hash, which is held against MetalLB's code elsewhere.

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers'

/** Nodes that may announce a Service, best first, whoever is a member. */
export function ranked(
  service: ServiceStory,
  cluster: ClusterStory,
  nodes: readonly CastNode[],
  served: Served,
): string[] {
  const [first] = service.ip ?? []
  const ads = advertisementsOf(service, cluster)
  if (first === undefined || ads.length === 0 || !isAnnounced(service, cluster, served)) return []
  const free = nodes.filter(
    (node) => mayStand(node, cluster) && ads.some((ad) => selects(ad.nodes, node.labels)),
  )
  const local = free.filter(({ name }) => service.policy !== 'Local' || served(service, name))
  return local.map(({ name }) => name).sort((a, b) => (hashOf(a, first) < hashOf(b, first) ? -1 : 1))
}

/** Whether an endpoint of the Service on that node can serve. */
export type Served = (service: ServiceStory, node: string) => boolean

/** Whether MetalLB has anything to do with a Service: its class, and an address of one of its pools. */
export function isOurs(
  { ip = [], class: of, type = 'LoadBalancer' }: ServiceStory,
  cluster: ClusterStory,
): boolean {
  return type === 'LoadBalancer' && of === undefined && ip.some((one) => poolOf(one, cluster) !== undefined)
}

/** NICs that a node may answer on for a Service; null: all. */
export function nicsFor(
  service: ServiceStory,
  node: CastNode,
  cluster: ClusterStory,
): readonly string[] | null {
  const own = advertisementsOf(service, cluster).filter((ad) => selects(ad.nodes, node.labels))
  if (!isFrom(cluster, 0, 13, 6) || own.some(({ interfaces = [] }) => interfaces.length === 0)) return null
  return own.flatMap(({ interfaces = [] }) => interfaces)
}

function advertisementsOf({ ip = [], labels = {} }: ServiceStory, cluster: ClusterStory) {
  const pool = ip[0] && poolOf(ip[0], cluster)
  const ads = Object.values(cluster.l2).filter(
    ({ pools }) => pool !== undefined && (pools?.includes(pool) ?? true),
  )
  return isFrom(cluster, 0, 16, 0) ? ads.filter(({ services }) => selects(services, labels)) : ads
}

function poolOf(ip: Ip, { pools }: ClusterStory): string | undefined {
  const holds = (text: string): boolean => inRange(parseRange(text)!, ip)
  return Object.keys(pools).find((name) => pools[name]!.addresses.some(holds))
}

function mayStand({ labels, isCordoned, isUnavailable }: CastNode, cluster: ClusterStory): boolean {
  if (cluster.metallb === 'v0.14.9' && isCordoned) return false
  if (isFrom(cluster, 0, 13, 10) && isUnavailable) return false
  return !(isFrom(cluster, 0, 14, 0) && Object.hasOwn(labels, EXCLUDED))
}

/** One endpoint anywhere is enough; without a memberlist older releases announce nothing (#2425). */
function isAnnounced(service: ServiceStory, cluster: ClusterStory, served: Served): boolean {
  if (cluster.memberlist === 'off' && !isFrom(cluster, 0, 15, 0)) return false
  const refused = isFrom(cluster, 0, 16, 2) && service.shares !== undefined
  if (refused && advertisementsOf(service, cluster).some(({ services }) => services !== undefined))
    return false
  return (service.endpoints ?? ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']).some((node) => served(service, node))
}

type Labels = Readonly<Record<string, string>>

/** One set of several is enough. */
function selects(wanted: Labels | readonly Labels[] | undefined, labels: Labels): boolean {
  const sets = [wanted ?? {}].flat()
  return sets.some((set) => Object.entries(set).every(([key, value]) => labels[key] === value))
}
