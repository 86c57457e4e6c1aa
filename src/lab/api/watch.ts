import type { Clock } from '../../clock.ts'
import type { Random } from '../../core/random.ts'
import { type ApiObject, apiVersionOf, type Kind } from './kinds.ts'
import {
  type Asked,
  badRequest,
  type Exchange,
  expired,
  type Failure,
  sendFailure,
  statusBody,
} from './respond.ts'
import type { Matcher } from './selectors.ts'
import type { Change, Store } from './store.ts'

/** How this server treats watches. */
export interface WatchHabits {
  /** A bookmark after so long, again and again; null: none. */
  bookmarkEveryMs: number | null
  /** One more, just before a watch ends. */
  bookmarkAtEnd: boolean
  /** Ends watches that give no timeoutSeconds after a random time between this and twice this. */
  minRequestTimeoutMs: number
  /** `sendInitialEvents` is for servers since Kubernetes 1.32. */
  watchList: boolean
}

/** Where the lines of a watch go; scripted faults stand between. */
export interface WatchSink {
  line(text: string): void
  end(): void
}

export interface WatchContext {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly habits: WatchHabits
}

/** WATCH: what is there (where asked for), what has changed since, what changes from now on. */
export function watch(
  context: WatchContext,
  kind: Kind,
  matches: Matcher,
  { query }: Asked,
  exchange: Exchange,
  sinkOf: (exchange: Exchange) => WatchSink,
): void {
  const { store, clock, random, habits } = context
  const initial = query.get('sendInitialEvents') === 'true'
  if (initial && !habits.watchList) return sendFailure(exchange, noWatchList())
  const given = query.get('resourceVersion') ?? ''
  if (!/^\d*$/.test(given)) return sendFailure(exchange, invalidVersion(given))
  exchange.head(200, { 'content-type': 'application/json' })
  const [sink, ended] = [sinkOf(exchange), new AbortController()]
  exchange.onGone(() => ended.abort())

  const fromNow = given === '' || given === '0'
  const missed = fromNow ? [] : store.changesAfter(kind, Number(given))
  if (missed === null) {
    const message = `too old resource version: ${given} (${store.version})`
    sink.line(event('ERROR', statusBody(expired(message))))
    return sink.end()
  }
  if (fromNow) for (const object of store.all(kind).filter(matches)) sink.line(event('ADDED', object))
  for (const change of missed) tell(change)
  if (initial) bookmark({ annotations: { 'k8s.io/initial-events-end': 'true' } })
  const unsubscribe = store.subscribe(kind, (change) => {
    if (Number(given || 0) < change.version) tell(change)
  })
  ended.signal.addEventListener('abort', unsubscribe, { once: true })
  void repeatBookmarks()
  void endInTime()

  /** An object that begins or ceases to match is added to this watch, or deleted from it. */
  function tell({ type, object, previous, version }: Change): void {
    const [before, after] = [previous !== null && matches(previous), type !== 'DELETED' && matches(object)]
    if (after) sink.line(event(before ? 'MODIFIED' : 'ADDED', object))
    else if (before) sink.line(event('DELETED', versioned(type === 'DELETED' ? object : previous!, version)))
  }

  function bookmark(more: object = {}): void {
    const metadata = { resourceVersion: String(store.version), ...more }
    sink.line(event('BOOKMARK', { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata }))
  }

  async function repeatBookmarks(): Promise<void> {
    if (habits.bookmarkEveryMs === null || query.get('allowWatchBookmarks') !== 'true') return
    while (!ended.signal.aborted) {
      await clock.sleep(habits.bookmarkEveryMs, ended.signal)
      if (!ended.signal.aborted) bookmark()
    }
  }

  async function endInTime(): Promise<void> {
    const asked = Number(query.get('timeoutSeconds') ?? 0) * 1000
    await clock.sleep(asked || habits.minRequestTimeoutMs * (1 + random.next()), ended.signal)
    if (ended.signal.aborted) return
    if (habits.bookmarkAtEnd && query.get('allowWatchBookmarks') === 'true') bookmark()
    ended.abort()
    sink.end()
  }
}

export function event(type: string, object: object): string {
  return `${JSON.stringify({ type, object })}\n`
}

function versioned(object: ApiObject, version: number): ApiObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
}

function noWatchList(): Failure {
  const message = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled'
  return badRequest(message)
}

function invalidVersion(given: string): Failure {
  const message = `resourceVersion: Invalid value: "${given}": strconv.ParseUint: parsing "${given}": invalid syntax`
  return { code: 500, message }
}
