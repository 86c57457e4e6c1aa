import type { ApiObject } from './kinds.ts'

/** Who writes, and which part of an object. */
export interface Writer {
  /** `fieldManager`, or the client's name. */
  readonly manager: string
  /** `all`: spec and status at once, which only the double's own face may do. */
  readonly part: 'main' | 'status' | 'all'
}

interface Entry {
  readonly manager: string
  readonly operation: 'Update'
  readonly subresource?: 'status'
  readonly time: string
  readonly fieldsType: 'FieldsV1'
  readonly fieldsV1: object
}

/** The object's `managedFields` after this write: one entry for each manager and part, with what it last changed. */
export function managedBy(
  { manager, part }: Writer,
  draft: Readonly<Record<string, unknown>>,
  previous: ApiObject | null,
  time: string,
): readonly Entry[] {
  const before = (previous?.metadata['managedFields'] ?? []) as readonly Entry[]
  const parts = part === 'all' ? (['main', 'status'] as const) : [part]
  const written = parts.flatMap((one) => entryFor(one, { manager, draft, previous, time }))
  const kept = before.filter(
    (entry) =>
      !written.some((mine) => mine.manager === entry.manager && mine.subresource === entry.subresource),
  )
  return [...kept, ...written]
}

interface Write {
  readonly manager: string
  readonly draft: Readonly<Record<string, unknown>>
  readonly previous: ApiObject | null
  readonly time: string
}

function entryFor(part: 'main' | 'status', { manager, draft, previous, time }: Write): readonly Entry[] {
  const keys = Object.keys(draft).filter(
    (key) => (key === 'status') === (part === 'status') && key !== 'apiVersion' && key !== 'kind',
  )
  const changed = keys.filter((key) => JSON.stringify(draft[key]) !== JSON.stringify(previous?.[key]))
  if (changed.length === 0) return []
  const fieldsV1 = Object.fromEntries(changed.map((key) => [`f:${key}`, fields(draft[key])]))
  const subresource = part === 'status' ? { subresource: 'status' as const } : {}
  return [{ manager, operation: 'Update', time, fieldsType: 'FieldsV1', fieldsV1, ...subresource }]
}

/** `f:` keys all the way down; of lists no more than that they are there. */
function fields(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [`f:${key}`, fields(inner)]))
}
