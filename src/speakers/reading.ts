import type { ClaimReading } from '../core/claims.ts'
import { MAX_BODY_BYTES, type Fetched } from './fetch.ts'
import { readMetrics } from './metrics.ts'

const NO_ROUTE: ReadonlySet<string> = new Set([
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EACCES',
])
const DENIED: ReadonlySet<number> = new Set([401, 403])
/** A speaker may prefer the newer format where a proxy asks for it. */
const TEXT_TYPE = /^(?:text\/plain|application\/openmetrics-text)\b|^$/i

/** Classifies one answer; `isOver`: our own time for it was up, and nobody interrupted us. */
export function readingOf(fetched: Fetched, node: string, isOver: boolean): ClaimReading {
  switch (fetched.how) {
    case 'answered':
      return answered(fetched, node)
    case 'stopped':
      return { kind: isOver ? 'timeout' : 'interrupted' }
    case 'broken':
      return broken(fetched.code)
    case 'too-big':
      return { kind: 'malformed', text: `more than ${MAX_BODY_BYTES >> 20} MiB` }
    case 'encoded':
      return { kind: 'malformed', text: `encoded as ${fetched.encoding}, which was not asked for` }
    default:
      return { kind: 'malformed', text: 'closed within the answer' }
  }
}

function answered({ status, type, body }: Extract<Fetched, { how: 'answered' }>, node: string): ClaimReading {
  if (DENIED.has(status)) return { kind: 'denied' }
  if (status !== 200) return { kind: 'failed', text: `it answers with status ${status}` }
  if (!TEXT_TYPE.test(type)) return { kind: 'malformed', text: `${type} in place of metrics` }
  const metrics = readMetrics(body, node)
  return 'malformed' in metrics
    ? { kind: 'malformed', text: metrics.malformed }
    : { kind: 'metrics', metrics }
}

function broken(code: string): ClaimReading {
  if (code === 'ECONNREFUSED') return { kind: 'refused' }
  if (code === 'ETIMEDOUT') return { kind: 'timeout' }
  if (NO_ROUTE.has(code)) return { kind: 'no-route' }
  if (code.startsWith('HPE_')) return { kind: 'malformed', text: `no HTTP (${code})` }
  if (code === 'ECONNRESET') return { kind: 'failed', text: 'closed without an answer' }
  return { kind: 'failed', text: code }
}
