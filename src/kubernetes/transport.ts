import type { Clock } from '../clock.ts'
import { openSocket } from './connect.ts'
import type { Access } from './credentials.ts'
import { orAbort, controller } from './deadline.ts'
import { openHttp1 } from './http1.ts'
import { openHttp2, type PingLimits } from './http2.ts'
import type { Connection, WireRequest, WireResponse } from './wire.ts'

/** Sends requests to one API server, over a connection that it opens, renews and shares. */
export interface Transport {
  /** Resolves with the headers; rejects with what Node, TLS or the credentials say. */
  send(request: WireRequest, access: Access, signal: AbortSignal): Promise<WireResponse>
  /** Ends all that is under way; resolves when no socket is left. */
  close(): Promise<void>
}

interface Shared {
  readonly identity: string
  readonly connection: Promise<Connection>
}

export function openTransport(clock: Clock, ping?: PingLimits): Transport {
  const closed = controller()
  const all = new Set<Connection>()
  let shared: Shared | null = null

  /** The connection for these credentials; a rotated CA or client certificate gets a new one. */
  async function connectionFor(access: Access): Promise<Connection> {
    const current = shared
    if (current?.identity === access.identity) {
      const connection = await current.connection
      if (connection.usable) return connection
    }
    // Somebody else may have opened a new one while we waited.
    if (shared !== null && shared !== current) return connectionFor(access)
    void current?.connection.then(
      (connection) => connection.retire(),
      () => {},
    )
    return open(access)
  }

  function open(access: Access): Promise<Connection> {
    const mine: Shared = { identity: access.identity, connection: connect(access) }
    shared = mine
    mine.connection.catch(() => {
      if (shared === mine) shared = null
    })
    return mine.connection
  }

  async function connect(access: Access): Promise<Connection> {
    const connection = await openConnection(access, clock, closed.signal, ping)
    all.add(connection)
    void connection.ended.then(() => all.delete(connection))
    if (closed.signal.aborted) await connection.close()
    return connection
  }

  return {
    send: async (request, access, signal) => {
      const connection = await orAbort(connectionFor(access), signal)
      return connection.request(request, signal)
    },
    close: async () => {
      closed.abort()
      await shared?.connection.catch(() => {})
      await Promise.all([...all].map((connection) => connection.close()))
    },
  }
}

async function openConnection(
  access: Access,
  clock: Clock,
  signal: AbortSignal,
  ping?: PingLimits,
): Promise<Connection> {
  // Through a proxy client-node's agent does the connecting, and it speaks HTTP/1.1.
  if (access.proxy !== null) return openHttp1(access, clock)
  const { socket, protocol } = await openSocket(access, clock, signal)
  if (protocol === 'h2') return openHttp2(socket, access.server, clock, ping)
  socket.destroy()
  return openHttp1(access, clock)
}
