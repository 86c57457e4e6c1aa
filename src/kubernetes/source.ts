import type { Clock } from '../clock.ts'
import type { Random } from '../core/random.ts'
import type { Api } from './api.ts'
import type { Kept, Subject } from './resource.ts'
import type { RelistReason } from './retry.ts'

/** Where a source of objects stands. */
export type Health =
  /** Nothing has been asked yet. */
  | { readonly state: 'init' }
  | { readonly state: 'listing' }
  /** The items are what the API server has. */
  | { readonly state: 'synced' }
  /** The items are the last that were known. */
  | { readonly state: 'stale'; readonly why: string }
  /** A permission is missing: `list pods in namespace metallb-system`. */
  | { readonly state: 'denied'; readonly what: string }
  /** The server has no such resource, or no such object. */
  | { readonly state: 'absent' }
  /** Nothing was ever read. */
  | { readonly state: 'failed'; readonly why: string }

/** What a source tells of itself; every time is the clock's monotonic one, null for never. */
export interface SourceStatus {
  readonly resource: Subject
  readonly health: Health
  readonly items: number
  /** Everything has been read once. */
  readonly hasSynced: boolean
  /** When the items were last known to be all there is. */
  readonly completeMs: number | null
  readonly lastEventMs: number | null
  readonly lastRelistMs: number | null
  /** Watches begun after the first. */
  readonly reconnects: number
  readonly relists: Readonly<Partial<Record<RelistReason | 'first', number>>>
  /** By `status-503`, `network`, `late-headers`, `garbage`, `credentials`. */
  readonly errors: Readonly<Record<string, number>>
  /** Events that were passed over: older than what is known, or of an unknown type. */
  readonly ignored: Readonly<Record<'old' | 'unknown', number>>
}

/** One kind of object, kept as the API server has it. */
export interface Source<T> {
  readonly items: ReadonlyMap<string, Kept<T>>
  values(): readonly T[]
  status(): SourceStatus
  /** Ends all that is under way; resolves when nothing is. */
  stop(): Promise<void>
}

/** What a source works with. */
export interface SourceContext {
  readonly api: Api
  readonly clock: Clock
  readonly random: Random
  /** The items or the health changed. What it throws is handed to `onFault` and otherwise without effect. */
  readonly onChange: () => void
  readonly onFault: (error: unknown) => void
  /** How long to wait before the first request. */
  readonly startAfterMs: number
}

/** A listener's mistake must not end what it listens to. */
export function tellChange({ onChange, onFault }: Pick<SourceContext, 'onChange' | 'onFault'>): void {
  try {
    onChange()
  } catch (error) {
    onFault(error)
  }
}
