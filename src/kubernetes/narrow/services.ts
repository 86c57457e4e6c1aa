import {
  type Endpoint,
  type EndpointSlice,
  type Ingress,
  type Service,
  SERVICE_ANNOTATIONS,
  type ServiceEvent,
  type ServicePort,
} from '../../core/cluster.ts'
import { at, flag, list, number, text, textMap, texts, time } from '../raw.ts'
import { changedAt, isNamed, LABELS, metaOf, newest, type Part, SPEC, statusWriter } from './meta.ts'

/** Other annotations, and conditions, are other controllers' notes. */
const SERVICE_PARTS: readonly Part[] = [
  ...SPEC,
  LABELS,
  ['status', 'loadBalancer'],
  ...SERVICE_ANNOTATIONS.map((key) => ['metadata', 'annotations', key]),
]
const SLICE_PARTS: readonly Part[] = [['endpoints'], LABELS]

/** Older servers cannot select by type, so others may come; they are left out. */
export function serviceOf(object: unknown): Service | null {
  const [spec, ingress] = [at(object, 'spec'), at(object, 'status', 'loadBalancer', 'ingress')]
  if (!isNamed(object) || text(at(spec, 'type')) !== 'LoadBalancer') return null
  const { namespace, name, labels, createdAt, deletedAt } = metaOf(object)
  return {
    namespace,
    name,
    labels,
    annotations: annotationsOf(at(object, 'metadata', 'annotations')),
    type: 'LoadBalancer',
    loadBalancerClass: text(at(spec, 'loadBalancerClass')),
    externalTrafficPolicy: at(spec, 'externalTrafficPolicy') === 'Local' ? 'Local' : 'Cluster',
    loadBalancerIP: text(at(spec, 'loadBalancerIP')) || null,
    ports: list(at(spec, 'ports')).map(portOf),
    ingress: list(ingress).map(ingressOf),
    statusWriter: statusWriter(object, 'loadBalancer'),
    createdAt,
    changedAt: changedAt(object, SERVICE_PARTS),
    deletedAt,
  }
}

function annotationsOf(value: unknown): Service['annotations'] {
  const all = textMap(value)
  const known = SERVICE_ANNOTATIONS.filter((key) => all[key] !== undefined)
  return Object.fromEntries(known.map((key) => [key, all[key]!]))
}

function portOf(value: unknown): ServicePort {
  return { protocol: text(at(value, 'protocol')) ?? 'TCP', port: number(at(value, 'port')) ?? 0 }
}

function ingressOf(value: unknown): Ingress {
  return {
    ip: text(at(value, 'ip')) || null,
    hostname: text(at(value, 'hostname')) || null,
    ipMode: text(at(value, 'ipMode')),
  }
}

export function endpointSliceOf(object: unknown): EndpointSlice | null {
  const { namespace, name, labels } = metaOf(object)
  const serviceName = labels['kubernetes.io/service-name']
  if (!isNamed(object) || serviceName === undefined) return null
  return {
    name,
    serviceNamespace: namespace,
    serviceName,
    endpoints: list(at(object, 'endpoints')).map(endpointOf),
    changedAt: changedAt(object, SLICE_PARTS),
  }
}

function endpointOf(value: unknown): Endpoint {
  const conditions = at(value, 'conditions')
  return {
    addresses: texts(at(value, 'addresses')),
    // v1beta1 has it in `topology`.
    nodeName: text(at(value, 'nodeName')) ?? text(at(value, 'topology', 'kubernetes.io/hostname')),
    ready: flag(at(conditions, 'ready')),
    serving: flag(at(conditions, 'serving')),
    terminating: flag(at(conditions, 'terminating')),
  }
}

export function serviceEventOf(object: unknown): ServiceEvent | null {
  const [involved, reason] = [at(object, 'involvedObject'), at(object, 'reason')]
  if (at(involved, 'kind') !== 'Service') return null
  if (reason !== 'nodeAssigned' && reason !== 'announceFailed') return null
  const series = at(object, 'series')
  const first = firstTimeOf(object)
  return {
    serviceNamespace: text(at(involved, 'namespace')) ?? '',
    serviceName: text(at(involved, 'name')) ?? '',
    reason,
    message: text(at(object, 'message')) ?? '',
    count: number(at(series, 'count')) ?? number(at(object, 'count')) ?? 1,
    firstAt: first,
    lastAt: newest([time(at(series, 'lastObservedTime')), time(at(object, 'lastTimestamp')), first]),
  }
}

/** Whoever writes by events.k8s.io leaves `firstTimestamp` null and sets `eventTime`. */
function firstTimeOf(event: unknown): number | null {
  const told = time(at(event, 'firstTimestamp')) ?? time(at(event, 'eventTime'))
  return told ?? time(at(event, 'metadata', 'creationTimestamp'))
}
