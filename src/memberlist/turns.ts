import type { Clock } from '../clock.ts'

interface Turn {
  /** Resolves when it is over. */
  readonly over: Promise<void>
  /** Null while it lasts. */
  endedMs: number | null
}

/** Lets one at a time to each key, with a gap between them. */
export class Turns {
  readonly #clock: Clock
  readonly #gapMs: number
  readonly #last = new Map<string, Turn>()

  constructor(clock: Clock, gapMs: number) {
    this.#clock = clock
    this.#gapMs = gapMs
  }

  /** Does `work` in its turn. An abort ends the waiting, not the turn: `work` has to look at the signal itself. */
  take<Result>(key: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    this.#forget()
    const result = this.#after(this.#last.get(key), signal, work)
    const end = () => void (turn.endedMs = this.#clock.monotonicMs())
    const turn: Turn = { over: result.then(end, end), endedMs: null }
    this.#last.set(key, turn)
    return result
  }

  async #after<Result>(
    before: Turn | undefined,
    signal: AbortSignal,
    work: () => Promise<Result>,
  ): Promise<Result> {
    await before?.over
    const waitMs = (before?.endedMs ?? -Infinity) + this.#gapMs - this.#clock.monotonicMs()
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal)
    return work()
  }

  /** Drops what cannot delay anybody any more. */
  #forget(): void {
    const nowMs = this.#clock.monotonicMs()
    for (const [key, { endedMs }] of this.#last)
      if (endedMs !== null && endedMs + this.#gapMs <= nowMs) this.#last.delete(key)
  }
}
