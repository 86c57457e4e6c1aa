import type { Condition, Node } from '../../core/cluster.ts'
import { type Ip, ipv4Number, ipv4Of, isIpv4, parseIp, parsePrefix } from '../../core/ip.ts'
import { at, list, text, texts, time } from '../raw.ts'
import { changedAt, isNamed, LABELS, metaOf, type Part } from './meta.ts'

/** Taints and pod ranges decide nothing; cordon does, in v0.14.9. */
const DECIDING: readonly Part[] = [LABELS, ['spec', 'unschedulable']]

export function nodeOf(object: unknown): Node | null {
  if (!isNamed(object)) return null
  const { name, labels, createdAt, deletedAt } = metaOf(object)
  return {
    name,
    labels,
    ready: conditionOf(object, 'Ready'),
    networkUnavailable: conditionOf(object, 'NetworkUnavailable'),
    unschedulable: at(object, 'spec', 'unschedulable') === true,
    internalIps: addressesOf(object, 'InternalIP'),
    externalIps: addressesOf(object, 'ExternalIP'),
    podGateways: podGatewaysOf(object),
    createdAt,
    changedAt: changedAt(object, DECIDING),
    deletedAt,
  }
}

/** One of `status.conditions`; null when it is not there. */
export function conditionOf(object: unknown, type: string): Condition | null {
  const found = list(at(object, 'status', 'conditions')).find((entry) => at(entry, 'type') === type)
  if (found === undefined) return null
  const status = at(found, 'status')
  return {
    status: status === 'True' || status === 'False' ? status : 'Unknown',
    since: time(at(found, 'lastTransitionTime')),
  }
}

function addressesOf(object: unknown, type: string): readonly Ip[] {
  return list(at(object, 'status', 'addresses'))
    .filter((entry) => at(entry, 'type') === type)
    .map((entry) => parseIp(text(at(entry, 'address')) ?? ''))
    .filter((ip) => ip !== undefined)
}

/** Network plugins give the bridge of a node the first address of its range (CNI host-local, flannel, K3s). */
function podGatewaysOf(object: unknown): readonly Ip[] {
  return texts(at(object, 'spec', 'podCIDRs'))
    .map(parsePrefix)
    .filter((prefix) => prefix !== undefined)
    .filter(({ base, bits }) => isIpv4(base) && bits < 31)
    .map(({ base }) => ipv4Of(ipv4Number(base) + 1))
}
