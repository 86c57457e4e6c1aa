import { type ClientHttp2Session, connect, constants } from 'node:http2'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { Aborted, controller, deadline } from './deadline.ts'
import type { Connection, WireRequest, WireResponse } from './wire.ts'

/** As client-go: a connection that was silent for so long is asked, and is dead when it does not answer in time. */
export interface PingLimits {
  readonly idleMs: number
  readonly pongMs: number
}

export const PING: PingLimits = { idleMs: 30_000, pongMs: 15_000 }
/** A list of thousands of objects should not wait for our permission to send on. */
const STREAM_WINDOW = 1 << 20
const SESSION_WINDOW = 4 << 20

/** All requests on one connection. A server that is stopped still acknowledges TCP: only PING tells (RFC 9113 6.7). */
export function openHttp2(socket: Socket, origin: URL, clock: Clock, ping: PingLimits = PING): Connection {
  const ended = controller()
  const session = connect(origin.origin, {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: STREAM_WINDOW },
    // Node refuses new requests while more than this waits to be read; its 10 MB are a few lists.
    maxSessionMemory: 128,
  })
  session.setLocalWindowSize(SESSION_WINDOW)
  const state = { draining: false, lastContactMs: clock.monotonicMs() }
  session.on('error', () => {})
  // GOAWAY: what is under way may end, new requests need a new connection.
  session.on('goaway', () => (state.draining = true))
  const closed = new Promise<void>((resolve) => session.once('close', resolve))
  const socketClosed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  void closed.then(() => ended.abort())
  void keepAlive(session, clock, ping, state, ended.signal)
  const contact = (): void => void (state.lastContactMs = clock.monotonicMs())

  return {
    get usable() {
      return !state.draining && !session.closed && !session.destroyed
    },
    ended: closed,
    request: (request, signal) => send(session, origin, request, signal, { contact, state }),
    retire: () => {
      state.draining = true
      session.close()
    },
    close: async () => {
      session.destroy()
      socket.destroy()
      await Promise.all([closed, socketClosed])
    },
  }
}

async function keepAlive(
  session: ClientHttp2Session,
  clock: Clock,
  ping: PingLimits,
  state: { lastContactMs: number },
  ended: AbortSignal,
): Promise<void> {
  while (!ended.aborted) {
    const quietMs = clock.monotonicMs() - state.lastContactMs
    if (quietMs < ping.idleMs) await clock.sleep(ping.idleMs - quietMs, ended)
    else if (await answersPing(session, clock, ping.pongMs, ended)) state.lastContactMs = clock.monotonicMs()
    else return session.destroy(new Error(`no answer to PING within ${ping.pongMs / 1000} s`))
  }
}

async function answersPing(
  session: ClientHttp2Session,
  clock: Clock,
  withinMs: number,
  ended: AbortSignal,
): Promise<boolean> {
  const limit = deadline(clock, withinMs, ended)
  try {
    return await new Promise<boolean>((resolve) => {
      limit.signal.addEventListener('abort', () => resolve(false), { once: true })
      // Not sent when too many PINGs are unanswered already.
      const sent = !session.destroyed && session.ping((error) => resolve(error === null))
      if (!sent) resolve(false)
    })
  } finally {
    limit.clear()
  }
}

interface Hooks {
  readonly contact: () => void
  readonly state: { readonly lastContactMs: number }
}

function send(
  session: ClientHttp2Session,
  origin: URL,
  request: WireRequest,
  signal: AbortSignal,
  { contact, state }: Hooks,
): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Aborted())
    const stream = session.request(headersOf(request, origin), { endStream: request.body === undefined })
    const onAbort = (): void => {
      stream.close(constants.NGHTTP2_CANCEL)
      stream.destroy(new Aborted())
    }
    signal.addEventListener('abort', onAbort, { once: true })
    stream.on('error', reject)
    stream.once('close', () => {
      signal.removeEventListener('abort', onAbort)
      reject(new Error('the connection ended before the answer'))
    })
    stream.prependListener('data', contact).pause()
    stream.once('response', (headers) => {
      contact()
      const { [constants.HTTP2_HEADER_STATUS]: status, ...others } = headers
      const plain = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)]))
      resolve({
        status: Number(status),
        headers: plain,
        body: stream,
        lastContactMs: () => state.lastContactMs,
      })
    })
    if (request.body !== undefined) stream.end(request.body)
  })
}

function headersOf({ method, path, headers }: WireRequest, origin: URL): Record<string, string> {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  return {
    ...Object.fromEntries(lower),
    [constants.HTTP2_HEADER_METHOD]: method,
    [constants.HTTP2_HEADER_PATH]: path,
    [constants.HTTP2_HEADER_AUTHORITY]: origin.host,
  }
}
