import { type ApiObject, apiVersionOf, type Kind, resourceName } from './kinds.ts'
import {
  type Asked,
  badRequest,
  type Exchange,
  expired,
  type Failure,
  sendFailure,
  sendJson,
} from './respond.ts'
import type { Matcher } from './selectors.ts'
import type { Store } from './store.ts'

/** What a `continue` token says: from which key on, at which version (-1: whatever there is by then). */
interface Token {
  readonly v: 'meta.k8s.io/v1'
  readonly rv: number
  readonly start: string
}

const LATEST = -1

/** LIST: at which version, which page of it. */
export function list(store: Store, kind: Kind, matches: Matcher, { query }: Asked, exchange: Exchange): void {
  const from = query.get('continue')
  const version = query.get('resourceVersion') ?? ''
  if (Number(version) > store.version) return sendFailure(exchange, tooLarge(version, store.version))
  if (
    version !== '' &&
    version !== '0' &&
    query.get('resourceVersionMatch') === 'Exact' &&
    Number(version) < store.version
  )
    return sendFailure(exchange, expired('The provided resource version is too old.'))
  // Out of the watch cache, where there are no pages.
  const limit = version === '0' ? 0 : Number(query.get('limit') ?? 0)
  const found =
    from === null ? { objects: store.all(kind), rv: store.version, start: '' } : resumed(store, kind, from)
  if ('code' in found) return sendFailure(exchange, found)
  const rest = found.objects.filter((object) => keyOf(object) > found.start && matches(object))
  const page = limit > 0 ? rest.slice(0, limit) : rest
  const left = rest.length - page.length
  const rv = left > 0 && from === null ? store.keepPages(kind, found.objects) : found.rv
  sendJson(exchange, 200, listBody(kind, page, rv, left, query))
}

function resumed(
  store: Store,
  kind: Kind,
  from: string,
): { readonly objects: readonly ApiObject[]; readonly rv: number; readonly start: string } | Failure {
  const token = decode(from)
  if (token === null) return badRequest('invalid continue token: continue key is not valid')
  if (token.rv === LATEST) return { objects: store.all(kind), rv: store.version, start: token.start }
  const objects = store.pages(kind, token.rv)
  if (objects !== undefined) return { objects, rv: token.rv, start: token.start }
  return expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    { continue: encode({ v: 'meta.k8s.io/v1', rv: LATEST, start: token.start }) },
  )
}

function listBody(
  kind: Kind,
  page: readonly ApiObject[],
  rv: number,
  left: number,
  query: URLSearchParams,
): object {
  const last = page.at(-1)
  const more =
    left > 0 && last !== undefined
      ? { continue: encode({ v: 'meta.k8s.io/v1', rv, start: keyOf(last) }), ...remaining(left, query) }
      : kind.custom && { continue: '' }
  return {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind),
    metadata: { resourceVersion: String(rv), ...more },
    items: page.map((object) => (kind.custom ? object : bare(object))),
  }
}

/** With a selector the server does not know how many are left. */
function remaining(left: number, query: URLSearchParams): object {
  return query.has('labelSelector') || query.has('fieldSelector') ? {} : { remainingItemCount: left }
}

/** Items of built-in kinds come without kind and apiVersion. */
function bare(object: ApiObject): object {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
}

function keyOf({ metadata: { namespace, name } }: ApiObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`
}

function encode(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url')
}

function decode(text: string): Token | null {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as Token
  } catch {
    return null
  }
}

function tooLarge(asked: string, current: number): Failure {
  return {
    code: 504,
    reason: 'Timeout',
    message: `Timeout: Too large resource version: ${asked}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  }
}

export function notFound(kind: Kind, name: string): Failure {
  return {
    code: 404,
    reason: 'NotFound',
    message: `${resourceName(kind)} "${name}" not found`,
    details: { name, ...(kind.group !== '' && { group: kind.group }), kind: kind.plural },
  }
}
