import type {
  BgpAdvertisement,
  ConfigurationState,
  DaemonPod,
  EndpointSlice,
  InputName,
  IpAddressPool,
  L2Advertisement,
  NicRecord,
  Node,
  OtherAnnouncer,
  Service,
  ServiceEvent,
  ServiceL2Status,
  SpeakerDaemonSet,
  SpeakerPod,
} from '../core/cluster.ts'
import { nicRecordOf, otherAnnouncerOf, RECORD_LABEL } from './narrow/leases.ts'
import { DAEMON_LABEL, daemonPodOf } from './narrow/daemons.ts'
import {
  bgpAdvertisementOf,
  configurationStateOf,
  l2AdvertisementOf,
  l2StatusOf,
  poolOf,
} from './narrow/metallb.ts'
import { nodeOf } from './narrow/nodes.ts'
import { endpointSliceOf, serviceEventOf, serviceOf } from './narrow/services.ts'
import { speakerDaemonSetOf, speakerPodOf } from './narrow/speakers.ts'
import type { Resource, Variant } from './resource.ts'

/** Inputs that are lists of objects, and what is kept of each. */
export interface Kinds {
  readonly services: Service
  readonly endpointSlices: EndpointSlice
  readonly nodes: Node
  readonly speakerPods: SpeakerPod
  readonly speakerDaemonSets: SpeakerDaemonSet
  readonly pools: IpAddressPool
  readonly l2Advertisements: L2Advertisement
  readonly bgpAdvertisements: BgpAdvertisement
  readonly l2Statuses: ServiceL2Status
  readonly configurationStates: ConfigurationState
  readonly events: ServiceEvent
  readonly nicRecords: NicRecord
  readonly daemonPods: DaemonPod
  readonly otherAnnouncers: OtherAnnouncer
}
export type ListInput = keyof Kinds & InputName

const METALLB = '/apis/metallb.io/v1beta1'

/** Services select by type since Kubernetes 1.31; older servers answer 400 and are asked for all. */
const services: Resource<Service> = {
  input: 'services',
  name: 'services',
  namespace: null,
  variants: [
    { path: '/api/v1/services', query: { fieldSelector: 'spec.type=LoadBalancer' } },
    { path: '/api/v1/services' },
  ],
  keep: serviceOf,
}

/** v1 since Kubernetes 1.21. */
const endpointSlices: Resource<EndpointSlice> = {
  input: 'endpointSlices',
  name: 'endpointslices.discovery.k8s.io',
  namespace: null,
  variants: [
    { path: '/apis/discovery.k8s.io/v1/endpointslices' },
    { path: '/apis/discovery.k8s.io/v1beta1/endpointslices' },
  ],
  keep: endpointSliceOf,
}

const nodes: Resource<Node> = {
  input: 'nodes',
  name: 'nodes',
  namespace: null,
  variants: [{ path: '/api/v1/nodes' }],
  keep: nodeOf,
}

export const events: Resource<ServiceEvent> = {
  input: 'events',
  name: 'events',
  namespace: null,
  variants: [
    {
      path: '/api/v1/events',
      query: { fieldSelector: 'involvedObject.kind=Service,source=metallb-speaker' },
    },
  ],
  keep: serviceEventOf,
}

/**
 * kube-system alone: Cilium is there by default, and so is kube-vip's one Lease for all. One request, and a Role in one
 * namespace; kube-vip's election for each Service leaves its mark on the Service itself.
 */
export const otherAnnouncers: Resource<OtherAnnouncer> = {
  input: 'otherAnnouncers',
  name: 'leases.coordination.k8s.io',
  namespace: 'kube-system',
  variants: [{ path: '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases' }],
  keep: otherAnnouncerOf,
}

/** All pods of MetalLB's namespace: no one selector finds both the manifests' speakers and the chart's. */
function speakerPods(namespace: string): Resource<SpeakerPod> {
  const variants = [{ path: `/api/v1/namespaces/${namespace}/pods` }]
  return { input: 'speakerPods', name: 'pods', namespace, variants, keep: speakerPodOf }
}

function speakerDaemonSets(namespace: string): Resource<SpeakerDaemonSet> {
  const variants = [{ path: `/apis/apps/v1/namespaces/${namespace}/daemonsets` }]
  return {
    input: 'speakerDaemonSets',
    name: 'daemonsets.apps',
    namespace,
    variants,
    keep: speakerDaemonSetOf,
  }
}

function pools(namespace: string): Resource<IpAddressPool> {
  return ofMetallb('pools', 'ipaddresspools', namespace, poolOf)
}

function l2Advertisements(namespace: string): Resource<L2Advertisement> {
  return ofMetallb('l2Advertisements', 'l2advertisements', namespace, l2AdvertisementOf)
}

function bgpAdvertisements(namespace: string): Resource<BgpAdvertisement> {
  return ofMetallb('bgpAdvertisements', 'bgpadvertisements', namespace, bgpAdvertisementOf)
}

function configurationStates(namespace: string): Resource<ConfigurationState> {
  return ofMetallb('configurationStates', 'configurationstates', namespace, configurationStateOf)
}

/** `alsoElsewhere`: v0.14.4 and v0.14.5 wrote them in each Service's namespace; a daemon's role does not reach there. */
function l2Statuses(namespace: string, alsoElsewhere: boolean): Resource<ServiceL2Status> {
  const own = ofMetallb('l2Statuses', 'servicel2statuses', namespace, l2StatusOf)
  const all: Variant = { path: `${METALLB}/servicel2statuses`, wide: true }
  return alsoElsewhere ? { ...own, variants: [all, ...own.variants] } : own
}

/** Null: whichever namespace an arpcheck daemon runs in. */
function nicRecords(namespace: string | null): Resource<NicRecord> {
  const labelSelector = selecting(RECORD_LABEL)
  const where = namespace === null ? '' : `/namespaces/${namespace}`
  return {
    input: 'nicRecords',
    name: 'leases.coordination.k8s.io',
    namespace,
    variants: [{ path: `/apis/coordination.k8s.io/v1${where}/leases`, query: { labelSelector } }],
    keep: nicRecordOf,
  }
}

/** Who of the daemons lives. A one-shot has no use for it. */
export function daemonPods(namespace: string): Resource<DaemonPod> {
  const query = { labelSelector: selecting(DAEMON_LABEL) }
  const variants = [{ path: `/api/v1/namespaces/${namespace}/pods`, query }]
  return { input: 'daemonPods', name: 'pods', namespace, variants, keep: daemonPodOf }
}

function selecting(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

function ofMetallb<T>(
  input: InputName,
  plural: string,
  namespace: string,
  keep: Resource<T>['keep'],
): Resource<T> {
  const variants = [{ path: `${METALLB}/namespaces/${namespace}/${plural}` }]
  return { input, name: `${plural}.metallb.io`, namespace, variants, keep }
}

/** Resources by the input that they are. */
export type ResourcesOf<Name extends ListInput> = { readonly [Key in Name]: Resource<Kinds[Key]> }

/** What does not depend on where MetalLB runs. */
export function everywhere(
  nicNamespace: string | null,
): ResourcesOf<'services' | 'endpointSlices' | 'nodes' | 'nicRecords'> {
  return { services, endpointSlices, nodes, nicRecords: nicRecords(nicNamespace) }
}

export type MetallbList = Exclude<
  ListInput,
  'services' | 'endpointSlices' | 'nodes' | 'nicRecords' | 'daemonPods' | 'otherAnnouncers' | 'events'
>

/** What is read in MetalLB's namespace. */
export function inMetallb(namespace: string, statusesEverywhere: boolean): ResourcesOf<MetallbList> {
  return {
    speakerPods: speakerPods(namespace),
    speakerDaemonSets: speakerDaemonSets(namespace),
    pools: pools(namespace),
    l2Advertisements: l2Advertisements(namespace),
    bgpAdvertisements: bgpAdvertisements(namespace),
    l2Statuses: l2Statuses(namespace, statusesEverywhere),
    configurationStates: configurationStates(namespace),
  }
}
