import type { ApiStatus } from './problem.ts'
import { at, number, text } from './raw.ts'
import type { WireResponse } from './wire.ts'

const MAX_STATUS_BYTES = 64 * 1024
/** A server that asks us to stay away for longer is asked again all the same. */
const MAX_RETRY_AFTER_MS = 300_000

/** What an answer other than 2xx says: a Status of the API, or the first words of whatever else came. */
export async function statusOf({ status, headers, body }: WireResponse): Promise<ApiStatus> {
  const words = await head(body)
  const json = parsed(words)
  const retryAfter = seconds(headers['retry-after']) ?? number(at(json, 'details', 'retryAfterSeconds'))
  return statusFrom(json, { code: status, message: firstLine(words, headers['content-type']), retryAfter })
}

/** The object of an ERROR in a watch. */
export function statusInStream(object: unknown): ApiStatus {
  const retryAfter = number(at(object, 'details', 'retryAfterSeconds'))
  return statusFrom(object, { code: number(at(object, 'code')) ?? 500, message: 'no message', retryAfter })
}

interface Known {
  readonly code: number
  readonly message: string
  readonly retryAfter: number | null
}

function statusFrom(json: unknown, { code, message, retryAfter }: Known): ApiStatus {
  return {
    code,
    reason: text(at(json, 'reason')) ?? '',
    message: text(at(json, 'message')) ?? message,
    retryAfterMs: retryAfter === null ? null : Math.min(Math.max(retryAfter, 0) * 1000, MAX_RETRY_AFTER_MS),
  }
}

async function head(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    bytes += chunk.byteLength
    if (bytes > MAX_STATUS_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MAX_STATUS_BYTES).toString()
}

function parsed(words: string): unknown {
  try {
    return JSON.parse(words)
  } catch {
    return null
  }
}

/** Proxies and load balancers answer in HTML, which tells nothing in one line. */
function firstLine(words: string, type: string | undefined): string {
  if (type?.includes('html')) return 'a page of HTML, so something else answers there'
  return words.trim().split('\n')[0]?.slice(0, 200) || 'nothing more'
}

function seconds(header: string | undefined): number | null {
  const value = Number(header)
  return header === undefined || header.trim() === '' || !(value >= 0) ? null : value
}
