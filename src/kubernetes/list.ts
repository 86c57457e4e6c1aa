import type { Readable } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Api } from './api.ts'
import { ItemSplitter } from './items.ts'
import { ApiProblem, type Problem, problemOf } from './problem.ts'
import { at, text } from './raw.ts'
import type { Kept, Resource, Variant } from './resource.ts'
import { within } from './within.ts'

/** Etcd takes no object above 1.5 MB; JSON makes it longer. */
export const MAX_OBJECT_BYTES = 16 << 20
export const LIST_MS = 60_000
const PAGE = 500
/** 5 million objects: no cluster has them, but a server that always says `continue` would never end. */
const MAX_PAGES = 10_000

/** All objects of one kind at one moment. */
export interface Listed<T> {
  /** By namespace and name. */
  readonly items: Map<string, Kept<T>>
  /** Where a watch goes on. */
  readonly resourceVersion: string
  readonly pages: number
}

/**
 * `newest`: what the server has now, page by page. `cached`: what its watch cache has, at no cost to etcd and without
 * pages (resourceVersion=0 makes servers ignore `limit`).
 */
export type Freshness = 'newest' | 'cached'

interface ListContext {
  readonly api: Api
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Lists one kind; throws an `ApiProblem`. */
export async function listAll<T>(
  resource: Resource<T>,
  variant: Variant,
  freshness: Freshness,
  context: ListContext,
): Promise<Listed<T>> {
  if (freshness === 'cached') return listPages(resource, variant, { resourceVersion: '0' }, context)
  try {
    return await listPages(resource, variant, { limit: String(PAGE) }, context)
  } catch (error) {
    // The pages took longer than etcd keeps a revision: once more, in one piece.
    if (!isExpired(problemOf(error))) throw error
    return listPages(resource, variant, {}, context)
  }
}

async function listPages<T>(
  resource: Resource<T>,
  { path, query }: Variant,
  ask: Readonly<Record<string, string>>,
  context: ListContext,
): Promise<Listed<T>> {
  const items = new Map<string, Kept<T>>()
  let next: string | null = null
  for (let pages = 1; pages <= MAX_PAGES; pages++) {
    const more: Variant['query'] = next === null ? {} : { continue: next }
    const envelope: unknown = await listPage(
      resource,
      { path, query: { ...query, ...ask, ...more } },
      items,
      context,
    )
    const resourceVersion = text(at(envelope, 'metadata', 'resourceVersion'))
    if (resourceVersion === null) throw garbage('a list without a resourceVersion')
    next = text(at(envelope, 'metadata', 'continue')) || null
    if (next === null) return { items, resourceVersion, pages }
  }
  throw garbage('a list without an end')
}

/** Reads one page into `items`; resolves with what is around the items. */
async function listPage<T>(
  resource: Resource<T>,
  request: Variant,
  items: Map<string, Kept<T>>,
  { api, clock, signal }: ListContext,
): Promise<unknown> {
  const limit = { ms: LIST_MS, waitedFor: 'body' } as const
  return within(clock, limit, signal, async (limited) => {
    const { body } = await api.open(request, limited)
    return readPage(body, (bytes) => {
      const object = parse(bytes)
      const value = resource.keep(object)
      if (value !== null) items.set(keyOf(object), { version: versionOf(object), value })
    })
  })
}

async function readPage(body: Readable, take: (item: Buffer) => void): Promise<unknown> {
  const splitter = new ItemSplitter(MAX_OBJECT_BYTES)
  for await (const chunk of body) {
    const items = splitter.take(chunk as Buffer)
    if (items === null) throw garbage(`an object of more than ${MAX_OBJECT_BYTES >> 20} MiB`)
    items.forEach(take)
  }
  const envelope = splitter.envelope()
  if (envelope === null) throw garbage('a list that was cut off')
  return parse(envelope)
}

function parse(json: Buffer | string): unknown {
  try {
    return JSON.parse(json.toString())
  } catch {
    throw garbage('no JSON')
  }
}

export function keyOf(object: unknown): string {
  return `${text(at(object, 'metadata', 'namespace')) ?? ''}/${text(at(object, 'metadata', 'name')) ?? ''}`
}

export function versionOf(object: unknown): string {
  return text(at(object, 'metadata', 'resourceVersion')) ?? ''
}

export function isExpired(problem: Problem): boolean {
  return problem.kind === 'status' && problem.status.code === 410
}

export function garbage(what: string): ApiProblem {
  return new ApiProblem({ kind: 'garbage', what })
}
