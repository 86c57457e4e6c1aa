import type { Clock } from '../clock.ts'

/** Tells of changes, many at once, to listeners that cannot hurt each other. */
export interface Changes {
  readonly tell: () => void
  readonly listen: (listener: () => void) => () => void
  /** Resolves once it holds, or a signal aborts. */
  until(holds: () => boolean, ...signals: readonly (AbortSignal | undefined)[]): Promise<void>
}

export function openChanges(clock: Clock, onFault: (error: unknown) => void): Changes {
  const listeners = new Set<() => void>()
  let told = false
  function tell(): void {
    if (told) return
    told = true
    void clock.sleep(0).then(() => {
      told = false
      for (const listener of listeners) isolated(listener)
    })
  }
  function isolated(listener: () => void): void {
    try {
      // A listener that is async all the same must not end the process either.
      const result: unknown = listener()
      if (result instanceof Promise) result.catch(onFault)
    } catch (error) {
      onFault(error)
    }
  }
  function listen(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  function until(holds: () => boolean, ...signals: readonly (AbortSignal | undefined)[]): Promise<void> {
    return new Promise((resolve) => {
      const present = signals.filter((signal) => signal !== undefined)
      const unlisten = listen(look)
      for (const signal of present) signal.addEventListener('abort', look, { once: true })
      look()
      function look(): void {
        if (!holds() && !present.some((signal) => signal.aborted)) return
        unlisten()
        for (const signal of present) signal.removeEventListener('abort', look)
        resolve()
      }
    })
  }
  return { tell, listen, until }
}
