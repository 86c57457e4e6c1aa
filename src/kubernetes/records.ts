import type { Clock } from '../clock.ts'
import type { NodeNic } from '../core/cluster.ts'
import type { Api } from './api.ts'
import { NICS_ANNOTATION, nicsText, RECORD_LABEL } from './narrow/leases.ts'
import { readObject } from './object.ts'
import { at, type Raw, rawOf } from './raw.ts'
import { isStatus } from './single.ts'

const LEASES = '/apis/coordination.k8s.io/v1'
const MAX_NAME = 253

/** What a daemon writes down about its node. */
export interface OwnRecord {
  /** arpcheck's own. */
  readonly namespace: string
  readonly node: string
  readonly nics: readonly NodeNic[]
}

/** Writes the record where it is not there as it should be; the only thing that we ever write. Throws an `ApiProblem`. */
export async function publishNics(
  api: Api,
  clock: Clock,
  { namespace, node, nics }: OwnRecord,
  signal: AbortSignal,
): Promise<'created' | 'updated' | 'same'> {
  const name = `arpcheck-${node}`.slice(0, MAX_NAME)
  const all = `${LEASES}/namespaces/${namespace}/leases`
  const wanted = {
    metadata: { labels: RECORD_LABEL, annotations: { [NICS_ANNOTATION]: nicsText(nics) } },
    spec: { holderIdentity: node },
  }
  const found = await present(api, clock, `${all}/${name}`, signal)
  if (found !== null && holds(found, wanted)) return 'same'
  const body = lease(name, found, wanted)
  const [method, path] = found === null ? (['POST', all] as const) : (['PUT', `${all}/${name}`] as const)
  await readObject(api, clock, { method, path, body }, signal)
  return found === null ? 'created' : 'updated'
}

interface Wanted {
  readonly metadata: { readonly labels: Raw; readonly annotations: Raw }
  readonly spec: Raw
}

async function present(api: Api, clock: Clock, path: string, signal: AbortSignal): Promise<unknown> {
  try {
    return await readObject(api, clock, { path }, signal)
  } catch (error) {
    if (isStatus(error, 404)) return null
    throw error
  }
}

function holds(found: unknown, { metadata, spec }: Wanted): boolean {
  const parts = [
    [metadata.labels, at(found, 'metadata', 'labels')],
    [metadata.annotations, at(found, 'metadata', 'annotations')],
    [spec, at(found, 'spec')],
  ] as const
  return parts.every(([wanted, has]) =>
    Object.entries(wanted).every(([key, value]) => at(has, key) === value),
  )
}

/** The found object's resourceVersion goes with it, so that nobody's later write is undone. */
function lease(name: string, found: unknown, { metadata, spec }: Wanted): Raw {
  const old = rawOf(at(found, 'metadata'))
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      ...old,
      name,
      labels: { ...rawOf(old['labels']), ...metadata.labels },
      annotations: { ...rawOf(old['annotations']), ...metadata.annotations },
    },
    spec: { ...rawOf(at(found, 'spec')), ...spec },
  }
}
