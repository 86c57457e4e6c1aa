import {
  INPUTS,
  type ClusterSnapshot,
  type Endpoint,
  type LabelSelector,
  type Labels,
  type Node,
  type Service,
  type SpeakerPod,
} from '../../core/cluster.ts'
import {
  annotationsOf,
  configurationOf,
  endpointsOf,
  listedNodes,
  serviceKey,
  speakerArgs,
  type ClusterNode,
  type Moment,
} from './moment.ts'
import type { ClusterStory, ServiceStory } from './shape.ts'

const UNSTAMPED = { createdAt: null, changedAt: null, deletedAt: null }
const EVERYTHING_READ = Object.fromEntries(
  INPUTS.map((name) => [name, { readable: 'yes', ageMs: 0 }]),
) as ClusterSnapshot['inputs']

/** The cluster as one speaker sees it: every speaker decides by the rules of its own release. */
export function snapshotFor(speaker: ClusterNode, moment: Moment): ClusterSnapshot {
  const { story } = moment
  const { pools, l2 } = configurationOf(speaker, moment)
  const services = Object.entries(story.services)
  return {
    takenAt: 0,
    metallbNamespace: 'metallb-system',
    inputs: EVERYTHING_READ,
    capabilities: { crds: null },
    services: services.map(([name, told]) => serviceOf(name, told)),
    endpointSlices: services.map(([name, told]) => sliceOf(name, endpointsOf(told, moment))),
    nodes: listedNodes(moment).map(nodeOf),
    speakerPods: [podOf(speaker, story)],
    speakerDaemonSets: [],
    pools: Object.entries(pools).map(([name, { addresses, labels = {} }]) => ({
      name,
      labels,
      addresses,
      autoAssign: true,
      avoidBuggyIPs: false,
      serviceAllocation: null,
      changedAt: null,
    })),
    l2Advertisements: Object.entries(l2).map(([name, told]) => ({
      name,
      ipAddressPools: told.pools ?? [],
      ipAddressPoolSelectors: [],
      nodeSelectors: selectors(told.nodes),
      interfaces: told.interfaces ?? [],
      serviceSelectors: selectors(told.services),
      preferredNodeSelectors: (told.prefers ?? []).map(({ nodes, weight }) => ({
        weight,
        preference: { matchLabels: nodes, matchExpressions: [] },
      })),
      changedAt: null,
    })),
    bgpAdvertisements: [],
    l2Statuses: [],
    configurationStates: [],
    events: [],
    memberlistConfig: null,
    excludedInterfaces: null,
    nicRecords: [],
    daemonPods: [],
    otherAnnouncers: [],
  }
}

function serviceOf(key: string, told: ServiceStory): Service {
  return {
    ...UNSTAMPED,
    ...serviceKey(key),
    labels: told.labels ?? {},
    annotations: annotationsOf(told),
    type: told.type ?? 'LoadBalancer',
    loadBalancerClass: told.class ?? null,
    externalTrafficPolicy: told.policy ?? 'Cluster',
    loadBalancerIP: null,
    ports: [],
    ingress: (told.ip ?? []).map((ip) => ({ ip, hostname: null, ipMode: null })),
    statusWriter: null,
  }
}

function sliceOf(key: string, endpoints: readonly { node: string; serves: boolean }[]) {
  const { namespace, name } = serviceKey(key)
  const told = endpoints.map(({ node, serves }): Endpoint => ({
    addresses: [],
    nodeName: node,
    ready: serves,
    serving: serves,
    terminating: false,
  }))
  return { name, serviceNamespace: namespace, serviceName: name, endpoints: told, changedAt: null }
}

function nodeOf({ name, address, labels = {}, cordoned = false, networkUnavailable }: ClusterNode): Node {
  return {
    ...UNSTAMPED,
    name,
    labels,
    ready: null,
    networkUnavailable: networkUnavailable ? { status: 'True', since: null } : null,
    unschedulable: cordoned,
    internalIps: [address],
    externalIps: [],
    podGateways: [],
  }
}

function podOf({ name, version }: ClusterNode, story: ClusterStory): SpeakerPod {
  return {
    namespace: 'metallb-system',
    name,
    nodeName: name,
    podIp: null,
    phase: 'Running',
    ready: { status: 'True', since: null },
    daemonSet: 'speaker',
    createdAt: null,
    startedAt: null,
    deletedAt: null,
    image: `speaker:${version}`,
    args: speakerArgs(story, version),
    env: { METALLB_ML_LABELS: null, METALLB_ML_BIND_ADDR: null },
  }
}

function selectors(sets: Labels | readonly Labels[] = []): readonly LabelSelector[] {
  return [sets].flat().map((matchLabels) => ({ matchLabels, matchExpressions: [] }))
}
