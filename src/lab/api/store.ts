import { randomUUID } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { type ApiObject, apiVersionOf, type Kind, resourceName } from './kinds.ts'
import { managedBy, type Writer } from './managed.ts'

/** One change of one object, as watches tell it. */
export interface Change {
  readonly version: number
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: ApiObject
  /** Before it: a selector may have matched then and no longer. */
  readonly previous: ApiObject | null
}

interface Collection {
  readonly objects: Map<string, ApiObject>
  readonly log: Change[]
  /** Watches that begin before this version are told that it has expired. */
  oldest: number
  readonly listeners: Set<(change: Change) => void>
}

export type Refused = { readonly refused: 'exists' | 'missing' | 'conflict' }

/**
 * The objects, one version counter for all kinds, and for each kind the changes that the server still remembers.
 * As etcd and the watch cache, in a few maps.
 */
export class Store {
  readonly #clock: Clock
  readonly #collections = new Map<string, Collection>()
  /** Lists that are being read page by page, as they were when their first page was. */
  readonly #pages = new Map<string, readonly ApiObject[]>()
  #version = 100

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get version(): number {
    return this.#version
  }

  /** All objects of a kind in etcd's order, now or at the version of a page that is still remembered. */
  all(kind: Kind): readonly ApiObject[] {
    return [...this.#of(kind).objects].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
  }

  get(kind: Kind, namespace: string | null, name: string): ApiObject | undefined {
    return this.#of(kind).objects.get(keyFor(namespace, name))
  }

  /** Writes one object. `part`: of a kind whose status is written apart, which of the two counts. */
  put(kind: Kind, given: ApiObject, writer: Writer, only?: 'create' | 'update'): ApiObject | Refused {
    const collection = this.#of(kind)
    const key = keyFor(given.metadata.namespace ?? null, given.metadata.name)
    const previous = collection.objects.get(key) ?? null
    if (only === 'create' && previous !== null) return { refused: 'exists' }
    if (only === 'update' && previous === null) return { refused: 'missing' }
    const wanted = given.metadata.resourceVersion
    if (only === 'update' && wanted && wanted !== previous?.metadata.resourceVersion)
      return { refused: 'conflict' }
    const object = this.#stamped(kind, given, previous, writer)
    if (object === previous) return previous
    collection.objects.set(key, object)
    this.#tell(collection, previous === null ? 'ADDED' : 'MODIFIED', object, previous)
    return object
  }

  remove(kind: Kind, namespace: string | null, name: string): ApiObject | Refused {
    const collection = this.#of(kind)
    const key = keyFor(namespace, name)
    const previous = collection.objects.get(key)
    if (previous === undefined) return { refused: 'missing' }
    collection.objects.delete(key)
    // DELETED carries the last state with the version of the deletion.
    const metadata = { ...previous.metadata, resourceVersion: String(++this.#version) }
    this.#tell(collection, 'DELETED', { ...previous, metadata }, previous)
    return previous
  }

  /** Forgets a kind with all its objects: its CRD was removed. */
  drop(kind: Kind): void {
    for (const { metadata } of this.all(kind)) this.remove(kind, metadata.namespace ?? null, metadata.name)
  }

  /** The changes after a version; null when the server no longer remembers them. */
  changesAfter(kind: Kind, version: number): readonly Change[] | null {
    const { log, oldest } = this.#of(kind)
    return version < oldest ? null : log.filter((change) => change.version > version)
  }

  subscribe(kind: Kind, listener: (change: Change) => void): () => void {
    const { listeners } = this.#of(kind)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Remembers a list whose further pages will be asked for. */
  keepPages(kind: Kind, objects: readonly ApiObject[]): number {
    this.#pages.set(`${resourceName(kind)} ${this.#version}`, objects)
    return this.#version
  }

  pages(kind: Kind, version: number): readonly ApiObject[] | undefined {
    return this.#pages.get(`${resourceName(kind)} ${version}`)
  }

  /** etcd forgets all but the present: watches from before expire, and so do lists that are half read. */
  compact(): void {
    this.#pages.clear()
    this.forget()
  }

  /** A restarted server's watch cache begins now; versions before it have expired. */
  forget(): void {
    for (const collection of this.#collections.values()) {
      collection.log.length = 0
      collection.oldest = this.#version
    }
  }

  #of(kind: Kind): Collection {
    const name = resourceName(kind)
    const found = this.#collections.get(name)
    if (found !== undefined) return found
    const made: Collection = { objects: new Map(), log: [], oldest: 0, listeners: new Set() }
    this.#collections.set(name, made)
    return made
  }

  #tell(collection: Collection, type: Change['type'], object: ApiObject, previous: ApiObject | null): void {
    const change = { version: Number(object.metadata.resourceVersion), type, object, previous }
    collection.log.push(change)
    for (const listener of collection.listeners) listener(change)
  }

  /** The object as the server keeps it, with its own marks; the previous one itself where nothing changed. */
  #stamped(kind: Kind, given: ApiObject, previous: ApiObject | null, writer: Writer): ApiObject {
    const { status, metadata, ...rest } = given
    const apart = kind.status && writer.part !== 'all'
    const body =
      apart && writer.part === 'status'
        ? { ...withoutMetadata(previous), ...(status !== undefined && { status }) }
        : { ...rest, ...pick(apart ? previous?.['status'] : status) }
    const now = new Date(Number(this.#clock.wallNs() / 1_000_000n)).toISOString().replace(/\.\d+Z$/, 'Z')
    const marks = apart && writer.part === 'status' ? (previous?.metadata ?? metadata) : metadata
    const draft = { ...body, apiVersion: apiVersionOf(kind), kind: kind.kind }
    const named = {
      ...marks,
      name: metadata.name,
      ...(kind.namespaced && { namespace: metadata.namespace ?? 'default' }),
    }
    if (previous !== null && sameApartFromMarks({ ...draft, metadata: named }, previous)) return previous
    return {
      ...draft,
      metadata: {
        ...named,
        uid: previous?.metadata.uid ?? randomUUID(),
        resourceVersion: String(++this.#version),
        creationTimestamp: previous?.metadata.creationTimestamp ?? metadata.creationTimestamp ?? now,
        managedFields:
          metadata['managedFields'] ?? managedBy(writer, { ...draft, metadata: named }, previous, now),
      },
    }
  }
}

function keyFor(namespace: string | null, name: string): string {
  return namespace === null ? name : `${namespace}/${name}`
}

function withoutMetadata(object: ApiObject | null): object {
  const { metadata: _, ...rest } = object ?? { metadata: null }
  return rest
}

function pick(status: unknown): object {
  return status === undefined ? {} : { status }
}

const MARKS = ['uid', 'resourceVersion', 'creationTimestamp', 'managedFields', 'generation']

function sameApartFromMarks(draft: ApiObject, previous: ApiObject): boolean {
  return text(draft) === text(previous)
}

function text(object: ApiObject): string {
  const metadata = Object.entries(object.metadata).filter(([key]) => !MARKS.includes(key))
  return JSON.stringify(sorted({ ...object, metadata: Object.fromEntries(metadata) }))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
