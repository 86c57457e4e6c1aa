import type { Endpoint, EndpointSlice } from '../../core/cluster.ts'
import type { Rules } from './rules.ts'

/** Endpoints by `namespace/name` of their Service. Slices carry the Service's name; MetalLB reads no others. */
export function endpointsByService(
  slices: readonly EndpointSlice[],
): ReadonlyMap<string, readonly Endpoint[]> {
  const byService = new Map<string, Endpoint[]>()
  for (const { serviceNamespace, serviceName, endpoints } of slices) {
    const key = `${serviceNamespace}/${serviceName}`
    const known = byService.get(key)
    if (known) known.push(...endpoints)
    else byService.set(key, [...endpoints])
  }
  return byService
}

/**
 * Whether MetalLB counts an endpoint (internal/k8s/epslices). A condition that is not set counts as ready.
 * `terminating` is never read: a terminating pod that still serves counts from v0.14.0 on.
 */
export function canServe({ ready, serving }: Endpoint, rule: Rules['endpoint']): boolean {
  const isReady = ready !== false
  if (rule === 'ready') return isReady
  return rule === 'ready-or-serving' ? isReady || serving === true : (serving ?? isReady)
}
