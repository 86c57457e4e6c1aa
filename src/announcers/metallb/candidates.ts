import type { Endpoint, Node, Service } from '../../core/cluster.ts'
import type { ExclusionName, Refusal } from '../../core/refusal.ts'
import type { Advertisement, Pool } from './configuration.ts'
import { canServe } from './endpoints.ts'
import { keyOf, type Ground } from './ground.ts'
import type { Rules } from './rules.ts'
import { matchesAny } from './selectors.ts'

export const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers'
const SHARED_IP = ['metallb.io/allow-shared-ip', 'metallb.universe.tf/allow-shared-ip']

/** The advertisements that decide for one Service (speaker/layer2_controller.go: l2AdsForService). */
export function advertisementsFor(pool: Pool, service: Service, rules: Rules): readonly Advertisement[] {
  if (!rules.serviceSelectors) return pool.l2
  return pool.l2.filter(
    ({ serviceSelectors }) => serviceSelectors.length === 0 || matchesAny(serviceSelectors, service.labels),
  )
}

/** Why no speaker announces a Service, whoever is a member (speaker/layer2_controller.go: ShouldAnnounce). */
export function refusalOf(service: Service, pool: Pool, ground: Ground, rules: Rules): Refusal | null {
  const ads = advertisementsFor(pool, service, rules)
  if (pool.l2.length === 0)
    return { why: pool.bgp.length > 0 ? 'bgp-only' : 'no-advertisement', what: pool.name }
  if (ads.length === 0) return { why: 'no-matching-advertisement', what: pool.name }
  const selective = ads.find(({ serviceSelectors }) => serviceSelectors.length > 0)
  if (rules.sharedIpRefusal && selective && sharesIp(service))
    return { why: 'shared-ip-with-service-selector', what: selective.name }
  if (rules.base === 'nobody') return { why: 'no-memberlist', what: '' }
  return isServed(service, ground, rules) ? null : { why: 'no-endpoint', what: '' }
}

/** Why a node cannot be elected for a Service, whether it is a member or not; undefined where nothing stands against it. */
export function exclusionOf(
  node: Node,
  ads: readonly Advertisement[],
  localNodes: ReadonlySet<string> | null,
  rules: Rules,
): ExclusionName | undefined {
  if (rules.unschedulable && node.unschedulable) return 'unschedulable'
  // Any other status, and no such condition, leave the node in (internal/k8s/nodes: IsNetworkUnavailable).
  if (rules.networkUnavailable && node.networkUnavailable?.status === 'True') return 'network-unavailable'
  // Any value counts, even "false" (IsNodeExcludedFromBalancers).
  if (rules.excludeLabel && Object.hasOwn(node.labels, EXCLUDE_LABEL)) return 'exclude-label'
  if (!ads.some(({ nodes }) => nodes.has(node.name))) return 'not-selected'
  return localNodes && !localNodes.has(node.name) ? 'no-local-endpoint' : undefined
}

/** Nodes with an endpoint that can serve, for externalTrafficPolicy Local; null where that does not matter. */
export function localNodesOf(service: Service, ground: Ground, rules: Rules): ReadonlySet<string> | null {
  if (service.externalTrafficPolicy !== 'Local' || !ground.endpoints) return null
  const serving = endpointsOf(service, ground).filter((endpoint) => canServe(endpoint, rules.endpoint))
  return new Set(serving.map(({ nodeName }) => nodeName).filter((name) => name !== null))
}

/** One endpoint anywhere is enough, even one without a node (activeEndpointExists). */
function isServed(service: Service, ground: Ground, rules: Rules): boolean {
  return !ground.endpoints || endpointsOf(service, ground).some((one) => canServe(one, rules.endpoint))
}

function endpointsOf(service: Service, ground: Ground): readonly Endpoint[] {
  return ground.endpoints?.get(keyOf(service)) ?? []
}

/** The annotation need only be there (serviceHasSharedIP). */
function sharesIp({ annotations }: Service): boolean {
  return SHARED_IP.some((key) => Object.hasOwn(annotations, key))
}
