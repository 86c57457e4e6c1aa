import { Readable } from 'node:stream'
import type { Clock } from '../../src/clock.ts'
import type { Access, Credentials } from '../../src/kubernetes/credentials.ts'
import { Aborted } from '../../src/kubernetes/deadline.ts'
import type { Transport } from '../../src/kubernetes/transport.ts'
import type { WireRequest, WireResponse } from '../../src/kubernetes/wire.ts'
import type { Exchange } from '../../src/lab/api/respond.ts'
import type { ApiServer } from '../../src/lab/api/server.ts'

/** Hands requests to the double without a socket, so that a virtual clock rules everything. */
export function memoryTransport(
  server: ApiServer,
  clock: Clock,
): Transport & { readonly open: () => number } {
  const bodies = new Set<Readable>()
  return {
    open: () => bodies.size,
    send: (request, _access, signal) => send(server, clock, request, signal, bodies),
    close: async () => {
      for (const body of bodies) body.destroy(new Aborted())
    },
  }
}

export function fixedCredentials(token: string): Credentials {
  const access: Access = {
    server: new URL('https://double'),
    tls: {},
    headers: { Authorization: `Bearer ${token}` },
    proxy: null,
    identity: 'memory',
    origin: 'memory',
  }
  const none = (): void => {}
  return {
    get: async () => access,
    refused: none,
    close: none,
    last: access,
    podNamespace: null,
    startsPrograms: false,
    origin: 'memory',
  }
}

function send(
  server: ApiServer,
  clock: Clock,
  { method, path, headers, body: sent = '' }: WireRequest,
  signal: AbortSignal,
  bodies: Set<Readable>,
): Promise<WireResponse> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Aborted())
    const body = new Readable({ read: () => {} })
    bodies.add(body)
    body.on('error', () => {})
    const abort = (): void => void body.destroy(new Aborted())
    signal.addEventListener('abort', abort, { once: true })
    let contactMs = clock.monotonicMs()
    const exchange: Exchange = {
      head: (status, more) => {
        contactMs = clock.monotonicMs()
        const own = Object.entries(more).map(([name, value]) => [name.toLowerCase(), value])
        resolve({ status, headers: Object.fromEntries(own), body, lastContactMs: () => contactMs })
      },
      write: (bytes) => {
        contactMs = clock.monotonicMs()
        if (!body.destroyed) body.push(bytes)
      },
      end: () => void (body.destroyed || body.push(null)),
      onGone: (listener) => void body.once('close', listener),
      reset: () => void body.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })),
      goAway: () => {},
    }
    body.once('close', () => {
      bodies.delete(body)
      signal.removeEventListener('abort', abort)
      reject(new Aborted())
    })
    const url = new URL(path, 'https://double')
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    const asked = { method, path: url.pathname, query: url.searchParams, headers: Object.fromEntries(lower) }
    // As over a wire: the answer never comes within the call.
    setImmediate(() =>
      server.handle({ ...asked, body: sent, connection: 0, protocol: 'memory', certificate: null }, exchange),
    )
  })
}
