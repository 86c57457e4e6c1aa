import type { Clock } from '../../src/clock.ts'

interface Sleeper {
  readonly atMs: number
  readonly order: number
  readonly wake: () => void
}

/** Time that stands still until a test lets it run; many may sleep at once. Nothing outside the process takes part. */
export class VirtualClock implements Clock {
  readonly #sleepers = new Set<Sleeper>()
  /** How far somebody has set the wall clock since the start; the monotonic one knows nothing of it. */
  wallStepMs = 0
  #nowMs = 0
  #order = 0

  wallNs(): bigint {
    return 1_795_000_000_000_000_000n + BigInt(Math.round((this.#nowMs + this.wallStepMs) * 1e6))
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  /** How many sleep; none is left when everything was stopped. */
  get sleeping(): number {
    return this.#sleepers.size
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = (): void => {
        this.#sleepers.delete(sleeper)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const sleeper = { atMs: this.#nowMs + Math.max(0, ms), order: this.#order++, wake }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }

  /** Time goes on and nobody runs, as under SIGSTOP: whoever should have woken wakes late. */
  stall(ms: number): void {
    this.#nowMs += ms
  }

  /** Lets time run on for so long: each sleeper wakes when its time has come, in order. */
  async run(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle()
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.wake()
      await settle()
    }
    this.#nowMs = endMs
  }

  #next(endMs: number): Sleeper | undefined {
    let first: Sleeper | undefined
    for (const sleeper of this.#sleepers) {
      if (sleeper.atMs > endMs) continue
      if (!first || sleeper.atMs < first.atMs || (sleeper.atMs === first.atMs && sleeper.order < first.order))
        first = sleeper
    }
    return first
  }
}

/** An answer in memory passes through a few streams, each a turn of the event loop. */
const TURNS = 10

/** Until promises and streams in memory have nothing left to do. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve))
}
