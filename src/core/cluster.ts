import type { Ip } from './ip.ts'
import type { Mac } from './mac.ts'

/**
 * One moment of a cluster, narrowed to what decides who answers for a VIP. Whole snapshots, never deltas.
 * Every time is in milliseconds since 1970 by the API server's clock (its `Date` header), null where nothing tells.
 * Lists are in no particular order: no rule may depend on it. What could not be read is an empty list (or null)
 * whose entry in `inputs` says so: an empty list alone proves nothing.
 */
export interface ClusterSnapshot {
  readonly takenAt: EpochMs
  /** Where MetalLB runs; null when no speaker DaemonSet or pod was found. Its resources are read from here alone. */
  readonly metallbNamespace: string | null
  readonly inputs: Readonly<Record<InputName, Input>>
  readonly capabilities: Capabilities
  /** Services of type LoadBalancer; others may be left out. */
  readonly services: readonly Service[]
  readonly endpointSlices: readonly EndpointSlice[]
  readonly nodes: readonly Node[]
  readonly speakerPods: readonly SpeakerPod[]
  readonly speakerDaemonSets: readonly SpeakerDaemonSet[]
  readonly pools: readonly IpAddressPool[]
  readonly l2Advertisements: readonly L2Advertisement[]
  readonly bgpAdvertisements: readonly BgpAdvertisement[]
  readonly l2Statuses: readonly ServiceL2Status[]
  readonly configurationStates: readonly ConfigurationState[]
  readonly events: readonly ServiceEvent[]
  /** Text of `config.json` in ConfigMap `metallb-memberlist-config` (v0.16.0+); null when there is none. */
  readonly memberlistConfig: string | null
  /** `announcedInterfacesToExclude` of ConfigMap `metallb-excludel2` (v0.13.10+): regular expressions. */
  readonly excludedInterfaces: readonly string[] | null
  readonly nicRecords: readonly NicRecord[]
  readonly daemonPods: readonly DaemonPod[]
  /** Leases by which other controllers announce Services. */
  readonly otherAnnouncers: readonly OtherAnnouncer[]
}

/** The same cluster, looked at later: whatever does not depend on how old its lists are need not be made again. */
export function differsInAgesAlone(a: ClusterSnapshot, b: ClusterSnapshot): boolean {
  const isSame = (name: keyof ClusterSnapshot): boolean => a[name] === b[name]
  const names = Object.keys(a) as (keyof ClusterSnapshot)[]
  return (
    names.every((name) => name === 'takenAt' || name === 'inputs' || isSame(name)) &&
    INPUTS.every((name) => isAlike(a.inputs[name].readable, b.inputs[name].readable))
  )
}

function isAlike(a: Readable, b: Readable): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

export type EpochMs = number

export const INPUTS = [
  'services',
  'endpointSlices',
  'nodes',
  'speakerPods',
  'speakerDaemonSets',
  'pools',
  'l2Advertisements',
  'bgpAdvertisements',
  'l2Statuses',
  'configurationStates',
  'events',
  'memberlistConfig',
  'excludedInterfaces',
  'nicRecords',
  'daemonPods',
  'otherAnnouncers',
  'capabilities',
] as const
export type InputName = (typeof INPUTS)[number]

/** How well one kind of resource is known, so that one missing permission degrades one thing. */
export interface Input {
  readonly readable: Readable
  /** How long ago the list was last known to be complete; null when it never was. */
  readonly ageMs: number | null
}

/**
 * `absent`: the resource type, or the one object, does not exist (an old MetalLB has no ServiceL2Status).
 * `denied`: verb, resource and namespace that are missing. `failed`: what the API said otherwise.
 */
export type Readable = 'yes' | 'absent' | { readonly denied: string } | { readonly failed: string }

/** As `failed` of an input that was only begun to be read. */
export const NOT_READ_YET = 'not read yet'

/** What the installed CRDs can hold: asked before any version, because vendors back-port. */
export interface Capabilities {
  /** Plural (`l2advertisements`) → field names of its `spec` in the served schema; null when unknown. */
  readonly crds: Readonly<Record<string, readonly string[]>> | null
}

export interface Service {
  readonly namespace: string
  readonly name: string
  readonly labels: Labels
  /** Only the keys in SERVICE_ANNOTATIONS. */
  readonly annotations: Readonly<Record<string, string>>
  readonly type: string
  readonly loadBalancerClass: string | null
  readonly externalTrafficPolicy: 'Cluster' | 'Local'
  readonly loadBalancerIP: string | null
  readonly ports: readonly ServicePort[]
  /** `status.loadBalancer.ingress`, in its order: the first decides the election. Texts as they stand there. */
  readonly ingress: readonly Ingress[]
  /** Field manager that last wrote `status.loadBalancer` (managedFields). */
  readonly statusWriter: string | null
  readonly createdAt: EpochMs | null
  /** Newest change of spec, labels, one of SERVICE_ANNOTATIONS or the addresses; what was taken away leaves no trace. */
  readonly changedAt: EpochMs | null
  /** `metadata.deletionTimestamp`. */
  readonly deletedAt: EpochMs | null
}

export type Labels = Readonly<Record<string, string>>

export interface ServicePort {
  readonly protocol: string
  readonly port: number
}

export interface Ingress {
  readonly ip: string | null
  readonly hostname: string | null
  readonly ipMode: string | null
}

/** Service annotations that an announcer reads or writes; both prefixes of MetalLB. */
export const SERVICE_ANNOTATIONS = [
  'metallb.io/address-pool',
  'metallb.universe.tf/address-pool',
  'metallb.io/loadBalancerIPs',
  'metallb.universe.tf/loadBalancerIPs',
  'metallb.io/allow-shared-ip',
  'metallb.universe.tf/allow-shared-ip',
  'metallb.io/ip-allocated-from-pool',
  'metallb.universe.tf/ip-allocated-from-pool',
  'kube-vip.io/loadbalancerIPs',
  'kube-vip.io/vipHost',
  'lbipam.cilium.io/ips',
  'io.cilium/lb-ipam-ips',
] as const

/** One EndpointSlice of one Service, by its label `kubernetes.io/service-name`. */
export interface EndpointSlice {
  readonly name: string
  readonly serviceNamespace: string
  readonly serviceName: string
  readonly endpoints: readonly Endpoint[]
  readonly changedAt: EpochMs | null
}

/** Conditions are null where the API leaves them out: that is not false. */
export interface Endpoint {
  readonly addresses: readonly string[]
  readonly nodeName: string | null
  readonly ready: boolean | null
  readonly serving: boolean | null
  readonly terminating: boolean | null
}

export interface Node {
  readonly name: string
  readonly labels: Labels
  readonly ready: Condition | null
  readonly networkUnavailable: Condition | null
  readonly unschedulable: boolean
  readonly internalIps: readonly Ip[]
  readonly externalIps: readonly Ip[]
  /** The first address of each IPv4 `spec.podCIDRs`: where the network plugin's bridge has its own. */
  readonly podGateways: readonly Ip[]
  readonly createdAt: EpochMs | null
  /** Newest change of labels, or cordon; heartbeats do not count. What was taken away leaves no trace. */
  readonly changedAt: EpochMs | null
  readonly deletedAt: EpochMs | null
}

export interface Condition {
  readonly status: 'True' | 'False' | 'Unknown'
  /** `lastTransitionTime`. */
  readonly since: EpochMs | null
}

/** How a speaker was started: of a pod, or of a DaemonSet's template. */
export interface SpeakerSettings {
  /** Image reference of the speaker container. */
  readonly image: string
  /** What follows the program: the rest of `command`, then `args`. */
  readonly args: readonly string[]
  /** Value of each variable; null where it comes from a field, Secret or ConfigMap (set, but not told here). */
  readonly env: Readonly<Record<string, string | null>>
}

export interface SpeakerPod extends SpeakerSettings {
  readonly namespace: string
  readonly name: string
  /** Null while it waits for a node. */
  readonly nodeName: string | null
  readonly podIp: Ip | null
  readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  readonly ready: Condition | null
  /** Name of the DaemonSet that owns it. */
  readonly daemonSet: string | null
  readonly createdAt: EpochMs | null
  /** When the speaker container started last; null while it does not run. */
  readonly startedAt: EpochMs | null
  readonly deletedAt: EpochMs | null
}

export interface SpeakerDaemonSet extends SpeakerSettings {
  readonly namespace: string
  readonly name: string
  readonly labels: Labels
  /** Pods of the newest template, and pods wanted: they differ during a roll-out. */
  readonly updated: number
  readonly desired: number
  readonly changedAt: EpochMs | null
}

export interface LabelSelector {
  readonly matchLabels: Labels
  readonly matchExpressions: readonly LabelExpression[]
}

export interface LabelExpression {
  readonly key: string
  /** `In`, `NotIn`, `Exists` or `DoesNotExist`; the text as it stands. */
  readonly operator: string
  readonly values: readonly string[]
}

export interface IpAddressPool {
  readonly name: string
  readonly labels: Labels
  /** CIDRs and `first-last` ranges, as written. */
  readonly addresses: readonly string[]
  readonly autoAssign: boolean
  readonly avoidBuggyIPs: boolean
  readonly serviceAllocation: ServiceAllocation | null
  readonly changedAt: EpochMs | null
}

/** Decides who may be given an address; never who announces it. */
export interface ServiceAllocation {
  readonly priority: number | null
  readonly namespaces: readonly string[]
  readonly namespaceSelectors: readonly LabelSelector[]
  readonly serviceSelectors: readonly LabelSelector[]
}

export interface L2Advertisement {
  readonly name: string
  readonly ipAddressPools: readonly string[]
  readonly ipAddressPoolSelectors: readonly LabelSelector[]
  readonly nodeSelectors: readonly LabelSelector[]
  readonly interfaces: readonly string[]
  readonly serviceSelectors: readonly LabelSelector[]
  readonly preferredNodeSelectors: readonly PreferredNodeSelector[]
  readonly changedAt: EpochMs | null
}

export interface PreferredNodeSelector {
  readonly weight: number
  readonly preference: LabelSelector
}

export interface BgpAdvertisement {
  readonly name: string
  readonly ipAddressPools: readonly string[]
  readonly ipAddressPoolSelectors: readonly LabelSelector[]
  readonly nodeSelectors: readonly LabelSelector[]
  readonly changedAt: EpochMs | null
}

/** The record of one speaker that it announces one Service, of whichever layout (v0.14.4, v0.14.6, v0.16.0). */
export interface ServiceL2Status {
  readonly name: string
  readonly serviceNamespace: string
  readonly serviceName: string
  readonly node: string
  /** Empty: all interfaces. */
  readonly interfaces: readonly string[]
  /** The speaker pod that owns the record (v0.14.6+). */
  readonly ownerPod: string | null
  readonly createdAt: EpochMs | null
  readonly changedAt: EpochMs | null
}

/** Whether a speaker, or the controller, could use the configuration that the API holds (v0.15.3+). */
export interface ConfigurationState {
  readonly component: 'speaker' | 'controller'
  readonly node: string | null
  readonly result: 'Valid' | 'Invalid' | 'Unknown'
  readonly errorSummary: string
  readonly changedAt: EpochMs | null
}

/** An event on a Service whose reason is `nodeAssigned` or `announceFailed`; MetalLB's message as it stands. */
export interface ServiceEvent {
  readonly serviceNamespace: string
  readonly serviceName: string
  readonly reason: 'nodeAssigned' | 'announceFailed'
  readonly message: string
  readonly count: number
  readonly firstAt: EpochMs | null
  readonly lastAt: EpochMs | null
}

/** What an arpcheck daemon wrote down about its node's NICs (a Lease). */
export interface NicRecord {
  readonly node: string
  readonly nics: readonly NodeNic[]
  readonly changedAt: EpochMs | null
}

/** A Pod that runs an arpcheck daemon, by its labels. */
export interface DaemonPod {
  readonly node: string
  readonly ready: Condition | null
  readonly createdAt: EpochMs | null
}

export interface NodeNic {
  readonly name: string
  readonly mac: Mac
  readonly addresses: readonly { readonly ip: Ip; readonly bits: number }[]
  /** `enslaved`: it has a master (bond, bridge), so that MetalLB answers on that one. */
  readonly state: 'up' | 'down' | 'enslaved'
}

/** A Lease in kube-system by which another controller announces Services. */
export interface OtherAnnouncer {
  readonly by: 'cilium' | 'kube-vip'
  /**
   * What its name says of the Service: NAMESPACE-NAME for Cilium, which two Services may have in common; NAME for
   * kube-vip, in kube-system itself; null for the one Lease of all that kube-vip serves.
   */
  readonly service: string | null
  /** The node that holds it; null once that has let go. */
  readonly node: string | null
  /** By the holder's clock. */
  readonly renewedAt: EpochMs | null
  /** Whoever has not renewed it for so long holds it no more. */
  readonly leaseMs: number | null
}
