import type { Readable } from './cluster.ts'

/** The recorded truth: what an announcer wrote down of an address. Intent, all of it. */
export interface Records {
  /** Newest first. */
  readonly statuses: readonly StatusRecord[]
  /** `nodeAssigned` for layer 2, newest first. */
  readonly assigned: readonly EventRecord[]
  /** `announceFailed`, newest first: the named interfaces do not exist on the elected node. */
  readonly failed: readonly EventRecord[]
  readonly readable: { readonly statuses: Readable; readonly events: Readable }
}

export interface StatusRecord {
  readonly service: string
  readonly node: string
  /** Empty: all. */
  readonly interfaces: readonly string[]
  readonly ageMs: number | null
  /** Its speaker pod is gone or not Ready: the record outlived its writer. */
  readonly orphaned: boolean
}

export interface EventRecord {
  readonly service: string
  readonly node: string
  readonly count: number
  readonly ageMs: number | null
}

/** What was written down last, and by which means; null: nothing that could be read. */
export interface LastRecord {
  readonly what: 'ServiceL2Status' | 'nodeAssigned'
  readonly nodes: readonly string[]
  readonly ageMs: number | null
}

/** ServiceL2Status first: events are repeated at each re-evaluation, and forgotten after an hour. */
export function lastRecord({ statuses, assigned }: Records): LastRecord | null {
  const [status] = statuses
  if (status)
    return {
      what: 'ServiceL2Status',
      nodes: [...new Set(statuses.map(({ node }) => node))],
      ageMs: status.ageMs,
    }
  const [event] = assigned
  return event ? { what: 'nodeAssigned', nodes: [event.node], ageMs: event.ageMs } : null
}
