import type { Clock } from '../clock.ts'
import type { Capabilities, InputName } from '../core/cluster.ts'
import type { Api } from './api.ts'
import { excludedInterfacesOf, memberlistConfigOf, specFieldsOf } from './narrow/settings.ts'
import { readObject } from './object.ts'
import { ApiProblem, problemOf } from './problem.ts'
import type { Subject } from './resource.ts'

/** An input that is read object by object, by name. */
export interface Single<T> extends Subject {
  readonly verb: 'get'
  /** Throws an `ApiProblem`; one with status 404 where it does not exist. */
  read(api: Api, clock: Clock, signal: AbortSignal): Promise<T>
}

/** MetalLB's CRDs whose fields tell what this MetalLB can do. */
export const CRDS = [
  'ipaddresspools',
  'l2advertisements',
  'bgpadvertisements',
  'servicel2statuses',
  'configurationstates',
] as const

export function memberlistConfig(namespace: string): Single<string | null> {
  return configMap('memberlistConfig', 'metallb-memberlist-config', namespace, memberlistConfigOf)
}

export function excludedInterfaces(namespace: string): Single<readonly string[]> {
  return configMap('excludedInterfaces', 'metallb-excludel2', namespace, excludedInterfacesOf)
}

function configMap<T>(
  input: InputName,
  name: string,
  namespace: string,
  keep: (object: unknown) => T,
): Single<T> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`
  return {
    input,
    name: `configmaps/${name}`,
    namespace,
    verb: 'get',
    read: async (api, clock, signal) => keep(await readObject(api, clock, { path }, signal)),
  }
}

/** Only the CRDs that are there; 404 where none is, since then no MetalLB is installed. */
export const capabilities: Single<Capabilities> = {
  input: 'capabilities',
  name: 'customresourcedefinitions.apiextensions.k8s.io',
  namespace: null,
  verb: 'get',
  read: async (api, clock, signal) => {
    const found = await Promise.all(CRDS.map((plural) => fieldsOf(plural, api, clock, signal)))
    const present = found.filter((entry) => entry !== null)
    if (present.length === 0) throw notFound()
    return { crds: Object.fromEntries(present) }
  },
}

async function fieldsOf(
  plural: string,
  api: Api,
  clock: Clock,
  signal: AbortSignal,
): Promise<[string, readonly string[]] | null> {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.metallb.io`
  try {
    return [plural, specFieldsOf(await readObject(api, clock, { path }, signal)) ?? []]
  } catch (error) {
    if (isStatus(error, 404)) return null
    throw error
  }
}

export function isStatus(error: unknown, code: number): boolean {
  const problem = problemOf(error)
  return problem.kind === 'status' && problem.status.code === code
}

function notFound(): ApiProblem {
  const status = { code: 404, reason: 'NotFound', message: 'no CRD of metallb.io', retryAfterMs: null }
  return new ApiProblem({ kind: 'status', status })
}
