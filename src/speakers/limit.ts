import type { Clock } from '../clock.ts'

/** Does `work` with a signal that aborts after `ms`, or with its parent; nothing is left waiting behind it. */
export async function limited<Result>(
  clock: Clock,
  ms: number,
  parent: AbortSignal,
  work: (limit: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const [limit, done] = [new AbortController(), new AbortController()]
  const stop = (): void => limit.abort()
  parent.addEventListener('abort', stop)
  if (parent.aborted) stop()
  void clock.sleep(ms, done.signal).then(stop)
  try {
    return await work(limit.signal)
  } finally {
    done.abort()
    parent.removeEventListener('abort', stop)
  }
}
