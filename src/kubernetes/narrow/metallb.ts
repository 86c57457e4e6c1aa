import type {
  BgpAdvertisement,
  ConfigurationState,
  IpAddressPool,
  L2Advertisement,
  ServiceAllocation,
  ServiceL2Status,
} from '../../core/cluster.ts'
import { at, list, number, text, texts } from '../raw.ts'
import { ANYTHING, changedAt, isNamed, LABELS, metaOf, selectorOf, selectorsOf, SPEC } from './meta.ts'
import { ownerOf } from './speakers.ts'

export function poolOf(object: unknown): IpAddressPool | null {
  if (!isNamed(object)) return null
  const [{ name, labels }, spec] = [metaOf(object), at(object, 'spec')]
  return {
    name,
    labels,
    addresses: texts(at(spec, 'addresses')),
    autoAssign: at(spec, 'autoAssign') !== false,
    avoidBuggyIPs: at(spec, 'avoidBuggyIPs') === true,
    serviceAllocation: allocationOf(at(spec, 'serviceAllocation')),
    // Advertisements choose pools by label.
    changedAt: changedAt(object, [...SPEC, LABELS]),
  }
}

function allocationOf(value: unknown): ServiceAllocation | null {
  if (value === undefined || value === null) return null
  return {
    priority: number(at(value, 'priority')),
    namespaces: texts(at(value, 'namespaces')),
    namespaceSelectors: selectorsOf(at(value, 'namespaceSelectors')),
    serviceSelectors: selectorsOf(at(value, 'serviceSelectors')),
  }
}

export function l2AdvertisementOf(object: unknown): L2Advertisement | null {
  if (!isNamed(object)) return null
  const spec = at(object, 'spec')
  return {
    ...poolsAndNodes(object),
    interfaces: texts(at(spec, 'interfaces')),
    serviceSelectors: selectorsOf(at(spec, 'serviceSelectors')),
    preferredNodeSelectors: list(at(spec, 'preferredNodeSelectors')).map((entry) => ({
      weight: number(at(entry, 'weight')) ?? 0,
      preference: selectorOf(at(entry, 'preference')),
    })),
  }
}

export function bgpAdvertisementOf(object: unknown): BgpAdvertisement | null {
  return isNamed(object) ? poolsAndNodes(object) : null
}

/** What both kinds of advertisement say. */
function poolsAndNodes(object: unknown): BgpAdvertisement {
  const spec = at(object, 'spec')
  return {
    name: metaOf(object).name,
    ipAddressPools: texts(at(spec, 'ipAddressPools')),
    ipAddressPoolSelectors: selectorsOf(at(spec, 'ipAddressPoolSelectors')),
    nodeSelectors: selectorsOf(at(spec, 'nodeSelectors')),
    changedAt: changedAt(object, SPEC),
  }
}

/** v0.14.4 and v0.14.5 named the Service by a label and the record's own namespace; later ones in labels and status. */
export function l2StatusOf(object: unknown): ServiceL2Status | null {
  if (!isNamed(object)) return null
  const [{ name, namespace, labels, createdAt }, status] = [metaOf(object), at(object, 'status')]
  const old = labels['metallb.io/service']
  const serviceName = text(at(status, 'serviceName')) ?? labels['metallb.io/service-name'] ?? old
  const node = text(at(status, 'node')) ?? labels['metallb.io/node']
  if (!serviceName || !node) return null
  const where = text(at(status, 'serviceNamespace')) ?? labels['metallb.io/service-namespace']
  return {
    name,
    serviceNamespace: where ?? (old === undefined ? '' : namespace),
    serviceName,
    node,
    interfaces: list(at(status, 'interfaces'))
      .map((entry) => text(at(entry, 'name')))
      .filter((entry) => entry !== null),
    ownerPod: ownerOf(object, 'Pod'),
    createdAt,
    changedAt: changedAt(object, ANYTHING),
  }
}

export function configurationStateOf(object: unknown): ConfigurationState | null {
  if (!isNamed(object)) return null
  const [{ name, labels }, status] = [metaOf(object), at(object, 'status')]
  const result = at(status, 'result')
  const isController = (labels['metallb.io/component-type'] ?? name) === 'controller'
  return {
    component: isController ? 'controller' : 'speaker',
    node: isController ? null : (labels['metallb.io/node-name'] ?? name.replace(/^speaker-/, '')),
    result: result === 'Valid' || result === 'Invalid' ? result : 'Unknown',
    errorSummary: text(at(status, 'errorSummary')) ?? '',
    changedAt: changedAt(object, ANYTHING),
  }
}
