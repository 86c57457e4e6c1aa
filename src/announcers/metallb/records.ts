import { metricsOf, type SpeakerClaim } from '../../core/claims.ts'
import type { ClusterSnapshot, EpochMs, ServiceEvent } from '../../core/cluster.ts'
import type { EventRecord, Records, StatusRecord } from '../../core/records.ts'
import type { Claimed, Vip } from '../announcer.ts'

/** `announcing from node "n" with protocol "layer2"` (speaker/main.go; before v0.13.0 without the protocol). */
const ASSIGNED = /^announcing from node "([^"]+)"(?: with protocol "([^"]*)")?$/
/** `the interfaces specified by LB IP "ip" doesn't exist in assigned node "n" with protocol "layer2"` */
const FAILED = /^the interfaces specified by LB IP "([^"]*)" doesn't exist in assigned node "([^"]+)"/

/** What MetalLB wrote down about an address's Services. Intent, all of it: none says that anybody answers. */
export function recordsOf(vip: Vip, cluster: ClusterSnapshot): Records {
  const keys = new Set(vip.holders.map(({ key }) => key))
  const events = cluster.events.filter((event) => keys.has(`${event.serviceNamespace}/${event.serviceName}`))
  return {
    statuses: newestFirst(statusesOf(keys, cluster)),
    assigned: newestFirst(events.flatMap((event) => assignedBy(event, cluster.takenAt))),
    failed: newestFirst(events.flatMap((event) => failedBy(event, vip, cluster.takenAt))),
    readable: { statuses: cluster.inputs.l2Statuses.readable, events: cluster.inputs.events.readable },
  }
}

/** Nodes whose speaker says that it announces the address. BGP is another matter. */
export function claimsOf({ ip }: Vip, claims: readonly SpeakerClaim[]): Claimed {
  const read = [...metricsOf(claims)]
  const claiming = read.filter(([, { announced }]) =>
    announced.some((claim) => claim.ip === ip && claim.protocol === 'layer2'),
  )
  return { nodes: namesOf(claiming), asked: namesOf(read) }
}

/** A record outlives its speaker: until the pod object goes, or from v0.16.0 on until the next owner deletes it. */
function statusesOf(keys: ReadonlySet<string>, cluster: ClusterSnapshot): StatusRecord[] {
  const ready = cluster.speakerPods.filter((pod) => pod.ready?.status === 'True')
  const speaking = new Set(ready.map(({ nodeName }) => nodeName))
  const knows = cluster.inputs.speakerPods.readable === 'yes'
  return cluster.l2Statuses
    .map((status) => ({ ...status, service: `${status.serviceNamespace}/${status.serviceName}` }))
    .filter(({ service }) => keys.has(service))
    .map(({ service, node, interfaces, changedAt }) => ({
      service,
      node,
      interfaces,
      ageMs: age(changedAt, cluster.takenAt),
      orphaned: knows && !speaking.has(node),
    }))
}

function assignedBy(event: ServiceEvent, now: EpochMs): EventRecord[] {
  const [, node, protocol = 'layer2'] = ASSIGNED.exec(event.message) ?? []
  return node !== undefined && protocol === 'layer2' ? [recordOf(event, node, now)] : []
}

function failedBy(event: ServiceEvent, { ip }: Vip, now: EpochMs): EventRecord[] {
  const [, address, node] = FAILED.exec(event.message) ?? []
  return node !== undefined && address === ip ? [recordOf(event, node, now)] : []
}

function recordOf(event: ServiceEvent, node: string, now: EpochMs): EventRecord {
  const service = `${event.serviceNamespace}/${event.serviceName}`
  return { service, node, count: event.count, ageMs: age(event.lastAt, now) }
}

function age(at: EpochMs | null, now: EpochMs): number | null {
  return at === null ? null : Math.max(0, now - at)
}

/** Unknown ages last; then by node, so that the order is the same whatever the API's. */
function newestFirst<T extends { ageMs: number | null; node: string }>(records: readonly T[]): T[] {
  return records.toSorted(
    (a, b) =>
      (a.ageMs ?? Infinity) - (b.ageMs ?? Infinity) || (a.node < b.node ? -1 : Number(a.node > b.node)),
  )
}

function namesOf(entries: readonly (readonly [string, unknown])[]): string[] {
  return entries.map(([node]) => node).toSorted()
}
