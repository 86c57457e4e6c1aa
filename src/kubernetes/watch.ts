import type { Clock } from '../clock.ts'
import type { Random } from '../core/random.ts'
import type { Api } from './api.ts'
import { type Deadline, deadline } from './deadline.ts'
import { LineSplitter } from './lines.ts'
import { garbage, MAX_OBJECT_BYTES } from './list.ts'
import { ApiProblem } from './problem.ts'
import { at, rawOf, text } from './raw.ts'
import type { Variant } from './resource.ts'
import { statusInStream } from './status.ts'
import type { WireResponse } from './wire.ts'

/** One line of a watch that concerns us. */
export type WatchEvent =
  | { readonly type: 'put'; readonly object: unknown }
  | { readonly type: 'delete'; readonly object: unknown }
  /** All changes up to this version have been sent. */
  | { readonly type: 'bookmark'; readonly version: string }

export interface WatchOptions {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  readonly variant: Variant
  readonly resourceVersion: string
  readonly signal: AbortSignal
  /** The server has accepted. */
  readonly onOpen: (response: WireResponse) => void
  /** Any bytes. */
  readonly onContact: () => void
  readonly onEvent: (event: WatchEvent) => void
  /** A line of an unknown type, which is passed over. */
  readonly onUnknown: (type: string) => void
}

/** The server is asked to end a watch after so long (random, so that nodes do not come back all at once). */
export const WATCH_SECONDS = { least: 290, most: 580 } as const
/** A server that does not keep to it is not waited for. */
export const GRACE_MS = 30_000
/** Servers that send bookmarks send one a minute. */
export const BOOKMARKS_MS = 180_000

/** Follows one watch to its end. Returns when the server ends it as agreed, throws an `ApiProblem` otherwise. */
export async function watchOnce(options: WatchOptions): Promise<void> {
  const { api, clock, random, variant, signal } = options
  const { least, most } = WATCH_SECONDS
  const timeoutSeconds = least + random.below(most - least + 1)
  const query = {
    ...variant.query,
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion: options.resourceVersion,
    timeoutSeconds: String(timeoutSeconds),
  }
  const whole = deadline(clock, timeoutSeconds * 1000 + GRACE_MS, signal)
  const idle = deadline(clock, timeoutSeconds * 1000 + GRACE_MS, whole.signal)
  try {
    const response = await api.open({ path: variant.path, query }, idle.signal)
    options.onOpen(response)
    await follow(response, options, idle)
  } catch (error) {
    if (signal.aborted) throw new ApiProblem({ kind: 'stopped' })
    if (whole.expired) throw late('end of watch', timeoutSeconds * 1000 + GRACE_MS)
    if (idle.expired) throw late('event', BOOKMARKS_MS)
    throw error
  } finally {
    idle.clear()
    whole.clear()
  }
}

async function follow({ body }: WireResponse, options: WatchOptions, idle: Deadline): Promise<void> {
  const splitter = new LineSplitter(MAX_OBJECT_BYTES)
  let bookmarked = false
  for await (const chunk of body) {
    options.onContact()
    const lines = splitter.take(chunk as Buffer)
    if (lines === null) throw garbage(`an event of more than ${MAX_OBJECT_BYTES >> 20} MiB`)
    for (const line of lines) bookmarked = takeLine(line, options) || bookmarked
    // One bookmark shows that this server sends them, so their absence means something from now on.
    if (bookmarked) idle.extend(BOOKMARKS_MS)
  }
  if (splitter.rest > 0) throw garbage('an event that was cut off')
}

/** Returns whether the line was a bookmark. */
function takeLine(line: Buffer, { onEvent, onUnknown }: WatchOptions): boolean {
  if (line.length === 0) return false
  const { type, object } = rawOf(parse(line))
  if (type === 'ADDED' || type === 'MODIFIED') onEvent({ type: 'put', object })
  else if (type === 'DELETED') onEvent({ type: 'delete', object })
  else if (type === 'ERROR') throw new ApiProblem({ kind: 'status', status: statusInStream(object) })
  else if (type !== 'BOOKMARK') onUnknown(text(type) ?? typeof type)
  else {
    const version = text(at(object, 'metadata', 'resourceVersion'))
    if (version !== null) onEvent({ type: 'bookmark', version })
    return true
  }
  return false
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString())
  } catch {
    throw garbage('an event that is no JSON')
  }
}

function late(waitedFor: 'event' | 'end of watch', ms: number): ApiProblem {
  return new ApiProblem({ kind: 'late', waitedFor, ms })
}
