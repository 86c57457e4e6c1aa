import * as z from 'zod'
import { parseRange } from '../../announcers/metallb/ranges.ts'
import { parseVersion } from '../../announcers/metallb/version.ts'
import { isIpv4, parsePrefix } from '../../core/ip.ts'
import { anyIpText, hostName, object, oneOf } from '../words.ts'
import { GRANTS } from './access.ts'

// What a story may say of its cluster. Read values are valid texts again: a step's change is laid over them.

/** How the API answers; see `api.ts`. */
export const API_STATES = ['up', 'away', 'frozen', 'failing'] as const
export type ApiState = (typeof API_STATES)[number]

/** A name of Kubernetes: lower-case words joined by dashes. */
const objectName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
  error: ({ input }) =>
    `${JSON.stringify(input)} is no name of an object (lower-case letters, digits, dashes)`,
})

/** `traefik`, or `ingress/traefik` where it is not in the namespace `default`. */
const serviceName = z.string().regex(/^([a-z0-9][a-z0-9-]*\/)?[a-z0-9][a-z0-9-]*$/, {
  error: ({ input }) => `${JSON.stringify(input)} is no Service: write NAME or NAMESPACE/NAME`,
})

const labels = z.record(z.string().min(1), z.coerce.string())
/** Each set is a selector of its own: one that matches is enough. */
const labelSets = z.union([labels, z.array(labels).min(1)])

const release = z.string().refine((text) => parseVersion(text) !== undefined, {
  error: ({ input }) => `${JSON.stringify(input)} is no release of MetalLB, such as v0.16.1`,
})

const range = z.string().refine((text) => parseRange(text) !== undefined, {
  error: ({ input }) => `${JSON.stringify(input)} is no network and no FIRST-LAST`,
})

const podNetwork = z.string().refine(
  (text) => {
    const prefix = parsePrefix(text)
    return prefix !== undefined && isIpv4(prefix.base) && prefix.bits < 31
  },
  { error: ({ input }) => `${JSON.stringify(input)} is no IPv4 network for pods, such as 10.42.0.0/24` },
)

const node = object({
  /** False: the API says NotReady from the start. */
  ready: z.boolean().optional(),
  labels: labels.optional(),
  podCIDR: podNetwork.optional(),
  /** `kubectl cordon`: MetalLB v0.14.9 alone cares. */
  cordoned: z.boolean().optional(),
  /** The speaker's pod: `absent` is a node without one, where nobody answers either. */
  pod: oneOf(['ready', 'not-ready', 'absent'], 'state of a pod').optional(),
  /** Its own release, in the middle of a roll-out. */
  version: release.optional(),
  /** Its speaker has no configuration since its start, or keeps the one from before the change that says so. */
  config: oneOf(['none', 'stale'], 'state of a configuration').optional(),
  /** The condition that some network plugins set. */
  networkUnavailable: z.boolean().optional(),
  /** `kubectl delete node`: its pods go with it, the members' memory of it does not. */
  removed: z.boolean().optional(),
  /** What is wrong with its memberlist, as seen from outside. */
  memberlist: oneOf(['refused', 'silent', 'wrong-key', 'no-key'], 'fault of a memberlist').optional(),
  /** How its metrics cannot be read; `proxied`: before v0.16.0, by TLS alone, through a proxy beside the speaker. */
  metrics: oneOf(['refused', 'silent', 'denied', 'proxied'], 'fault of metrics').optional(),
})

const port = z.string().regex(/^\d{1,5}\/(TCP|UDP)$/, {
  error: ({ input }) => `${JSON.stringify(input)} is no port: write NUMBER/TCP or NUMBER/UDP`,
})

const service = object({
  /** As the status has them: the first decides the election. */
  ip: oneOrMore(anyIpText).optional(),
  type: oneOf(['LoadBalancer', 'NodePort', 'ClusterIP'], 'type of Service').optional(),
  policy: oneOf(['Cluster', 'Local'], 'traffic policy').optional(),
  /** 80/TCP where left out. */
  ports: z.array(port).min(1).optional(),
  class: z.string().min(1).optional(),
  /** Nodes that have an endpoint; all where left out. */
  endpoints: z.array(hostName).optional(),
  /** The sharing key of an address that several Services have. */
  shares: z.string().min(1).optional(),
  labels: labels.optional(),
  annotations: labels.optional(),
})

const pool = object({ addresses: oneOrMore(range), labels: labels.optional() })

const advertisement = object({
  /** All pools where left out. */
  pools: z.array(objectName).optional(),
  /** Labels of the nodes that may announce, or several sets of them; all where left out. */
  nodes: labelSets.optional(),
  /** Nodes that come first (v0.16.2). */
  prefers: z.array(object({ nodes: labels, weight: z.int().min(1).max(100) })).optional(),
  interfaces: z.array(z.string()).optional(),
  /** Labels of the Services that it is for, or several sets of them; all where left out. */
  services: labelSets.optional(),
})

/** Controllers that announce beside MetalLB; what answers there is a fault of the story. */
const beside = object({
  /** Service → node that holds Cilium's Lease for it. */
  cilium: z.record(serviceName, hostName).default({}),
  /** Node that holds kube-vip's one Lease for all Services. */
  kubeVip: hostName.optional(),
  /** Services that K3s ServiceLB serves: it has written their addresses, and has a pod for each on every node. */
  servicelb: z.array(serviceName).default([]),
})
const NOBODY: Beside = { cilium: {}, servicelb: [] }

const DEFAULT_POOL = { default: { addresses: ['192.168.1.60-192.168.1.79'] } }
const DEFAULT_ADVERTISEMENT = { default: { pools: ['default'] } }

export const clusterShape = object({
  /** The speakers' release; `none`: no MetalLB at all. */
  metallb: z.union([z.literal('none'), release]).default('v0.16.1'),
  /** What is particular about a node; nuc-1 to nuc-4 are nodes anyway, other hosts by being named. */
  nodes: z.record(hostName, node).default({}),
  pools: z.record(objectName, pool).default(DEFAULT_POOL),
  l2: z.record(objectName, advertisement).default(DEFAULT_ADVERTISEMENT),
  bgp: z.record(objectName, object({ pools: z.array(objectName).optional() })).default({}),
  services: z.record(serviceName, service).default({}),
  /** Service → node that its ServiceL2Status names; whoever really announces where left out. */
  records: z.record(serviceName, hostName).default({}),
  /** Speaker → whom it takes for a member; all that live where left out. */
  views: z.record(hostName, z.array(hostName)).default({}),
  /** How the speakers' memberlists speak to each other; `off`: they have none. */
  memberlist: oneOf(['sealed', 'open', 'off'], 'state of the memberlist').default('sealed'),
  /** `config.json` of the ConfigMap metallb-memberlist-config (v0.16.0); `fast`: timers that drop a node within a second. */
  memberlistConfig: z.string().min(1).optional(),
  /** What else announces in the cluster. */
  others: beside.default(NOBODY),
  /** Nodes whose arpcheck has written down its NICs: all, none, or these. */
  nics: z.union([z.boolean(), z.array(hostName)]).default(false),
  /** `arpcheck daemon` on every node from the start, and its flags. */
  daemons: z.union([z.boolean(), z.array(z.string())]).default(false),
  /** Inputs that arpcheck may not read. */
  denied: z.array(oneOf(keysOf(GRANTS), 'input')).default([]),
  api: oneOf(API_STATES, 'state of the API').default('up'),
})

/** A cluster as a story tells it, at one moment. */
export type ClusterStory = z.infer<typeof clusterShape>
export type ServiceStory = ClusterStory['services'][string]
export type Beside = z.infer<typeof beside>
export type NodeStory = ClusterStory['nodes'][string]
/** What a speaker takes from the API as one whole, and refuses as one whole. */
export type Configuration = Pick<ClusterStory, 'pools' | 'l2'>

/** One value stands for a list of one. */
function oneOrMore<Item extends z.ZodType>(item: Item) {
  return z.preprocess((told) => (Array.isArray(told) ? told : [told]), z.array(item).min(1))
}

function keysOf<Key extends string>(table: Readonly<Record<Key, unknown>>): readonly Key[] {
  return Object.keys(table) as Key[]
}
