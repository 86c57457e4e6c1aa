/**
 * Why nobody announces an address, whoever is a member; a closed set, and an API. In the order of the checks: what
 * configuration forbids comes before what may change by itself.
 */
export const REFUSALS = [
  'other-class', // the Service names a load balancer class that is not this announcer's
  'no-address', // the status holds no address yet
  'invalid-ip', // an entry of the status is no address: a hostname alone, for example
  'not-in-one-pool', // the addresses of the Service lie in no pool, or in several
  'no-advertisement', // the pool is advertised by nothing
  'bgp-only', // the pool is advertised by BGP alone: silence on the wire is right
  'no-matching-advertisement', // advertisements of the pool exist, none selects this Service
  'shared-ip-with-service-selector', // MetalLB from v0.16.2 on
  'no-memberlist', // memberlist is off, and the release needs it (MetalLB before v0.15.0)
  'no-endpoint', // no endpoint of the Service can serve
  'no-candidate', // every node is excluded, or none is a member
] as const
export type RefusalName = (typeof REFUSALS)[number]

/** In words, behind "nobody, because". */
export const REFUSED: Record<RefusalName, string> = {
  'other-class': "its load balancer class is not MetalLB's",
  'no-address': 'it has no address yet',
  'invalid-ip': 'an entry of its status is no address',
  'not-in-one-pool': 'its addresses lie in no pool, or in several',
  'no-advertisement': 'nothing advertises its pool',
  'bgp-only': 'its pool is advertised by BGP alone',
  'no-matching-advertisement': 'no L2Advertisement selects this Service',
  'shared-ip-with-service-selector': 'it shares its address, which serviceSelectors do not allow',
  'no-memberlist': 'memberlist is off, and this release needs it',
  'no-endpoint': 'no endpoint of the Service can serve',
  'no-candidate': 'every node is excluded, or none is a member',
}

export interface Refusal {
  readonly why: RefusalName
  /** What it is about: the bad text, the class, the pool; empty where there is nothing to name. */
  readonly what: string
}

/** Why a node cannot be elected; a closed set, and an API. Of several the first, in this order. */
export const EXCLUSIONS = [
  'unschedulable', // MetalLB v0.14.9 alone
  'network-unavailable',
  'exclude-label',
  'not-selected', // no advertisement selects the node
  'no-local-endpoint', // externalTrafficPolicy Local, and no endpoint on it can serve
  'no-node', // still a member, but its Node object is gone
  'not-a-member',
  'left-out', // the question was: what if it were not there?
] as const
export type ExclusionName = (typeof EXCLUSIONS)[number]
