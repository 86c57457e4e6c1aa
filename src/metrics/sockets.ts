import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import { ArpcheckError, messageOf } from '../errors.ts'
import type { Limits } from './limits.ts'

/** Every socket there is; a client that opens too many loses the newest. */
export function keepBounded(server: Server, limits: Limits): Set<Socket> {
  const sockets = new Set<Socket>()
  server.maxConnections = limits.connections
  server.prependListener('connection', (socket: Socket) => {
    const mine = [...sockets].filter(({ remoteAddress }) => remoteAddress === socket.remoteAddress)
    if (mine.length >= limits.connectionsPerAddress) return socket.destroy()
    sockets.add(socket)
    return socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

export function listening(server: Server, host: string | null, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => reject(cannotListen(error, host, port))
    server.once('error', refuse)
    server.listen({ port, ...(host !== null && { host }) }, () => {
      server.off('error', refuse)
      resolve()
    })
  })
}

function cannotListen(error: Error, host: string | null, port: number): ArpcheckError {
  const where = `${host ?? 'port'} ${port}`
  return new ArpcheckError('config', `Cannot listen on ${where}: ${messageOf(error)}.`, {
    cause: error,
    remedy: [`See who has it:  ss -ltnp 'sport = :${port}'`, 'Another one:  --listen, --health-listen'],
  })
}

/** Nobody new; answers under way have a moment, then every socket goes. */
export async function close(
  server: Server,
  sockets: ReadonlySet<Socket>,
  clock: Clock,
  ms: number,
): Promise<void> {
  const closed = new AbortController()
  const done = new Promise<void>((resolve) => {
    server.close(() => {
      closed.abort()
      resolve()
    })
  })
  server.closeIdleConnections()
  await clock.sleep(ms, closed.signal)
  for (const socket of sockets) socket.destroy()
  await done
}
