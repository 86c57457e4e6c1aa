import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.ts'

/** A signal that aborts after a time, with its parent, or by hand. */
export interface Deadline {
  readonly signal: AbortSignal
  /** Whether it was the time that ran out. */
  readonly expired: boolean
  /** Starts the time again. */
  extend(ms: number): void
  /** Ends the waiting; without it the timer would hold the process. */
  clear(): void
}

export function deadline(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
  const [over, timer] = [controller(), { current: new AbortController(), expired: false }]
  const abort = (): void => over.abort()
  parent?.addEventListener('abort', abort, { once: true })
  if (parent?.aborted) over.abort()
  function extend(forMs: number): void {
    timer.current.abort()
    const mine = (timer.current = new AbortController())
    void clock.sleep(forMs, mine.signal).then(() => {
      if (mine.signal.aborted) return
      timer.expired = true
      over.abort()
    })
  }
  function clear(): void {
    timer.current.abort()
    parent?.removeEventListener('abort', abort)
  }
  extend(ms)
  return {
    signal: over.signal,
    get expired() {
      return timer.expired
    },
    extend,
    clear,
  }
}

/** A controller that any number of requests may listen to. */
export function controller(): AbortController {
  const made = new AbortController()
  setMaxListeners(0, made.signal)
  return made
}

/** The promise's outcome, or a rejection as soon as the signal aborts; what comes after that is dropped. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(new Aborted())
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Somebody stopped waiting. */
export class Aborted extends Error {
  constructor() {
    super('aborted')
    this.name = 'Aborted'
  }
}
