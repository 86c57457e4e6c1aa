import { type ApiObject, type Kind, type Metadata, resourceName } from './kinds.ts'
import { notFound } from './list.ts'
import type { Writer } from './managed.ts'
import { type Asked, badRequest, type Exchange, type Failure, sendFailure, sendJson } from './respond.ts'
import type { Refused, Store } from './store.ts'

export interface Target {
  readonly kind: Kind
  readonly namespace: string | null
  readonly name: string | null
  readonly subresource: string | null
}

/** POST, PUT, PATCH (merge) and DELETE of one object. */
export function write(store: Store, target: Target, asked: Asked, exchange: Exchange): void {
  const { kind, namespace, name } = target
  if (asked.method === 'DELETE') {
    const removed = store.remove(kind, namespace, name ?? '')
    return 'refused' in removed
      ? sendFailure(exchange, notFound(kind, name ?? ''))
      : sendJson(exchange, 200, removed)
  }
  const given = objectFrom(store, target, asked)
  if (!('metadata' in given && 'kind' in given)) return sendFailure(exchange, given)
  const part = target.subresource === 'status' ? 'status' : 'main'
  const writer: Writer = { manager: managerOf(asked), part }
  const written = store.put(kind, given, writer, asked.method === 'POST' ? 'create' : 'update')
  if ('refused' in written)
    return sendFailure(exchange, refusal(kind, given.metadata.name, written as Refused))
  sendJson(exchange, asked.method === 'POST' ? 201 : 200, written)
}

function objectFrom(
  store: Store,
  { kind, namespace, name }: Target,
  { method, body }: Asked,
): ApiObject | Failure {
  let json: ApiObject
  try {
    json = JSON.parse(body) as ApiObject
  } catch {
    return badRequest('the object provided is unrecognized')
  }
  const current = name === null ? undefined : store.get(kind, namespace, name)
  if (method === 'PATCH' && current === undefined) return notFound(kind, name ?? '')
  const object = method === 'PATCH' ? (merged(current, json) as ApiObject) : json
  // Only the server sets these.
  const { managedFields: _, uid: _uid, creationTimestamp: _time, ...metadata } = object.metadata
  return { ...object, metadata: { ...(metadata as Metadata), ...(namespace !== null && { namespace }) } }
}

/** RFC 7386 */
export function merged(base: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Record<string, unknown> = typeof base === 'object' && base !== null ? { ...base } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, key)
    else result[key] = merged(result[key], value)
  }
  return result
}

function managerOf({ query, headers }: Asked): string {
  return query.get('fieldManager') ?? headers['user-agent']?.split('/')[0] ?? 'unknown'
}

function refusal(kind: Kind, name: string, { refused }: Refused): Failure {
  if (refused === 'missing') return notFound(kind, name)
  const details = { name, ...(kind.group !== '' && { group: kind.group }), kind: kind.plural }
  if (refused === 'exists')
    return {
      code: 409,
      reason: 'AlreadyExists',
      message: `${resourceName(kind)} "${name}" already exists`,
      details,
    }
  const message = `Operation cannot be fulfilled on ${resourceName(kind)} "${name}": the object has been modified; please apply your changes to the latest version and try again`
  return { code: 409, reason: 'Conflict', message, details }
}
