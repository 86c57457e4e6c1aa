import type { Clock } from '../clock.ts'
import type { Random } from '../core/random.ts'
import type { Api } from './api.ts'
import { findMetallb, type Found } from './find.ts'
import { type Listed, listAll } from './list.ts'
import { type Problem, problemOf } from './problem.ts'
import type { Resource, Subject } from './resource.ts'
import type { Kinds, ListInput, ResourcesOf } from './resources.ts'
import { nextStep, readFailed } from './retry.ts'
import type { Single } from './single.ts'
import { readableFor, type Reading } from './snapshot.ts'

export interface ReaderContext {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  /** Ends everything that is still under way. */
  readonly signal: AbortSignal
  /** How long that takes at most. */
  readonly limitMs: number
}

interface Failure {
  readonly resource: Subject
  readonly problem: Problem
}

const MOST_BREAKS = 2

/** Reads inputs once, each on its own: what fails is an input that says why, and the others stand. */
export class Reader {
  readonly #context: ReaderContext
  readonly #failures: Failure[] = []
  #answered = false

  constructor(context: ReaderContext) {
    this.#context = context
  }

  async find(): Promise<Found> {
    return findMetallb(this.#context)
  }

  async list<T>(resource: Resource<T>): Promise<Reading<readonly T[]>> {
    return this.#read(resource, [], async () => {
      const { items } = await this.#listVariant(resource, 0)
      return [...items.values()].map(({ value }) => value)
    })
  }

  async listEach<Name extends ListInput>(
    each: ResourcesOf<Name>,
  ): Promise<{ readonly [Key in Name]: Reading<readonly Kinds[Key][]> }> {
    const names = Object.keys(each) as Name[]
    const read = await Promise.all(names.map((name) => this.list(each[name] as Resource<unknown>)))
    return Object.fromEntries(names.map((name, i) => [name, read[i]])) as {
      [Key in Name]: Reading<readonly Kinds[Key][]>
    }
  }

  async single<T>(single: Single<T>, missing: T): Promise<Reading<T>> {
    const { api, clock, signal } = this.#context
    return this.#read(single, missing, () => single.read(api, clock, signal))
  }

  /** Why nothing could be read at all; null where something could, or where only permissions are missing. */
  trouble(): Problem | null {
    const noCore = this.#failures.find(
      ({ resource, problem }) => resource.name === 'nodes' && is(problem, 404),
    )
    if (noCore) return noCore.problem
    const alive = this.#failures.some(({ problem }) => is(problem, 403) || is(problem, 404))
    if (this.#answered || alive) return null
    const [worst] = this.#failures.map(({ problem }) => problem).sort((a, b) => rank(a) - rank(b))
    return worst ?? null
  }

  async #read<T>(resource: Failure['resource'], missing: T, read: () => Promise<T>): Promise<Reading<T>> {
    const started = this.#context.clock.monotonicMs()
    try {
      const value = await this.#retried(read)
      this.#answered = true
      const ageMs = Math.round(this.#context.clock.monotonicMs() - started)
      return { value, input: { readable: 'yes', ageMs } }
    } catch (error) {
      const problem = this.#inTime(problemOf(error))
      this.#failures.push({ resource, problem })
      return { value: missing, input: { readable: readableFor(problem, resource), ageMs: null } }
    }
  }

  /** Overload (429, 503); or a connection that broke (GOAWAY, a restart), once the server has answered at all. */
  #isPassing(problem: Problem, failures: number): boolean {
    if (problem.kind === 'network') return this.#answered && failures < MOST_BREAKS
    return problem.kind === 'status' && (problem.status.code === 429 || problem.status.code >= 500)
  }

  /** What passes is asked for again while there is time. */
  async #retried<T>(read: () => Promise<T>): Promise<T> {
    const { clock, random, signal } = this.#context
    for (let failures = 0; ; failures++) {
      try {
        return await read()
      } catch (error) {
        const problem = problemOf(error)
        if (!this.#isPassing(problem, failures) || signal.aborted) throw error
        await clock.sleep(nextStep(readFailed(problem), failures, random).waitMs, signal)
        if (signal.aborted) throw error
      }
    }
  }

  async #listVariant<T>(resource: Resource<T>, index: number): Promise<Listed<T>> {
    const variant = resource.variants[index]!
    try {
      return await listAll(resource, variant, 'newest', this.#context)
    } catch (error) {
      const problem = problemOf(error)
      const other = is(problem, 400) || is(problem, 404) || (is(problem, 403) && variant.wide === true)
      if (!other || index + 1 === resource.variants.length) throw error
      return this.#listVariant(resource, index + 1)
    }
  }

  /** Our own deadline ends a request as somebody's signal does. */
  #inTime(problem: Problem): Problem {
    if (problem.kind !== 'stopped') return problem
    return { kind: 'late', waitedFor: 'answer', ms: this.#context.limitMs }
  }
}

function is(problem: Problem, code: number): boolean {
  return problem.kind === 'status' && problem.status.code === code
}

/** The one that explains the others. */
function rank(problem: Problem): number {
  if (problem.kind === 'credentials') return 0
  if (is(problem, 401)) return 1
  return { network: 2, garbage: 3, status: 4, late: 5, stopped: 6 }[problem.kind]
}
