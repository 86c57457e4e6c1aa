import {
  type Capabilities,
  type ClusterSnapshot,
  type EpochMs,
  type Input,
  NOT_READ_YET,
  type Readable,
} from '../core/cluster.ts'
import { describe, type Problem } from './problem.ts'
import { permission, type Subject } from './resource.ts'
import type { Kinds, ListInput, MetallbList } from './resources.ts'
import type { SourceStatus } from './source.ts'

/** One input: what was read, and how well it is known. */
export interface Reading<T> {
  readonly value: T
  readonly input: Input
}

export type Readings = {
  readonly [Name in ListInput]: Reading<readonly Kinds[Name][]>
} & {
  readonly memberlistConfig: Reading<string | null>
  readonly excludedInterfaces: Reading<readonly string[] | null>
  readonly capabilities: Reading<Capabilities>
}

/** What is read in MetalLB's namespace, where that is not known. */
export function nowhere(
  why: Readable,
): Pick<Readings, MetallbList | 'memberlistConfig' | 'excludedInterfaces' | 'events'> {
  const input = { readable: why, ageMs: null }
  const none = { value: NONE, input }
  return {
    speakerPods: none,
    speakerDaemonSets: none,
    pools: none,
    l2Advertisements: none,
    bgpAdvertisements: none,
    l2Statuses: none,
    configurationStates: none,
    events: none,
    memberlistConfig: { value: null, input },
    excludedInterfaces: { value: null, input },
  }
}

const NONE: readonly never[] = []

export function snapshotOf(
  readings: Readings,
  takenAt: EpochMs,
  metallbNamespace: string | null,
): ClusterSnapshot {
  const values = Object.fromEntries(Object.entries(readings).map(([name, { value }]) => [name, value]))
  const inputs = Object.fromEntries(Object.entries(readings).map(([name, { input }]) => [name, input]))
  return {
    ...(values as { [Name in keyof Readings]: Readings[Name]['value'] }),
    inputs: inputs as ClusterSnapshot['inputs'],
    endpointSlices: slicesOf(readings.services.value, readings.endpointSlices.value),
    takenAt,
    metallbNamespace,
  }
}

type Slices = ClusterSnapshot['endpointSlices']
const filtered = new WeakMap<Slices, { readonly of: ClusterSnapshot['services']; readonly slices: Slices }>()

/** Most slices belong to Services that announce nothing. The same list until either changes. */
function slicesOf(services: ClusterSnapshot['services'], all: Slices): Slices {
  const last = filtered.get(all)
  if (last?.of === services) return last.slices
  const keys = new Set(services.map(({ namespace, name }) => `${namespace}/${name}`))
  const slices = all.filter(({ serviceNamespace, serviceName }) =>
    keys.has(`${serviceNamespace}/${serviceName}`),
  )
  filtered.set(all, { of: services, slices })
  return slices
}

/** What a problem means for the input that it befell. */
export function readableFor(problem: Problem, resource: Omit<Subject, 'input'>): Readable {
  if (problem.kind === 'status' && problem.status.code === 403)
    return { denied: permission(resource.verb ?? 'list', resource) }
  if (problem.kind === 'status' && problem.status.code === 404) return 'absent'
  return { failed: describe(problem) }
}

/** The input as a source stands at `nowMs` (monotonic). */
export function inputOf({ health, completeMs }: SourceStatus, nowMs: number): Input {
  return {
    readable: readableIn(health, completeMs !== null),
    ageMs: completeMs === null ? null : Math.max(0, Math.round(nowMs - completeMs)),
  }
}

function readableIn(health: SourceStatus['health'], known: boolean): Readable {
  switch (health.state) {
    case 'absent':
      return 'absent'
    case 'denied':
      return { denied: health.what }
    case 'failed':
      return { failed: health.why }
    case 'init':
    case 'listing':
      return known ? 'yes' : { failed: NOT_READ_YET }
    default:
      return 'yes'
  }
}
