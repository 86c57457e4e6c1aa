import type { Service } from '../../core/cluster.ts'
import { parseIp, type Ip } from '../../core/ip.ts'
import type { Refusal } from '../../core/refusal.ts'
import { poolFor, type Configuration, type Pool } from './configuration.ts'

/** What a speaker makes of one Service before it looks at nodes (speaker/main.go: SetBalancer). */
export interface Standing {
  readonly service: Service
  /** The addresses of its status, in order and in Go's text. */
  readonly ips: readonly Ip[]
  /** The one pool that holds them all. */
  readonly pool: Pool | null
  readonly refusal: Refusal | null
}

export function standingOf(service: Service, { pools }: Configuration): Standing {
  const ips = service.ingress.map(({ ip }) => parseIp(ip ?? ''))
  const good = ips.filter((ip) => ip !== undefined)
  const refused = (refusal: Refusal): Standing => ({ service, ips: good, pool: null, refusal })
  if (ips.length === 0) return refused({ why: 'no-address', what: '' })
  // One entry that is no address withdraws the Service; ipMode, ports and hostname are not read.
  const bad = service.ingress[ips.indexOf(undefined)]
  if (bad) return refused({ why: 'invalid-ip', what: bad.ip ?? bad.hostname ?? '' })
  const pool = poolFor(pools, good)
  if (!pool) return refused({ why: 'not-in-one-pool', what: good.join(', ') })
  return { service, ips: good, pool, refusal: null }
}

/**
 * The class filter (internal/k8s/controllers/service_controller.go: filterByLoadBalancerClass): without `--lb-class`
 * only Services without a class; with it only those that name it.
 */
export function handles({ loadBalancerClass }: Service, lbClass: string): boolean {
  return (loadBalancerClass ?? '') === lbClass
}
