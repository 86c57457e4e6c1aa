import type { Clock } from '../../src/clock.ts'

/** Time that passes only when somebody sleeps: tests need no waiting and see no jitter. */
export class FakeClock implements Clock {
  #ms = 0
  /** Called after each step with the new time, in milliseconds since the start. */
  onStep: (ms: number) => void = () => {}

  wallNs(): bigint {
    return 1_795_000_000_000_000_000n + BigInt(Math.round(this.#ms * 1e6))
  }

  monotonicMs(): number {
    return this.#ms
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await Promise.resolve()
    if (signal?.aborted) return
    this.#ms += ms
    this.onStep(this.#ms)
  }
}
