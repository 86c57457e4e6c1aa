import { createGunzip } from 'node:zlib'
import type { Readable } from 'node:stream'
import type { Clock } from '../clock.ts'
import { ArpcheckError } from '../errors.ts'
import type { Access, Credentials } from './credentials.ts'
import { Aborted, orAbort } from './deadline.ts'
import { ApiProblem } from './problem.ts'
import { statusOf } from './status.ts'
import type { Transport } from './transport.ts'
import { USER_AGENT, type WireRequest, type WireResponse } from './wire.ts'
import { within } from './within.ts'

/** Asks the API server, as whom the credentials say. Whatever comes to nothing is thrown as an `ApiProblem`. */
export interface Api {
  /** Resolves with a 2xx answer whose body is still to come. */
  open(request: ApiRequest, signal: AbortSignal): Promise<WireResponse>
  /** Wall time of the API server, milliseconds since 1970; our own until it has told it. */
  serverNowMs(): number
  close(): Promise<void>
}

export interface ApiRequest {
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly method?: WireRequest['method']
  /** Sent as JSON. */
  readonly body?: unknown
}

export const HEADERS_MS = 15_000
const UNAUTHORIZED = 401

export function openApi(credentials: Credentials, transport: Transport, clock: Clock): Api {
  const serverClock = openServerClock(clock)

  async function open(request: ApiRequest, signal: AbortSignal): Promise<WireResponse> {
    try {
      return await attempt(request, signal)
    } catch (error) {
      // A token may have been rotated since we read it: read it again at once, and ask once more.
      if (!isUnauthorized(error) || signal.aborted) throw error
      return attempt(request, signal)
    }
  }

  async function attempt(request: ApiRequest, signal: AbortSignal): Promise<WireResponse> {
    return within(clock, { ms: HEADERS_MS, waitedFor: 'headers' }, signal, async (limited) => {
      const access = await orAbort(accessFrom(credentials), limited)
      const response = await answer(request, access, limited, signal)
      serverClock.take(response.headers['date'])
      if (response.status >= 200 && response.status < 300) return decoded(response)
      if (response.status === UNAUTHORIZED) credentials.refused(access)
      throw new ApiProblem({ kind: 'status', status: await statusOf(response) })
    })
  }

  /** The deadline ends with the headers; the caller's signal ends the body too. */
  async function answer(
    request: ApiRequest,
    access: Access,
    limit: AbortSignal,
    signal: AbortSignal,
  ): Promise<WireResponse> {
    const response = await transport.send(wireRequest(request, access), access, limit)
    const end = (): void => void response.body.destroy(new Aborted())
    signal.addEventListener('abort', end, { once: true })
    response.body.once('close', () => signal.removeEventListener('abort', end))
    return response
  }

  return {
    open,
    serverNowMs: () => serverClock.nowMs(),
    close: async () => {
      credentials.close()
      await transport.close()
    },
  }
}

async function accessFrom(credentials: Credentials): Promise<Access> {
  try {
    return await credentials.get()
  } catch (error) {
    if (error instanceof ArpcheckError) throw new ApiProblem({ kind: 'credentials', error })
    throw error
  }
}

function wireRequest({ path, query, method = 'GET', body }: ApiRequest, access: Access): WireRequest {
  const asked = new URLSearchParams(query).toString()
  // A kubeconfig's server may have a path of its own (Rancher: /k8s/clusters/c-xyz).
  const base = access.server.pathname.replace(/\/$/, '')
  return {
    method,
    path: `${base}${path}${asked === '' ? '' : `?${asked}`}`,
    headers: {
      accept: 'application/json',
      // A watch is not compressed by the API server; asking for it would only buy a proxy's buffering.
      ...(query?.['watch'] === undefined && { 'accept-encoding': 'gzip' }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      'user-agent': USER_AGENT,
      ...access.headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }
}

function decoded(response: WireResponse): WireResponse {
  if (response.headers['content-encoding'] !== 'gzip') return response
  const unpacked = createGunzip()
  // Not pipeline(): it would end the process where a reader has left before it could listen.
  const source: Readable = response.body
  source.on('error', (error) => unpacked.destroy(error))
  source.once('close', () => void (source.readableEnded || unpacked.destroy(new Aborted())))
  unpacked.once('close', () => source.destroy())
  unpacked.on('error', () => {})
  return { ...response, lastContactMs: () => response.lastContactMs(), body: source.pipe(unpacked) }
}

function isUnauthorized(error: unknown): boolean {
  return (
    error instanceof ApiProblem &&
    error.problem.kind === 'status' &&
    error.problem.status.code === UNAUTHORIZED
  )
}

/** The API server's wall clock, out of its `Date` headers, which tell whole seconds; ours may be set meanwhile. */
function openServerClock(clock: Clock): { take(date: string | undefined): void; nowMs(): number } {
  let aheadMs = 0
  const startMs = Number(clock.wallNs() / 1_000_000n) - clock.monotonicMs()
  const ownMs = (): number => startMs + clock.monotonicMs()
  return {
    take: (date) => {
      const atLeast = Date.parse(date ?? '') - ownMs()
      if (!Number.isNaN(atLeast)) aheadMs = Math.min(Math.max(aheadMs, atLeast), atLeast + 999)
    },
    nowMs: () => ownMs() + aheadMs,
  }
}
