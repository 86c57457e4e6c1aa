import type { ClusterSide } from './core/cluster-side.ts'
import type { HostFacts } from './core/host.ts'
import { clusterSideOf, readingOf, type Look, type Reading } from './elected.ts'
import { ArpcheckError } from './errors.ts'
import type { CheckEdges, CheckOptions } from './options.ts'

/** A check's looks at the cluster: what asking and judging go by is worked out once of each. */
export interface Seen {
  readonly reading: Reading
  readonly side: () => ClusterSide
}

/** A first look at the cluster: what the API holds tells whom to ask; the views of slow speakers may come later. */
export interface Opened {
  readonly first: Seen
  readonly whole: Promise<Seen>
}

export interface Looking {
  readonly options: CheckOptions
  readonly edges: CheckEdges
  readonly facts: HostFacts
  readonly signal: AbortSignal
}

/** Claims are counted before our first question, and waited for; a dead speaker's view is not. */
export async function openLook(looking: Looking): Promise<Opened> {
  const { edges, signal } = looking
  const cluster = await edges.readCluster!(signal)
  const views = edges.readViews?.(cluster, signal)
  const claims = (await edges.readClaims?.(cluster, signal)) ?? null
  const reading = readingOf({ cluster, views: null, claims, atMs: edges.clock.monotonicMs() })
  const first = seenBy(looking, reading)
  const whole = Promise.resolve(views).then((read) =>
    read ? seenBy(looking, { ...reading, before: { ...reading.before, views: read } }) : first,
  )
  whole.catch(() => {}) // thrown where it is waited for
  return { first, whole }
}

/** The expectation's second look. An API that fails just then leaves the first one to stand. */
export async function readAgain(seen: Seen, looking: Looking): Promise<Seen> {
  const { edges, signal } = looking
  if (signal.aborted) return seen
  try {
    return seenBy(looking, { ...seen.reading, after: await lookAt(edges, signal) })
  } catch (error) {
    if (error instanceof ArpcheckError || signal.aborted) return seen
    throw error
  }
}

/** The second look of one round is the first of the next: whom to ask is as it was judged. */
export function reopened(seen: Seen | null): Opened | null {
  if (!seen) return null
  const { before, after } = seen.reading
  const first = { reading: readingOf(after ?? before), side: seen.side }
  return { first, whole: Promise.resolve(first) }
}

function seenBy({ facts, options }: Looking, reading: Reading): Seen {
  let side: ClusterSide | undefined
  return { reading, side: () => (side ??= clusterSideOf(reading, facts, options.targets)) }
}

async function lookAt(edges: CheckEdges, signal: AbortSignal): Promise<Look> {
  const cluster = await edges.readCluster!(signal)
  const [views, claims] = await Promise.all([
    edges.readViews?.(cluster, signal),
    edges.readClaims?.(cluster, signal),
  ])
  return { cluster, views: views ?? null, claims: claims ?? null, atMs: edges.clock.monotonicMs() }
}
