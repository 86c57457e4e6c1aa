import type { IncomingMessage } from 'node:http'
import type { ServerOptions } from './server.ts'
import { plain, type Answer, type Routes } from './route.ts'

/** Which route answers, or which of the ways to refuse. */
export async function dispatch(
  request: IncomingMessage,
  routes: Routes,
  guard: ServerOptions['guard'],
  signal: AbortSignal,
): Promise<Answer> {
  const { headers, method } = request
  if (hasBody(request)) return plain(413, 'No request here has a body.', { connection: 'close' })
  const url = urlOf(request.url ?? '/')
  if (!url) return plain(400, 'The target of this request is no path.', { connection: 'close' })
  const asked = { query: url.searchParams, headers, signal }
  const refusal = await guard?.(asked)
  if (refusal) return refusal
  const route = routes.get(url.pathname)
  if (!route) return plain(404, 'Not found.')
  const allowed = route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]
  if (!allowed.includes(method ?? '')) return plain(405, 'Not so.', { allow: allowed.join(', ') })
  return route.answer(asked)
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

/** Only a path, as `GET /metrics` has it; nobody uses us as a proxy. */
function urlOf(target: string): URL | null {
  return target.startsWith('/') && URL.canParse(target, BASE) ? new URL(`${BASE}${target}`) : null
}

const BASE = 'http://arpcheck'
