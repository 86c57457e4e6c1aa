import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TlsOptions, TLSSocket } from 'node:tls'
import type { Clock } from '../clock.ts'
import { ArpcheckError } from '../errors.ts'
import { dispatch } from './dispatch.ts'
import { LIMITS, type Limits } from './limits.ts'
import { plain, type Answer, type Asked, type Routes } from './route.ts'
import { send } from './send.ts'
import { close, keepBounded, listening } from './sockets.ts'

export interface ServerOptions {
  /** Null: every address of this host, of both families. */
  readonly host: string | null
  readonly port: number
  readonly routes: Routes
  readonly clock: Clock
  /** Whom to send away, and how; null lets in. */
  readonly guard?: (asked: Asked) => Promise<Answer | null>
  /** Headers of every answer. */
  readonly headers?: () => Readonly<Record<string, string>>
  /** TLS from the start; `refresh` runs before each handshake. */
  readonly tls?: {
    readonly start: TlsOptions
    readonly refresh: (server: TlsContext) => void
    readonly mayEnter: (socket: TLSSocket) => boolean
  }
  readonly limits?: Limits
  /** A mistake of ours in answering; the client sees 500. */
  readonly onBug: (error: unknown) => void
}

export interface TlsContext {
  setSecureContext(options: TlsOptions): void
}

export interface OpenServer {
  readonly port: number
  /** Every socket has ended within 2 s. */
  close(): Promise<void>
}

/** A small HTTP server that no client can hold up: every wait and every size is bounded. */
export async function openServer(options: ServerOptions): Promise<OpenServer> {
  const { clock, limits = LIMITS } = options
  const unanswered = new WeakMap<Socket, number>()
  const server = makeServer(options, limits, (request, response) => {
    const { socket } = request
    const count = unanswered.get(socket) ?? 0
    if (count >= limits.unanswered) return void socket.destroy()
    unanswered.set(socket, count + 1)
    response.once('close', () => unanswered.set(socket, unanswered.get(socket)! - 1))
    return void answer(request, response, { ...options, limits }).catch(options.onBug)
  })
  const sockets = keepBounded(server, limits)
  await listening(server, options.host, options.port)
  server.on('error', options.onBug)
  const { port } = server.address() as AddressInfo
  return { port, close: () => close(server, sockets, clock, limits.closeMs) }
}

function makeServer({ tls }: ServerOptions, limits: Limits, listener: RequestListener): Server {
  const bounds = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.idleMs,
    // the default looks after slow clients twice a minute
    connectionsCheckingInterval: limits.headersMs / 2,
    maxHeaderSize: limits.headerBytes,
  }
  if (!tls) return createServer(bounds, listener)
  const made = createTlsServer({ ...bounds, ...tls.start, handshakeTimeout: limits.handshakeMs }, listener)
  // before the listener that begins the handshake
  made.prependListener('connection', () => tls.refresh(made))
  made.prependListener('secureConnection', (socket: TLSSocket) => tls.mayEnter(socket) || socket.destroy())
  return made
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions & { readonly limits: Limits },
): Promise<void> {
  const { clock, limits } = options
  const gone = endOf(request, response)
  void clock.sleep(limits.answerMs, gone).then(() => gone.aborted || request.socket.destroy())
  const given = await answerTo(request, options, gone)
  await send(given, { request, response, headers: options.headers?.() ?? {} })
}

/** Aborted when the answer is sent or nobody waits for it; a response that waits for its turn is not told of its socket's end. */
function endOf({ socket }: IncomingMessage, response: ServerResponse): AbortSignal {
  const ended = new AbortController()
  const end = (): void => ended.abort()
  socket.once('close', end)
  response.once('close', () => {
    socket.off('close', end)
    end()
  })
  return ended.signal
}

async function answerTo(
  request: IncomingMessage,
  { routes, guard, onBug }: ServerOptions,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    return await dispatch(request, routes, guard, signal)
  } catch (error) {
    if (error instanceof ArpcheckError) return failure(error)
    onBug(error)
    return plain(500, 'A mistake of ours: see the log.')
  }
}

function failure(error: ArpcheckError): Answer {
  // what is wrong with a configuration does not pass by itself
  return plain(error.exitCode === 2 ? 500 : 503, [error.message, ...error.remedy].join('\n'))
}
