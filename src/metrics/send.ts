import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Answer } from './route.ts'

const compress = promisify(gzip)
/** Below this, a smaller body saves no packet. */
const WORTH_BYTES = 1400

/** Sends an answer, compressed where the client takes it: a scrape shrinks to a fifteenth. */
export async function send(
  { status, type, body, headers = {} }: Answer,
  to: { request: IncomingMessage; response: ServerResponse; headers: Readonly<Record<string, string>> },
): Promise<void> {
  const { request, response } = to
  const isSmaller = body.length > WORTH_BYTES && takesGzip(request)
  // level 1 takes a third of the time and saves nearly as much
  const bytes = isSmaller ? await compress(body, { level: 1 }) : Buffer.from(body)
  if (response.destroyed) return
  response.writeHead(status, {
    'content-type': type,
    'content-length': bytes.byteLength,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    vary: 'accept, accept-encoding',
    ...(isSmaller && { 'content-encoding': 'gzip' }),
    ...to.headers,
    ...headers,
  })
  response.end(bytes)
}

function takesGzip({ headers }: IncomingMessage): boolean {
  const wanted = headers['accept-encoding'] ?? ''
  return /(?:^|,)\s*gzip\s*(?:$|,|;(?!\s*q=0(?:\.0*)?\s*(?:,|$)))/i.test(wanted)
}
