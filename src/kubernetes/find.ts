import type { Clock } from '../clock.ts'
import type { Readable } from '../core/cluster.ts'
import type { Api } from './api.ts'
import { listAll } from './list.ts'
import { metaOf } from './narrow/meta.ts'
import { SPEAKER_LABELS } from './narrow/speakers.ts'
import { type Problem, problemOf } from './problem.ts'
import type { Resource } from './resource.ts'
import { readableFor } from './snapshot.ts'

/** Where MetalLB runs, or why that is not known. */
export type Found = { readonly namespace: string } | { readonly namespace: null; readonly why: Readable }

/** Where MetalLB's own documents and most distributions put it; asked one by one where all may not be listed. */
const COMMON = ['metallb-system', 'metallb', 'kube-system'] as const
const WORKLOADS = [
  { name: 'daemonsets.apps', api: '/apis/apps/v1', plural: 'daemonsets' },
  { name: 'pods', api: '/api/v1', plural: 'pods' },
] as const
type Workload = (typeof WORKLOADS)[number]

interface Context {
  readonly api: Api
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Finds MetalLB by the labels of its speakers: their DaemonSet, or else (somebody may have deleted it) their pods; in
 * all namespaces, or else in the usual ones. Never throws.
 */
export async function findMetallb(context: Context): Promise<Found> {
  let why: Readable = 'absent'
  for (const workload of WORKLOADS) {
    const { namespaces, problem } = await namespacesWith(workload, null, context)
    if (namespaces.length > 0) return { namespace: preferred(namespaces) }
    if (problem !== null && why === 'absent') why = readableFor(problem, resourceFor(workload, null))
    if (problem !== null) {
      const near = await Promise.all(COMMON.map((name) => namespacesWith(workload, name, context)))
      const found = near.flatMap((result) => result.namespaces)
      if (found.length > 0) return { namespace: preferred(found) }
    }
  }
  return { namespace: null, why }
}

async function namespacesWith(
  workload: Workload,
  namespace: string | null,
  context: Context,
): Promise<{ readonly namespaces: readonly string[]; readonly problem: Problem | null }> {
  const resource = resourceFor(workload, namespace)
  const lists = resource.variants.map((variant) => listAll(resource, variant, 'newest', context))
  const results = await Promise.allSettled(lists)
  const listed = results.flatMap((result) =>
    result.status === 'fulfilled' ? [...result.value.items.values()].map(({ value }) => value) : [],
  )
  const failed = results.find((result) => result.status === 'rejected')
  return { namespaces: listed, problem: failed === undefined ? null : problemOf(failed.reason) }
}

/** One variant for each way to label a speaker; all are asked. */
function resourceFor({ name, api, plural }: Workload, namespace: string | null): Resource<string> {
  const path = `${api}${namespace === null ? '' : `/namespaces/${namespace}`}/${plural}`
  const variants = SPEAKER_LABELS.map((labels) => ({
    path,
    query: {
      labelSelector: Object.entries(labels)
        .map((pair) => pair.join('='))
        .join(','),
    },
  }))
  return { input: 'speakerDaemonSets', name, namespace, variants, keep: (object) => metaOf(object).namespace }
}

/** Two MetalLBs in one cluster are a mistake; then the usual place counts. */
function preferred(namespaces: readonly string[]): string {
  return COMMON.find((name) => namespaces.includes(name)) ?? [...namespaces].sort()[0]!
}
