import { request as requestPlain, type IncomingMessage } from 'node:http'
import { request as requestTls, type RequestOptions } from 'node:https'
import type { MetricsEndpoint } from '../core/claims.ts'
import type { Ip } from '../core/ip.ts'

/** How one request for metrics went. */
export type Fetched =
  | { readonly how: 'answered'; readonly status: number; readonly type: string; readonly body: string }
  | { readonly how: 'too-big' }
  | { readonly how: 'encoded'; readonly encoding: string } // though we asked for none
  | { readonly how: 'cut-short' } // within the answer
  | { readonly how: 'broken'; readonly code: string } // before it: the system's or the library's code
  | { readonly how: 'stopped' }

/** A speaker with 10,000 addresses says about 3 MB. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024
const TEXT_FORMAT = 'text/plain;version=0.0.4'

/** One GET, one answer, on a connection of its own. Never rejects. */
export async function fetchMetrics(
  address: Ip,
  endpoint: MetricsEndpoint,
  token: string | null,
  signal: AbortSignal,
): Promise<Fetched> {
  let response: IncomingMessage | undefined
  try {
    response = await opened(optionsFor(address, endpoint, token, signal), endpoint)
    return await answered(response)
  } catch (error) {
    if (signal.aborted) return { how: 'stopped' }
    return response ? { how: 'cut-short' } : { how: 'broken', code: codeOf(error) }
  } finally {
    response?.destroy()
  }
}

/** The certificate is the speaker's own: nobody vouches for it, so it is not looked at (docs/decisions/0076). */
function optionsFor(
  host: Ip,
  { scheme, port }: MetricsEndpoint,
  token: string | null,
  signal: AbortSignal,
): RequestOptions {
  const authorization = scheme === 'https' && token !== null ? { Authorization: `Bearer ${token}` } : {}
  return {
    host,
    port,
    path: '/metrics',
    agent: false,
    signal,
    rejectUnauthorized: false,
    headers: { Accept: TEXT_FORMAT, 'Accept-Encoding': 'identity', ...authorization },
  }
}

function opened(options: RequestOptions, { scheme }: MetricsEndpoint): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (scheme === 'https' ? requestTls : requestPlain)(options, resolve)
    // It stays: a connection that breaks later is told by the answer, and must not end the process here.
    request.on('error', reject)
    request.end()
  })
}

async function answered(response: IncomingMessage): Promise<Fetched> {
  const { statusCode: status = 0, headers } = response
  const [encoding = 'identity', type = ''] = [headers['content-encoding'], headers['content-type']]
  // What a refusal says is nobody's business.
  if (status !== 200) return { how: 'answered', status, type, body: '' }
  if (encoding !== 'identity') return { how: 'encoded', encoding }
  const body = await bodyOf(response)
  return body === null ? { how: 'too-big' } : { how: 'answered', status, type, body: body.toString() }
}

async function bodyOf(response: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}
