import { setMaxListeners } from 'node:events'

/** Works on all items, at most `limit` at the same time; results in the order of the items. */
export async function inParallel<Item, Result>(
  limit: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  const waiting = items.entries()
  async function takeNext(): Promise<void> {
    for (const [i, item] of waiting) results[i] = await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, takeNext))
  return results
}

/** Follows a signal by one listener, however many `work` needs: beyond ten on one signal Node warns of a leak. */
export async function withOwnSignal<Result>(
  signal: AbortSignal,
  work: (own: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const own = new AbortController()
  setMaxListeners(0, own.signal)
  const follow = () => own.abort()
  signal.addEventListener('abort', follow)
  if (signal.aborted) follow()
  try {
    return await work(own.signal)
  } finally {
    // By hand: where many listeners of one signal have a `signal` option, Node 20 does not remove all of them.
    signal.removeEventListener('abort', follow)
  }
}
