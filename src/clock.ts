/** The only clock. Everything that waits or stamps takes one, so that tests can drive time. */
export interface Clock {
  /** Wall time, nanoseconds since 1970 (CLOCK_REALTIME): the scale of the kernel's packet stamps. */
  wallNs(): bigint
  /** Milliseconds that never step backwards. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** More than what two readings of two clocks differ by. */
const STEP_MS = 100
let originMs = performance.timeOrigin

/** As finely as the monotonic clock; what runs for months outlives corrections of the wall clock, and sleeps of its host. */
function wallMs(): number {
  const steppedMs = Date.now() - (originMs + performance.now())
  if (Math.abs(steppedMs) > STEP_MS) originMs += steppedMs
  return originMs + performance.now()
}

export const systemClock: Clock = {
  wallNs: () => BigInt(Math.round(wallMs() * 1e6)),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const timer = setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
      function done(): void {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
    }),
}

/** Runs it in the next turn of the event loop, after whatever is due now. */
export function nextTurn(run: () => void): void {
  setImmediate(run)
}
