import type { Clock } from '../clock.ts'
import { deadline } from './deadline.ts'
import { ApiProblem, type WaitedFor } from './problem.ts'

/** How long something may take, and what is missing when it takes longer. */
export interface Limit {
  readonly ms: number
  readonly waitedFor: WaitedFor
}

/** Does work that ends with its time or with the caller's signal; which of the two it was is an `ApiProblem`. */
export async function within<T>(
  clock: Clock,
  { ms, waitedFor }: Limit,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = deadline(clock, ms, signal)
  try {
    return await work(limit.signal)
  } catch (error) {
    if (signal.aborted) throw new ApiProblem({ kind: 'stopped' })
    if (limit.expired) throw new ApiProblem({ kind: 'late', waitedFor, ms })
    throw error
  } finally {
    limit.clear()
  }
}
