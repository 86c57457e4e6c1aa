import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Clock } from '../clock.ts'
import type { Access } from './credentials.ts'
import { Aborted, deadline } from './deadline.ts'
import { ApiProblem } from './problem.ts'

export const CONNECT_MS = 10_000
/** The kernel's own probes are slow (about twelve minutes); PING finds out sooner, where there is HTTP/2. */
const KEEP_ALIVE_MS = 30_000

/** A socket to the API server, its TLS done, and what the server chose to speak. */
export interface Opened {
  readonly socket: Socket
  readonly protocol: 'h2' | 'http/1.1'
}

export async function openSocket(access: Access, clock: Clock, signal: AbortSignal): Promise<Opened> {
  const socket = start(access)
  const limit = deadline(clock, CONNECT_MS, signal)
  try {
    await connected(socket, access, limit.signal)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    return { socket, protocol: 'alpnProtocol' in socket && socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1' }
  } catch (error) {
    socket.destroy()
    if (limit.expired) throw new ApiProblem({ kind: 'late', waitedFor: 'connection', ms: CONNECT_MS })
    throw error
  } finally {
    limit.clear()
  }
}

function start({ server, tls }: Access): Socket | TLSSocket {
  const [host, port] = hostAndPort(server)
  if (server.protocol === 'http:') return connectTcp({ host, port })
  const names = tls.servername === undefined && !isAddress(host) ? { servername: host } : {}
  return connectTls({ host, port, ...names, ...tls, ALPNProtocols: ['h2', 'http/1.1'] })
}

export function hostAndPort({ hostname, port, protocol }: URL): [host: string, port: number] {
  return [hostname.replace(/^\[|\]$/g, ''), Number(port) || (protocol === 'http:' ? 80 : 443)]
}

/** TLS asks for no name where the server is given by its address. */
function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host)
}

function connected(socket: Socket, { server }: Access, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => settle(() => reject(new Aborted()))
    function settle(then: () => void): void {
      signal.removeEventListener('abort', onAbort)
      // From now on a broken socket is told by whoever uses it; without a listener it would end the process.
      socket.on('error', () => {})
      then()
    }
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    socket.once('error', (error) => settle(() => reject(error)))
    socket.once('close', () => settle(() => reject(new Error('the connection was closed at once'))))
    socket.once(server.protocol === 'http:' ? 'connect' : 'secureConnect', () => settle(resolve))
  })
}
