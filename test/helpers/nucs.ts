import type { ClusterSnapshot, Service, ServiceL2Status } from '../../src/core/cluster.ts'
import type { Ip } from '../../src/core/ip.ts'
import type { ViewsReading } from '../../src/elected.ts'
import { advertisement, cluster, NOW, node, pool, service, slice, speaker } from './cluster.ts'
import { answers, ip, type FakeSegment, type Responder } from './segment.ts'

/** The home lab: four NUCs, MetalLB v0.16.1, five VIPs. nuc-4 is elected for .60, nuc-1 for .64, nuc-2 for the others. */
export const NUC_MACS = {
  'nuc-1': '1c:69:7a:aa:01:10',
  'nuc-2': '1c:69:7a:aa:02:10',
  'nuc-3': '1c:69:7a:aa:03:10',
  'nuc-4': '1c:69:7a:aa:04:10',
} as const
export type NucName = keyof typeof NUC_MACS
export const NUCS = Object.keys(NUC_MACS) as NucName[]

/** A machine that is no node. */
export const BOARD = '24:6f:28:5e:10:9c'

export const VIPS = {
  'ingress/traefik': ['192.168.1.60', 'nuc-4'],
  'registry/registry': ['192.168.1.62', 'nuc-2'],
  'mqtt/mosquitto': ['192.168.1.63', 'nuc-2'],
  'monitoring/grafana': ['192.168.1.64', 'nuc-1'],
  'media/jellyfin': ['192.168.1.67', 'nuc-2'],
} as const satisfies Record<string, readonly [vip: string, owner: NucName]>

const KEYS = Object.keys(VIPS) as (keyof typeof VIPS)[]

export function nucCluster(parts: Partial<ClusterSnapshot> = {}, version = 'v0.16.1'): ClusterSnapshot {
  return cluster({
    nodes: NUCS.map((name) => nuc(name)),
    speakerPods: NUCS.map((name) => speaker(name, version)),
    pools: [pool('default', ['192.168.1.60-192.168.1.79'])],
    l2Advertisements: [advertisement('lan')],
    services: KEYS.map((key) => serviceAt(key, [VIPS[key][0]])),
    endpointSlices: KEYS.map((key) => servedBy(key, ['nuc-1', 'nuc-2'])),
    l2Statuses: KEYS.map((key) => statusOf(key, VIPS[key][1])),
    ...parts,
  })
}

export function nuc(name: NucName, parts: Parameters<typeof node>[1] = {}): ReturnType<typeof node> {
  return node(name, { internalIps: [addressOf(name)], podGateways: [podGatewayOf(name)], ...parts })
}

/** nuc-4 without power: its Node is NotReady for six minutes, its speaker pod still listed. */
export function withDeadNuc4(base: ClusterSnapshot): ClusterSnapshot {
  const since = NOW - 372_000
  return {
    ...base,
    nodes: base.nodes.map((one) =>
      one.name === 'nuc-4' ? { ...one, ready: { status: 'Unknown', since } } : one,
    ),
    speakerPods: base.speakerPods.map((pod) =>
      pod.nodeName === 'nuc-4' ? { ...pod, ready: { status: 'False', since } } : pod,
    ),
  }
}

/** `namespace/name` with these addresses. */
export function serviceAt(key: string, addresses: readonly string[], parts: Partial<Service> = {}): Service {
  const [namespace, name] = key.split('/') as [string, string]
  return service(name, addresses, { namespace, ...parts })
}

export function servedBy(key: string, nodes: readonly string[]): ReturnType<typeof slice> {
  const [namespace, name] = key.split('/') as [string, string]
  return { ...slice(name, nodes), serviceNamespace: namespace }
}

export function statusOf(key: string, nodeName: string): ServiceL2Status {
  const [namespace, name] = key.split('/') as [string, string]
  return {
    name: `l2-${name}`,
    serviceNamespace: namespace,
    serviceName: name,
    node: nodeName,
    interfaces: [],
    ownerPod: `speaker-${nodeName}`,
    createdAt: NOW - 3_600_000,
    changedAt: NOW - 41_000,
  }
}

/** Live nodes on the wire: kernels that answer for their own address and, across NICs, for that of their pods. */
export function withNodes(
  segment: Pick<FakeSegment, 'responders'>,
  names: readonly NucName[] = ['nuc-1', 'nuc-2', 'nuc-4'],
): void {
  segment.responders.push(...names.flatMap(kernelOf))
}

/** Who answers for each VIP: the elected, but for what `other` says; null: nobody. */
export function withOwners(
  segment: Pick<FakeSegment, 'responders'>,
  other: Partial<Record<keyof typeof VIPS, string | null>> = {},
): void {
  for (const key of KEYS) {
    const [vip, owner] = VIPS[key]
    const hardware = other[key] === undefined ? NUC_MACS[owner] : other[key]
    if (hardware !== null) segment.responders.push(answers(vip, hardware))
  }
}

const DAY_MS = 86_400_000

/** The home lab, in which nothing has changed for a day. */
export function calmCluster(): ClusterSnapshot {
  const base = nucCluster()
  const since = NOW - DAY_MS
  const old = { createdAt: since, changedAt: since }
  const ready = { status: 'True', since } as const
  return {
    ...base,
    services: base.services.map((one) => ({ ...one, ...old })),
    endpointSlices: base.endpointSlices.map((one) => ({ ...one, changedAt: since })),
    nodes: base.nodes.map((one) => ({ ...one, ...old, ready })),
    speakerPods: base.speakerPods.map((one) => ({ ...one, createdAt: since, startedAt: since, ready })),
    pools: base.pools.map((one) => ({ ...one, changedAt: since })),
    l2Advertisements: base.l2Advertisements.map((one) => ({ ...one, changedAt: since })),
  }
}

/** Who counts whom: each of these speakers the same members; the others cannot be reached. */
export function nucViews(of: readonly NucName[], members: readonly NucName[]): ViewsReading {
  const counted = members.map(
    (name) => ({ name, address: addressOf(name), port: 7946, state: 'alive', incarnation: 1 }) as const,
  )
  const readings = NUCS.map((name) => ({
    speaker: { name, address: addressOf(name), port: 7946 },
    reading: of.includes(name)
      ? ({ kind: 'view', members: counted, keyIndex: 0, unproven: false } as const)
      : ({ kind: 'no-route' } as const),
    tookMs: 1,
  }))
  return { readings, sealed: true }
}

export function addressOf(name: NucName): Ip {
  return ip(`192.168.1.1${name.at(-1)}`)
}

function podGatewayOf(name: NucName): Ip {
  return ip(`10.42.${name.at(-1)}.1`)
}

function kernelOf(name: NucName): Responder[] {
  const own = NUC_MACS[name]
  const forPods = answers(podGatewayOf(name), own)
  return [answers(addressOf(name), own), (question) => (question.ethDst === own ? forPods(question) : [])]
}
