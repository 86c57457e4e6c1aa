import { type Clock, systemClock } from '../../clock.ts'

/** The API server's clock: the machine's, and ahead of it by what a story has skipped. */
export class LabClock implements Clock {
  #aheadMs: number

  constructor(aheadMs: number) {
    this.#aheadMs = aheadMs
  }

  wallNs(): bigint {
    return systemClock.wallNs() + BigInt(Math.round(this.#aheadMs * 1e6))
  }

  monotonicMs(): number {
    return systemClock.monotonicMs()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal)
  }

  /** Milliseconds since 1970. */
  nowMs(): number {
    return Number(this.wallNs() / 1_000_000n)
  }

  skip(ms: number): void {
    this.#aheadMs += ms
  }
}

/** RFC 3339, as Kubernetes writes times. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

interface Due {
  /** By the machine's clock. */
  atMs: number
  readonly act: () => Promise<void>
  timer: NodeJS.Timeout | undefined
}

/** What will happen by itself: after a scaled time, or when a story skips ahead. */
export class Timeline {
  readonly #clock: LabClock
  readonly #scale: number
  readonly #due = new Set<Due>()

  constructor(clock: LabClock, timeScale: number) {
    this.#clock = clock
    this.#scale = timeScale
  }

  /** `ms` as the cluster counts them. Returns what takes it back. */
  after(ms: number, act: () => Promise<void>): () => void {
    const due: Due = { atMs: performance.now() + ms * this.#scale, act, timer: undefined }
    this.#due.add(due)
    this.#arm(due)
    return () => {
      clearTimeout(due.timer)
      this.#due.delete(due)
    }
  }

  /** Skips ahead; what comes due meanwhile happens in its order, each at its time. */
  async skip(ms: number): Promise<void> {
    let leftMs = ms
    for (let next = this.#next(); next && this.#waitMs(next) <= leftMs; next = this.#next()) {
      const waitMs = Math.max(0, this.#waitMs(next))
      leftMs -= waitMs
      this.#pass(waitMs)
      await this.#happen(next)
    }
    this.#pass(leftMs)
  }

  #next(): Due | undefined {
    return [...this.#due].toSorted((a, b) => a.atMs - b.atMs)[0]
  }

  /** As the cluster counts. */
  #waitMs({ atMs }: Due): number {
    return (atMs - performance.now()) / this.#scale
  }

  #pass(ms: number): void {
    this.#clock.skip(ms)
    for (const due of this.#due) {
      due.atMs -= ms * this.#scale
      this.#arm(due)
    }
  }

  async #happen(due: Due): Promise<void> {
    clearTimeout(due.timer)
    if (this.#due.delete(due)) await due.act()
  }

  #arm(due: Due): void {
    clearTimeout(due.timer)
    due.timer = setTimeout(() => void this.#happen(due), Math.max(0, due.atMs - performance.now()))
    due.timer.unref()
  }
}
