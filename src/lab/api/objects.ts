import type { ApiObject } from './kinds.ts'

/** Objects as MetalLB and a small cluster have them, for stories and tests. Times are RFC 3339. */

export const METALLB_NAMESPACE = 'metallb-system'
const METALLB = 'metallb.io/v1beta1'

export interface ServiceSpec {
  readonly name: string
  readonly namespace?: string
  /** `status.loadBalancer.ingress`, in order. */
  readonly ips?: readonly string[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly local?: boolean
  readonly loadBalancerClass?: string
  /** Such as 80/TCP. */
  readonly ports?: readonly string[]
}

export function service({
  name,
  namespace = 'default',
  ips = [],
  ports = ['80/TCP'],
  ...more
}: ServiceSpec): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, ...pick(more, ['labels', 'annotations']) },
    spec: {
      type: 'LoadBalancer',
      externalTrafficPolicy: more.local === true ? 'Local' : 'Cluster',
      ports: ports.map(servicePort),
      ...pick(more, ['loadBalancerClass']),
    },
    status: { loadBalancer: ips.length === 0 ? {} : { ingress: ips.map((ip) => ({ ip, ipMode: 'VIP' })) } },
  }
}

function servicePort(told: string): object {
  const [port, protocol] = told.split('/')
  const name = told === '80/TCP' ? 'http' : `${protocol}-${port}`.toLowerCase()
  return { name, port: Number(port), protocol, targetPort: Number(port) }
}

/** One slice of one Service; each endpoint is an address and the node that it is on. */
export function endpointSlice(
  serviceName: string,
  endpoints: readonly { readonly ip: string; readonly node: string; readonly ready?: boolean }[],
  namespace = 'default',
): ApiObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${serviceName}-1`,
      namespace,
      labels: { 'kubernetes.io/service-name': serviceName },
    },
    addressType: 'IPv4',
    endpoints: endpoints.map(({ ip, node: nodeName, ready = true }) => ({
      addresses: [ip],
      nodeName,
      conditions: { ready, serving: ready, terminating: false },
    })),
    ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  }
}

export interface NodeSpec {
  readonly name: string
  readonly ip: string
  readonly labels?: Readonly<Record<string, string>>
  /** Null: the condition Unknown, as when the kubelet has gone. */
  readonly ready?: boolean | null
  readonly readySince?: string
  readonly networkUnavailable?: boolean
}

export function node({
  name,
  ip,
  labels,
  ready = true,
  readySince = '2026-01-01T00:00:00Z',
  networkUnavailable = false,
}: NodeSpec): ApiObject {
  const status = ready === null ? 'Unknown' : ready ? 'True' : 'False'
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels } },
    spec: {},
    status: {
      addresses: [
        { type: 'InternalIP', address: ip },
        { type: 'Hostname', address: name },
      ],
      conditions: [
        { type: 'Ready', status, lastTransitionTime: readySince, reason: 'Kubelet', message: '' },
        ...(networkUnavailable ? [{ type: 'NetworkUnavailable', status: 'True' }] : []),
      ],
    },
  }
}

const CHART_LABELS = { 'app.kubernetes.io/name': 'metallb', 'app.kubernetes.io/component': 'speaker' }
const MANIFEST_LABELS = { app: 'metallb', component: 'speaker' }

export interface SpeakerSpec {
  readonly version?: string
  readonly namespace?: string
  /** Labels as the chart sets them, or as the manifests do. */
  readonly labels?: 'chart' | 'manifests'
  readonly args?: readonly string[]
}

function speakerTemplate({
  version = 'v0.16.1',
  args = ['--port=9120', '--log-level=info'],
}: SpeakerSpec): object {
  return {
    hostNetwork: true,
    containers: [
      {
        name: 'speaker',
        image: `quay.io/metallb/speaker:${version}`,
        args,
        env: [
          { name: 'METALLB_NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
          { name: 'METALLB_ML_BIND_ADDR', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          { name: 'METALLB_ML_LABELS', value: 'app=metallb,component=speaker' },
        ],
      },
    ],
  }
}

export function speakerDaemonSet(spec: SpeakerSpec & { readonly nodes?: number } = {}): ApiObject {
  const { namespace = METALLB_NAMESPACE, nodes = 0 } = spec
  const labels = spec.labels === 'chart' ? CHART_LABELS : MANIFEST_LABELS
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'speaker', namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: speakerTemplate(spec) },
    },
    status: {
      currentNumberScheduled: nodes,
      desiredNumberScheduled: nodes,
      numberMisscheduled: 0,
      numberReady: nodes,
      updatedNumberScheduled: nodes,
    },
  }
}

export interface SpeakerPodSpec extends SpeakerSpec {
  readonly node: string
  readonly ip: string
  readonly ready?: boolean
  readonly startedAt?: string
}

export function speakerPod(spec: SpeakerPodSpec): ApiObject {
  const { node: nodeName, ip, ready = true, namespace = METALLB_NAMESPACE } = spec
  const { startedAt = '2026-01-01T00:00:00Z' } = spec
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `speaker-${nodeName}`,
      namespace,
      labels: spec.labels === 'chart' ? CHART_LABELS : MANIFEST_LABELS,
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'speaker', uid: 'speaker', controller: true },
      ],
    },
    spec: { nodeName, ...speakerTemplate(spec) },
    status: {
      phase: 'Running',
      podIP: ip,
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: startedAt }],
      containerStatuses: [
        {
          name: 'speaker',
          ready,
          restartCount: 0,
          image: '',
          imageID: '',
          state: { running: { startedAt } },
        },
      ],
    },
  }
}

/** What a daemon of arpcheck writes of its node's NICs (docs/permissions.md). */
export function nicLease(nodeName: string, nics: readonly object[]): ApiObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: `arpcheck-${nodeName}`,
      namespace: 'arpcheck',
      labels: { 'arpcheck.io/record': 'nics' },
      annotations: { 'arpcheck.io/nics': JSON.stringify(nics) },
    },
    spec: { holderIdentity: nodeName },
  }
}

/** A Pod of arpcheck's DaemonSet. */
export function daemonPod(nodeName: string, ready = true, since = '2026-01-01T00:00:00Z'): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `arpcheck-${nodeName}`,
      namespace: 'arpcheck',
      labels: { 'app.kubernetes.io/name': 'arpcheck', 'app.kubernetes.io/instance': 'arpcheck' },
    },
    spec: { nodeName, containers: [{ name: 'arpcheck', image: 'localhost/arpcheck:0.1.0' }] },
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: since }],
    },
  }
}

export function pool(name: string, addresses: readonly string[], more: object = {}): ApiObject {
  return custom('IPAddressPool', name, { addresses, autoAssign: true, avoidBuggyIPs: false, ...more })
}

export function l2Advertisement(name: string, spec: object = {}): ApiObject {
  return custom('L2Advertisement', name, spec)
}

export function bgpAdvertisement(name: string, spec: object = {}): ApiObject {
  return custom('BGPAdvertisement', name, spec)
}

/** As v0.14.6 and later write it. */
export function l2Status(serviceName: string, nodeName: string, serviceNamespace = 'default'): ApiObject {
  const object = custom('ServiceL2Status', `l2-${serviceName}-${nodeName}`, {})
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: {
        'metallb.io/node': nodeName,
        'metallb.io/service-name': serviceName,
        'metallb.io/service-namespace': serviceNamespace,
      },
    },
    status: { node: nodeName, serviceName, serviceNamespace, interfaces: [] },
  }
}

export function configurationState(nodeName: string, result = 'Valid', errorSummary = ''): ApiObject {
  const object = custom('ConfigurationState', `speaker-${nodeName}`, {})
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { 'metallb.io/component-type': 'speaker', 'metallb.io/node-name': nodeName },
    },
    status: { result, errorSummary, conditions: [] },
  }
}

/** The event of a speaker that begins to announce. */
export function nodeAssigned(
  serviceName: string,
  nodeName: string,
  at: string,
  namespace = 'default',
): ApiObject {
  const message = `announcing from node "${nodeName}" with protocol "layer2"`
  const event = { name: `${serviceName}.${nodeName}`, type: 'Normal', reason: 'nodeAssigned', message, at }
  return speakerEvent({ name: serviceName, namespace }, event)
}

/** The event of a speaker that won an address and has none of the interfaces that the advertisements name. */
export function announceFailed(
  on: ServiceRef,
  { node: nodeName, ip, at }: { readonly node: string; readonly ip: string; readonly at: string },
): ApiObject {
  return speakerEvent(on, {
    name: `${on.name}.${nodeName}.${ip.replaceAll(':', '-')}`,
    type: 'Warning',
    reason: 'announceFailed',
    message: `the interfaces specified by LB IP "${ip}" doesn't exist in assigned node "${nodeName}" with protocol "layer2"`,
    at,
  })
}

interface ServiceRef {
  readonly namespace: string
  readonly name: string
}

function speakerEvent(
  { name, namespace }: ServiceRef,
  { name: eventName, at, ...told }: Readonly<Record<'name' | 'type' | 'reason' | 'message' | 'at', string>>,
): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName, namespace },
    involvedObject: { apiVersion: 'v1', kind: 'Service', name, namespace },
    ...told,
    source: { component: 'metallb-speaker' },
    firstTimestamp: at,
    lastTimestamp: at,
    count: 1,
  }
}

export function configMap(name: string, data: Readonly<Record<string, string>>): ApiObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: METALLB_NAMESPACE }, data }
}

export function secret(name: string, data: Readonly<Record<string, string>>): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: METALLB_NAMESPACE },
    type: 'Opaque',
    data: Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  }
}

/** A Lease of kube-system, as leader elections hold it. */
export function lease(name: string, holder: string, renewTime = '2026-01-01T00:00:00.000000Z'): ApiObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-system' },
    spec: { holderIdentity: holder, leaseDurationSeconds: 15, leaseTransitions: 1, renewTime },
  }
}

export function namespaceNamed(name: string): ApiObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

function custom(kind: string, name: string, spec: object): ApiObject {
  return { apiVersion: METALLB, kind, metadata: { name, namespace: METALLB_NAMESPACE }, spec }
}

const SELECTORS = ['serviceSelectors', 'preferredNodeSelectors']

/** MetalLB's CRDs by the fields of their specs; without some where an older MetalLB had none. */
export function metallbCrds(without: readonly string[] = []): readonly ApiObject[] {
  return CRDS.filter(([kind]) => !without.includes(kind)).map(([kind, fields]) =>
    crd(
      kind,
      fields.filter((field) => !without.includes(field)),
    ),
  )
}

const CRDS: readonly [kind: string, fields: readonly string[]][] = [
  ['IPAddressPool', ['addresses', 'autoAssign', 'avoidBuggyIPs', 'serviceAllocation']],
  [
    'L2Advertisement',
    ['ipAddressPools', 'ipAddressPoolSelectors', 'nodeSelectors', 'interfaces', ...SELECTORS],
  ],
  ['BGPAdvertisement', ['ipAddressPools', 'ipAddressPoolSelectors', 'nodeSelectors', 'aggregationLength']],
  ['ServiceL2Status', []],
  ['ConfigurationState', []],
]

function crd(kind: string, fields: readonly string[]): ApiObject {
  const plural = `${kind.toLowerCase().replace(/s$/, 'se')}s`
  const open = { 'x-kubernetes-preserve-unknown-fields': true }
  const spec = { type: 'object', properties: Object.fromEntries(fields.map((field) => [field, open])) }
  const schema = {
    openAPIV3Schema: { type: 'object', properties: { spec, status: { type: 'object', ...open } } },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.metallb.io` },
    spec: {
      group: 'metallb.io',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: 'Namespaced',
      versions: [{ name: 'v1beta1', served: true, storage: true, schema, subresources: { status: {} } }],
    },
  }
}

function pick(from: object, keys: readonly string[]): object {
  return Object.fromEntries(
    Object.entries(from).filter(([key, value]) => keys.includes(key) && value !== undefined),
  )
}
