import type { Clock } from '../../src/clock.ts'

/** Real time, so many times as fast: for what must go over real sockets and waits for seconds. */
export function fastClock(times: number): Clock {
  const startMs = performance.now()
  const nowMs = (): number => (performance.now() - startMs) * times
  return {
    wallNs: () => 1_795_000_000_000_000_000n + BigInt(Math.round(nowMs() * 1e6)),
    monotonicMs: nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const timer = setTimeout(done, ms / times)
        signal?.addEventListener('abort', done, { once: true })
        function done(): void {
          clearTimeout(timer)
          signal?.removeEventListener('abort', done)
          resolve()
        }
      }),
  }
}
