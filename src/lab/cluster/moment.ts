import { PLAIN_PORT, TLS_PORT } from '../../announcers/metallb/metrics.ts'
import { atLeast, parseVersion } from '../../announcers/metallb/version.ts'
import { BRIDGE, type LabHost } from '../hosts.ts'
import { parsePrefix, ipv4Number, ipv4Of, type Ip } from '../../core/ip.ts'
import { keyOf } from './keys.ts'
import type { Life } from './life.ts'
import type { ClusterStory, Configuration, NodeStory, ServiceStory } from './shape.ts'

/** A cluster at one moment: what the story says of it, and what has become of it since. */
export interface Moment {
  readonly story: ClusterStory
  readonly nodes: readonly ClusterNode[]
  readonly life: Life
  /** Speaker → the configuration that it kept, where it does not run on what the API holds. */
  readonly kept: ReadonlyMap<string, Configuration>
}

/** A host that is a node of the cluster. */
export interface ClusterNode extends Readonly<NodeStory> {
  readonly name: string
  readonly address: Ip
  readonly podCIDR: string
  readonly pod: 'ready' | 'not-ready' | 'absent'
  /** Names of its interfaces, whatever their state: all that MetalLB knows when an advertisement names some. */
  readonly links: readonly string[]
  /** The release of its speaker. */
  readonly version: string
}

/** These are nodes of every cluster, as long as their hosts exist. */
const NODES = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']

/** Which of the hosts are nodes of a cluster. */
export function nodeNames({ nodes }: ClusterStory, hostNames: readonly string[]): string[] {
  return [...new Set([...NODES, ...Object.keys(nodes)])].filter((name) => hostNames.includes(name))
}

/** The nodes of a cluster, on the hosts that there are. */
export function nodesOf(story: ClusterStory, hosts: readonly NodeHost[]): ClusterNode[] {
  const { metallb } = story
  const byName = new Map(hosts.map((host) => [host.name, host]))
  return nodeNames(story, [...byName.keys()]).map((name, i) => {
    const told = story.nodes[name] ?? {}
    const { address, nics, bridge } = byName.get(name)!
    return {
      ...told,
      name,
      address,
      links: [...nics.map((nic) => nic.name), ...(bridge === null ? [] : [BRIDGE])],
      // K3s gives the first node 10.42.0.0/24, the second 10.42.1.0/24
      podCIDR: told.podCIDR ?? `10.42.${i}.0/24`,
      pod: metallb === 'none' || told.removed ? 'absent' : (told.pod ?? 'ready'),
      version: told.version ?? metallb,
    }
  })
}
type NodeHost = Pick<LabHost, 'name' | 'address' | 'nics' | 'bridge'>

/** Nodes that the API still has. */
export function listedNodes({ nodes }: Moment): ClusterNode[] {
  return nodes.filter(({ removed }) => !removed)
}

/** What a speaker runs on; without any it is a member all the same (membership starts before readiness). */
export function configurationOf({ name, config }: ClusterNode, { story, kept }: Moment): Configuration {
  return config === 'none' ? { pools: {}, l2: {} } : (kept.get(name) ?? story)
}

/** The first address of a node's pod network, which network plugins give to the bridge `cni0`. */
export function podGatewayOf(podCIDR: string): { readonly address: Ip; readonly bits: number } {
  const { base, bits } = parsePrefix(podCIDR)!
  return { address: ipv4Of(ipv4Number(base) + 1), bits }
}

/** A speaker's command line. Without an address to bind to it starts no memberlist (internal/speakerlist: New). */
export function speakerArgs({ memberlist }: ClusterStory, version: string): string[] {
  const port = servesByTls(version) ? TLS_PORT : PLAIN_PORT
  return [`--port=${port}`, '--log-level=info', ...(memberlist === 'off' ? ['--ml-bindaddr='] : [])]
}

/** Whether a release serves its metrics by TLS, to those alone whom the API server knows (v0.16.0, #2979). */
export function servesByTls(version: string): boolean {
  return atLeast(parseVersion(version)!, [0, 16, 0])
}

/** Nodes whose speaker runs. */
export function speakersOf({ nodes, life }: Moment): ClusterNode[] {
  return nodes.filter(({ name, pod }) => pod !== 'absent' && !life.off.has(name))
}

/** Whom a speaker takes for a member: what the story says, or else all that it can reach and that have its key. */
export function viewOf(speaker: string, moment: Moment): readonly string[] {
  const { story, life } = moment
  const told = story.views[speaker]
  if (told !== undefined) return told
  const withPod = moment.nodes.filter(({ pod }) => pod !== 'absent')
  const own = withPod.find(({ name }) => name === speaker)
  if (!own || life.dropped.has(speaker)) return [speaker]
  const key = keyOf(own, story)
  const others = withPod.filter((node) => !life.dropped.has(node.name) && keyOf(node, story) === key)
  return others.map(({ name }) => name)
}

export interface ServiceKey {
  readonly namespace: string
  readonly name: string
}

/** `traefik` is `default/traefik`. */
export function serviceKey(told: string): ServiceKey {
  const [first = '', second] = told.split('/')
  return second === undefined ? { namespace: 'default', name: first } : { namespace: first, name: second }
}

/** One pod on each of these nodes; it serves as long as the API server hears of the node. */
export function endpointsOf(service: ServiceStory, moment: Moment): { node: string; serves: boolean }[] {
  const { life } = moment
  const listed = listedNodes(moment).map(({ name }) => name)
  const on = service.endpoints?.filter((node) => listed.includes(node)) ?? listed
  return on.map((node) => ({ node, serves: !life.unheard.has(node) }))
}

/** What a Service's annotations hold, as its author wrote them. */
export function annotationsOf({ shares, annotations = {} }: ServiceStory): Readonly<Record<string, string>> {
  return { ...(shares !== undefined && { 'metallb.io/allow-shared-ip': shares }), ...annotations }
}
