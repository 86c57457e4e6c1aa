import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Writable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Authority, CertifiedKey } from './certificates.ts'
import type { Asked, Exchange } from './respond.ts'
import type { ApiServer } from './server.ts'

/** TLS in front of the server, with HTTP/2 and HTTP/1.1. */
export interface Listener {
  readonly port: number
  /** Ports of clients whose connection is to end by RST. */
  readonly resetPorts: ReadonlySet<number>
  /** Shows another certificate from now on. */
  show(certificate: CertifiedKey): void
  /** Ends every connection in the middle of what it does. */
  dropAll(): void
  close(): Promise<void>
}

export interface ListenOptions {
  readonly authority: Authority
  readonly certificate: CertifiedKey
  readonly http2: boolean
}

type Request = Http2ServerRequest | IncomingMessage
type Response = Http2ServerResponse | ServerResponse

/** Bodies that we take: an object's own limit, and some. */
const MAX_BODY = 4 << 20

export async function listenTls(api: ApiServer, options: ListenOptions): Promise<Listener> {
  const [sockets, resetPorts] = [new Set<TLSSocket>(), new Set<number>()]
  const carriers = new WeakMap<object, Carrier>()
  let latest: Carrier | null = null
  const tls = {
    ...options.certificate,
    ca: options.authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  }
  const server = options.http2
    ? createSecureServer({ ...tls, allowHTTP1: true, maxSessionMemory: 256 })
    : createServer(tls)
  // Before Node's own listener, which makes the session: from that one cannot get to the socket.
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    latest = { number: (latest?.number ?? 0) + 1, socket, reset: () => reset(socket, resetPorts) }
    carriers.set(socket, latest)
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('session', (session: object) => latest && carriers.set(session, latest))
  for (const event of ['sessionError', 'tlsClientError', 'clientError']) server.on(event, () => {})
  server.on('request', (request: Request, response: Response) => {
    void serve(api, request, response, carriers)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return {
    resetPorts,
    port: (server.address() as AddressInfo).port,
    show: (certificate) => server.setSecureContext({ ...certificate, ca: options.authority.cert }),
    dropAll: () => {
      for (const socket of sockets) socket.destroy()
    },
    close: () => closed(server, sockets),
  }
}

/** What carries a request: a socket, and over HTTP/2 the one below its session. */
interface Carrier {
  readonly number: number
  readonly socket: TLSSocket
  readonly reset: () => void
}

function reset(socket: TLSSocket, resetPorts: Set<number>): void {
  if (socket.remotePort !== undefined) resetPorts.add(socket.remotePort)
  socket.destroy()
}

async function serve(
  api: ApiServer,
  request: Request,
  response: Response,
  carriers: WeakMap<object, Carrier>,
): Promise<void> {
  const session = 'stream' in request ? request.stream.session : undefined
  const carrier = carriers.get(session ?? request.socket)
  if (carrier === undefined) return
  const url = new URL(request.url ?? '', 'https://double')
  const body = await bodyOf(request)
  if (body === null) return
  const asked: Asked = {
    method: request.method ?? '',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers as Asked['headers'],
    body,
    connection: carrier.number,
    protocol: session === undefined ? 'http/1.1' : 'h2',
    certificate: certificateOf(carrier.socket),
  }
  api.handle(
    asked,
    exchangeOver(response, carrier, () => session?.goaway()),
  )
}

function exchangeOver(given: Response, carrier: Carrier, goAway: () => void): Exchange {
  // Both write the same way; only their types cannot be called as one.
  const response = given as Writable & ServerResponse
  response.on('error', () => {})
  return {
    head: (status, headers) => {
      response.writeHead(status, headers)
      // Over HTTP/1.1 they would wait for the body.
      if ('flushHeaders' in given) given.flushHeaders()
    },
    write: (bytes) => void (response.writableEnded || response.destroyed || response.write(bytes)),
    end: () => void response.end(),
    onGone: (listener) => void response.once('close', listener),
    reset: carrier.reset,
    goAway,
  }
}

async function bodyOf(request: Request): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request) {
      chunks.push(chunk as Buffer)
      bytes += (chunk as Buffer).length
      if (bytes > MAX_BODY) return null
    }
  } catch {
    return null
  }
  return Buffer.concat(chunks).toString()
}

function certificateOf(socket: TLSSocket): Asked['certificate'] {
  if (!socket.authorized) return null
  const { subject } = socket.getPeerCertificate()
  if (!subject) return null
  const organization: unknown = subject.O ?? []
  return { commonName: String(subject.CN), organization: [organization].flat() as string[] }
}

function closed(server: Http2SecureServer | Server, sockets: ReadonlySet<TLSSocket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    for (const socket of sockets) socket.destroy()
  })
}
