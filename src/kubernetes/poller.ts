import { type Loop, startLoop } from './loop.ts'
import { describe, type Problem, problemOf } from './problem.ts'
import { permission, type Subject } from './resource.ts'
import { nextStep, readFailed } from './retry.ts'
import { type Health, type SourceContext, type SourceStatus, tellChange } from './source.ts'

/** Something that is asked for now and then, because it seldom changes or is costly to watch. */
export interface Polled<T> extends Subject {
  readonly everyMs: number
  /** Throws an `ApiProblem`. */
  read(signal: AbortSignal): Promise<T>
}

/** Keeps one value as it was last read. */
export class Poller<T> {
  readonly #polled: Polled<T>
  readonly #context: SourceContext
  readonly #errors: Record<string, number> = {}
  #value: T | null = null
  #health: Health = { state: 'init' }
  #completeMs: number | null = null
  #reads = 0
  readonly #loop: Loop
  #failures = 0

  constructor(polled: Polled<T>, context: SourceContext) {
    this.#polled = polled
    this.#context = context
    this.#loop = startLoop(context, (signal) => this.#turn(signal))
  }

  /** Null until it was read, and while it does not exist. */
  get value(): T | null {
    return this.#value
  }

  status(): SourceStatus {
    const relists = { first: Math.min(1, this.#reads), polled: Math.max(0, this.#reads - 1) }
    return {
      resource: this.#polled,
      health: this.#health,
      items: this.#value === null ? 0 : 1,
      hasSynced: this.#completeMs !== null,
      completeMs: this.#completeMs,
      lastEventMs: null,
      lastRelistMs: this.#completeMs,
      reconnects: 0,
      relists,
      errors: this.#errors,
      ignored: { old: 0, unknown: 0 },
    }
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #turn(signal: AbortSignal): Promise<number> {
    const { random } = this.#context
    const problem = await this.#poll(signal)
    if (problem === null) {
      this.#failures = 0
      return this.#polled.everyMs * (0.8 + 0.4 * random.next())
    }
    const step = nextStep(readFailed(problem), this.#failures, random)
    this.#failures = step.failures
    return step.waitMs
  }

  async #poll(signal: AbortSignal): Promise<Problem | null> {
    try {
      const value = await this.#polled.read(signal)
      // the same one while it says the same: a snapshot shows by it that nothing changed
      if (JSON.stringify(value) !== JSON.stringify(this.#value)) this.#value = value
      this.#completeMs = this.#context.clock.monotonicMs()
      this.#reads++
      this.#set({ state: 'synced' })
      return null
    } catch (error) {
      const problem = problemOf(error)
      if (problem.kind !== 'stopped') this.#failed(problem)
      return problem
    }
  }

  #failed(problem: Problem): void {
    const code = problem.kind === 'status' ? problem.status.code : null
    const key = code === null ? problem.kind : `status-${code}`
    this.#errors[key] = (this.#errors[key] ?? 0) + 1
    if (code === 404) this.#value = null
    if (code === 404) this.#set({ state: 'absent' })
    else if (code === 403)
      this.#set({ state: 'denied', what: permission(this.#polled.verb ?? 'list', this.#polled) })
    else this.#set({ state: this.#completeMs === null ? 'failed' : 'stale', why: describe(problem) })
  }

  #set(health: Health): void {
    this.#health = health
    tellChange(this.#context)
  }
}
