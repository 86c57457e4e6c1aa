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
  const changed = part === 'status' ? changedIn(draft, previous, ['status']) : changedInMain(draft, previous)
  if (Object.keys(changed).length === 0) return []
  const fieldsV1 = fields(changed)
  const subresource = part === 'status' ? { subresource: 'status' as const } : {}
  return [{ manager, operation: 'Update', time, fieldsType: 'FieldsV1', fieldsV1, ...subresource }]
}

const APART = ['apiVersion', 'kind', 'metadata', 'status']
/** What clients write of an object's metadata; the rest is the server's own. */
const CLIENTS = ['labels', 'annotations', 'finalizers', 'ownerReferences']

function changedInMain(draft: Write['draft'], previous: Write['previous']): object {
  const body = Object.keys(draft).filter((key) => !APART.includes(key))
  const metadata = changedIn(draft['metadata'], previous?.metadata, CLIENTS)
  return {
    ...changedIn(draft, previous, body),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  }
}

/** Those of the keys whose values are others than before. */
function changedIn(now: unknown, before: unknown, keys: readonly string[]): object {
  const [after, was] = [now, before ?? {}] as readonly Readonly<Record<string, unknown>>[]
  const differ = keys.filter((key) => JSON.stringify(after?.[key]) !== JSON.stringify(was?.[key]))
  return Object.fromEntries(differ.flatMap((key) => (after?.[key] === undefined ? [] : [[key, after[key]]])))
}

/** `f:` keys all the way down; of lists no more than that they are there. */
function fields(value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [`f:${key}`, fields(inner)]))
}
