import {
  INPUTS,
  type ClusterSnapshot,
  type Endpoint,
  type EndpointSlice,
  type IpAddressPool,
  type L2Advertisement,
  type LabelSelector,
  type Node,
  type Service,
  type SpeakerDaemonSet,
  type SpeakerPod,
  type SpeakerSettings,
} from '../../src/core/cluster.ts'

/** 1 November 2026, 12:00 UTC: the moment of every snapshot made here. */
export const NOW = Date.UTC(2026, 10, 1, 12)

const TIMES = { createdAt: NOW - 3_600_000, changedAt: NOW - 3_600_000 }

/** A cluster in which everything can be read and nothing exists. */
export function cluster(parts: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
  const read = { readable: 'yes', ageMs: 0 } as const
  return {
    takenAt: NOW,
    metallbNamespace: 'metallb-system',
    inputs: Object.fromEntries(INPUTS.map((name) => [name, read])) as ClusterSnapshot['inputs'],
    capabilities: { crds: null },
    services: [],
    endpointSlices: [],
    nodes: [],
    speakerPods: [],
    speakerDaemonSets: [],
    pools: [],
    l2Advertisements: [],
    bgpAdvertisements: [],
    l2Statuses: [],
    configurationStates: [],
    events: [],
    memberlistConfig: null,
    excludedInterfaces: null,
    nicRecords: [],
    daemonPods: [],
    otherAnnouncers: [],
    ...parts,
  }
}

export function service(name: string, addresses: readonly string[], parts: Partial<Service> = {}): Service {
  return {
    namespace: 'default',
    name,
    labels: {},
    annotations: {},
    type: 'LoadBalancer',
    loadBalancerClass: null,
    externalTrafficPolicy: 'Cluster',
    loadBalancerIP: null,
    ports: [{ protocol: 'TCP', port: 443 }],
    ingress: addresses.map((ip) => ({ ip, hostname: null, ipMode: null })),
    statusWriter: 'controller',
    deletedAt: null,
    ...TIMES,
    ...parts,
  }
}

/** The one slice of `default/name`; a bare node name is a ready endpoint there. */
export function slice(name: string, endpoints: readonly (string | Partial<Endpoint>)[]): EndpointSlice {
  return {
    name: `${name}-x7k2p`,
    serviceNamespace: 'default',
    serviceName: name,
    endpoints: endpoints.map((one) =>
      endpoint(typeof one === 'string' ? { nodeName: one, ready: true } : one),
    ),
    changedAt: TIMES.changedAt,
  }
}

export function endpoint(parts: Partial<Endpoint>): Endpoint {
  return { addresses: ['10.42.0.9'], nodeName: null, ready: null, serving: null, terminating: null, ...parts }
}

export function node(name: string, parts: Partial<Node> = {}): Node {
  return {
    name,
    labels: {},
    ready: { status: 'True', since: TIMES.changedAt },
    networkUnavailable: null,
    unschedulable: false,
    internalIps: [],
    externalIps: [],
    podGateways: [],
    deletedAt: null,
    ...TIMES,
    ...parts,
  }
}

export function pool(
  name: string,
  addresses: readonly string[],
  parts: Partial<IpAddressPool> = {},
): IpAddressPool {
  return {
    name,
    labels: {},
    addresses,
    autoAssign: true,
    avoidBuggyIPs: false,
    serviceAllocation: null,
    changedAt: TIMES.changedAt,
    ...parts,
  }
}

export function advertisement(name: string, parts: Partial<L2Advertisement> = {}): L2Advertisement {
  return {
    name,
    ipAddressPools: [],
    ipAddressPoolSelectors: [],
    nodeSelectors: [],
    interfaces: [],
    serviceSelectors: [],
    preferredNodeSelectors: [],
    changedAt: TIMES.changedAt,
    ...parts,
  }
}

export function selector(matchLabels: Record<string, string>): LabelSelector {
  return { matchLabels, matchExpressions: [] }
}

/** How the shipped manifests start a speaker. */
export function settings(version: string, args: readonly string[] = []): SpeakerSettings {
  return {
    image: `quay.io/metallb/speaker:${version}`,
    args: ['--port=7472', '--log-level=info', ...args],
    env: {
      METALLB_NODE_NAME: null,
      METALLB_ML_BIND_ADDR: null,
      METALLB_ML_LABELS: 'app=metallb,component=speaker',
      METALLB_ML_SECRET_KEY_PATH: '/etc/ml_secret_key',
    },
  }
}

export function speaker(nodeName: string, version: string, parts: Partial<SpeakerPod> = {}): SpeakerPod {
  return {
    ...settings(version),
    namespace: 'metallb-system',
    name: `speaker-${nodeName}`,
    nodeName,
    podIp: null,
    phase: 'Running',
    ready: { status: 'True', since: TIMES.changedAt },
    daemonSet: 'speaker',
    createdAt: TIMES.createdAt,
    startedAt: TIMES.createdAt,
    deletedAt: null,
    ...parts,
  }
}

export function daemonSet(version: string, parts: Partial<SpeakerDaemonSet> = {}): SpeakerDaemonSet {
  return {
    ...settings(version),
    namespace: 'metallb-system',
    name: 'speaker',
    labels: {},
    updated: 4,
    desired: 4,
    changedAt: TIMES.changedAt,
    ...parts,
  }
}

/** Inputs of a cluster that may not be read: their lists are empty. */
export function denied(
  base: ClusterSnapshot,
  ...inputs: readonly (keyof ClusterSnapshot['inputs'])[]
): ClusterSnapshot {
  const gone = inputs.map((name) => [name, { readable: { denied: `list ${name}` }, ageMs: null }] as const)
  const empty = inputs.filter((name) => Array.isArray(base[name])).map((name) => [name, []] as const)
  return {
    ...base,
    ...Object.fromEntries(empty),
    inputs: { ...base.inputs, ...Object.fromEntries(gone) },
  }
}
