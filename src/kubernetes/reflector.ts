import { type Freshness, keyOf, listAll, versionOf } from './list.ts'
import { type Loop, startLoop } from './loop.ts'
import { describe, type Problem, problemOf } from './problem.ts'
import { isOlder, type Kept, permission, type Resource, type Variant } from './resource.ts'
import { type Ending, nextStep, type RelistReason, type Step } from './retry.ts'
import { type Health, type Source, type SourceContext, type SourceStatus, tellChange } from './source.ts'
import { type WatchEvent, watchOnce } from './watch.ts'
import type { WireResponse } from './wire.ts'

/** A watch may lose something without saying so; a cheap list out of the server's cache finds it. */
const RELIST_EVERY_MS = 6 * 3600_000
const ABSENT_AFTER_MS = 30_000

/**
 * Keeps one kind of object as the API server has it: lists, watches from there, goes on where a watch ended, and lists
 * again only when it must. Never gives up, and never drops what it knows because the server is away.
 */
export class Reflector<T> implements Source<T> {
  readonly #resource: Resource<T>
  readonly #context: SourceContext
  #items = new Map<string, Kept<T>>()
  #values: readonly T[] | null = null
  #health: Health = { state: 'init' }
  #variant = 0
  /** Where a watch goes on; null: everything has to be listed. */
  #resume: string | null = null
  #relist: RelistReason | 'first' = 'first'
  #stream: WireResponse | null = null
  #completeMs: number | null = null
  #lastEventMs: number | null = null
  #lastRelistMs: number | null = null
  #missingSinceMs: number | null = null
  #watches = 0
  #failures = 0
  readonly #relists: Partial<Record<RelistReason | 'first', number>> = {}
  readonly #errors: Record<string, number> = {}
  readonly #ignored = { old: 0, unknown: 0 }
  readonly #loop: Loop

  constructor(resource: Resource<T>, context: SourceContext) {
    this.#resource = resource
    this.#context = context
    this.#loop = startLoop(context, (signal) => this.#turn(signal))
  }

  get items(): ReadonlyMap<string, Kept<T>> {
    return this.#items
  }

  /** The same array until something changes. */
  values(): readonly T[] {
    return (this.#values ??= [...this.#items.values()].map(({ value }) => value))
  }

  status(): SourceStatus {
    return {
      resource: this.#resource,
      health: this.#health,
      items: this.#items.size,
      hasSynced: this.#completeMs !== null,
      completeMs: this.#stream === null ? this.#completeMs : this.#aliveMs(this.#stream),
      lastEventMs: this.#lastEventMs,
      lastRelistMs: this.#lastRelistMs,
      reconnects: Math.max(0, this.#watches - 1),
      relists: this.#relists,
      errors: this.#errors,
      ignored: this.#ignored,
    }
  }

  stop(): Promise<void> {
    return this.#loop.stop()
  }

  async #turn(signal: AbortSignal): Promise<number> {
    const ending = await this.#cycle(signal)
    if (signal.aborted) return 0
    const step = nextStep(ending, this.#failures, this.#context.random)
    this.#failures = step.failures
    this.#take(step, ending.problem)
    return step.waitMs
  }

  /** One list (where needed) and one watch, to its end. */
  async #cycle(signal: AbortSignal): Promise<Ending> {
    const { clock } = this.#context
    const watch = { sinceMs: clock.monotonicMs(), progressed: false }
    const problem = await this.#listAndWatch(watch, signal).then(() => null, problemOf)
    if (this.#stream !== null) this.#completeMs = this.#aliveMs(this.#stream)
    const livedMs = this.#stream === null ? 0 : clock.monotonicMs() - watch.sinceMs
    this.#stream = null
    return {
      problem,
      livedMs,
      progressed: watch.progressed,
      otherVariant: this.#variant + 1 < this.#resource.variants.length,
      wide: this.#asked.wide === true,
      wasThere: this.#wasThere(problem),
    }
  }

  /** Whether an answer of 404 may be that of a server that is only starting. */
  #wasThere(problem: Problem | null): boolean {
    const isMissing = problem?.kind === 'status' && problem.status.code === 404
    const nowMs = this.#context.clock.monotonicMs()
    this.#missingSinceMs = isMissing ? (this.#missingSinceMs ?? nowMs) : null
    return this.#items.size > 0 && nowMs - (this.#missingSinceMs ?? nowMs) < ABSENT_AFTER_MS
  }

  get #asked(): Variant {
    return this.#resource.variants[this.#variant]!
  }

  async #listAndWatch(watch: { sinceMs: number; progressed: boolean }, signal: AbortSignal): Promise<void> {
    const { api, clock, random } = this.#context
    this.#resume ??= await this.#list(signal)
    await watchOnce({
      api,
      clock,
      random,
      variant: this.#asked,
      resourceVersion: this.#resume,
      signal,
      onOpen: (response) => {
        watch.sinceMs = clock.monotonicMs()
        this.#watches++
        this.#stream = response
        this.#setHealth({ state: 'synced' })
      },
      onContact: () => (this.#completeMs = clock.monotonicMs()),
      onEvent: (event) => (watch.progressed = this.#apply(event) || watch.progressed),
      onUnknown: () => this.#ignored.unknown++,
    })
  }

  /** Replaces the items as a whole; returns where to watch from. */
  async #list(signal: AbortSignal): Promise<string> {
    const { api, clock } = this.#context
    if (!this.#items.size) this.#setHealth({ state: 'listing' })
    const context = { api, clock, signal }
    const listed = await listAll(this.#resource, this.#asked, this.#freshness(), context)
    this.#relists[this.#relist] = (this.#relists[this.#relist] ?? 0) + 1
    this.#lastRelistMs = this.#completeMs = clock.monotonicMs()
    this.#items = listed.items
    this.#setHealth({ state: 'synced' })
    this.#changed()
    return listed.resourceVersion
  }

  /** After 410 the server's cache may still be behind what we know: then only etcd's answer will do. */
  #freshness(): Freshness {
    return this.#relist === 'expired' || this.#relist === 'garbage' ? 'newest' : 'cached'
  }

  /** Returns whether it told something new. */
  #apply(event: WatchEvent): boolean {
    const version = event.type === 'bookmark' ? event.version : versionOf(event.object)
    const told = event.type === 'bookmark' ? 'nothing' : this.#applyObject(event, version)
    if (event.type !== 'bookmark') this.#lastEventMs = this.#context.clock.monotonicMs()
    if (this.#resume === null || !isOlder(version, this.#resume)) this.#resume = version
    if (told === 'news') this.#changed()
    else if (told === 'past') this.#ignored.old++
    return told === 'news' || told === 'version'
  }

  /** Of `version` alone where nothing that we keep is another: kubelets write each Node's status every few minutes. */
  #applyObject(
    { type, object }: { readonly type: 'put' | 'delete'; readonly object: unknown },
    version: string,
  ): 'news' | 'version' | 'past' {
    const key = keyOf(object)
    const known = this.#items.get(key)
    if (type === 'delete')
      return known !== undefined && !isOlder(version, known.version) && this.#items.delete(key)
        ? 'news'
        : 'past'
    // A replayed event must bring nothing back: neither an older state nor what was deleted since.
    const past = known?.version ?? this.#resume
    if (version === past || isOlder(version, past ?? '')) return 'past'
    const value = this.#resource.keep(object)
    if (value === null) return this.#items.delete(key) ? 'news' : 'version'
    const isSame = known !== undefined && JSON.stringify(known.value) === JSON.stringify(value)
    this.#items.set(key, { version, value: isSame ? known.value : value })
    return isSame ? 'version' : 'news'
  }

  #take(step: Step, problem: Problem | null): void {
    if (problem !== null) this.#errors[codeOf(problem)] = (this.#errors[codeOf(problem)] ?? 0) + 1
    if (step.nextVariant) this.#variant++
    // What is absent now may be installed later, in its newest form.
    else if (step.health === 'absent') this.#variant = 0
    const aged = (this.#lastRelistMs ?? 0) + RELIST_EVERY_MS < this.#context.clock.monotonicMs()
    const reason = step.relist ?? (aged && problem === null ? 'age' : null)
    if (reason !== null && this.#resume !== null) this.#relist = reason
    if (reason !== null) this.#resume = null
    if (problem !== null) this.#lost(step.health, problem)
  }

  #lost(health: Step['health'], problem: Problem): void {
    if (health === 'absent') {
      const had = this.#items.size > 0
      this.#items = new Map()
      this.#setHealth({ state: 'absent' })
      if (had) this.#changed()
    } else if (health === 'denied') this.#setHealth({ state: 'denied', what: this.#denied(problem) })
    else if (health === 'lost')
      this.#setHealth({ state: this.#completeMs === null ? 'failed' : 'stale', why: describe(problem) })
  }

  /** The verb that was refused: a role may allow to list and not to watch. */
  #denied(problem: Problem): string {
    const message = problem.kind === 'status' ? problem.status.message : ''
    return permission(/\bcannot watch\b/.test(message) ? 'watch' : 'list', this.#resource)
  }

  #setHealth(health: Health): void {
    const changed = health.state !== this.#health.state
    this.#health = health
    if (changed) this.#changed()
  }

  #changed(): void {
    this.#values = null
    tellChange(this.#context)
  }

  #aliveMs(stream: WireResponse): number {
    return Math.max(this.#completeMs ?? 0, stream.lastContactMs())
  }
}

function codeOf(problem: Problem): string {
  if (problem.kind === 'status') return `status-${problem.status.code}`
  return problem.kind === 'late' ? `late-${problem.waitedFor.replaceAll(' ', '-')}` : problem.kind
}
