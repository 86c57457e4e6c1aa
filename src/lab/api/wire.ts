import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Listener } from './listen.ts'

/** The cable between clients and the server: it can be cut, held and slowed without either knowing. */
export interface Wire {
  readonly host: string
  readonly port: number
  /** Connections of clients that stand. */
  readonly connections: number
  /** Bytes go nowhere, both ends stay open and acknowledge: what a stopped server or a dead NAT entry looks like. */
  freeze(): void
  /** What was held goes on. */
  thaw(): void
  /** Nothing is read from clients, so that their buffers fill up. */
  stopReading(): void
  readAgain(): void
  /** So many bytes a second from the server to clients. */
  drip(bytesPerSecond: number): void
  /** Every connection ends with RST. */
  reset(): void
  /** New connections are refused, as while a server restarts. */
  refuse(): Promise<void>
  accept(): Promise<void>
  close(): Promise<void>
}

interface Line {
  readonly client: Socket
  readonly server: Socket
  readonly held: (() => void)[]
}

export async function openWire(
  to: Pick<Listener, 'port' | 'resetPorts'>,
  host: string,
  port: number,
): Promise<Wire> {
  const lines = new Set<Line>()
  const state = { frozen: false, stalled: false, dripBytes: 0 }
  let listener = await listen(attach, host, port)
  const bound = (listener.address() as AddressInfo).port

  function attach(client: Socket): void {
    const server = connect({ host: '127.0.0.1', port: to.port })
    const line: Line = { client, server, held: [] }
    lines.add(line)
    join(line, client, server, () => 0)
    join(line, server, client, () => state.dripBytes)
    if (state.stalled) client.pause()
    const gone = (): void => {
      lines.delete(line)
      if (to.resetPorts.has(server.localPort ?? -1)) client.resetAndDestroy()
      client.destroy()
      server.destroy()
    }
    client.once('close', gone)
    server.once('close', () => (state.frozen ? undefined : gone()))
  }

  function join(line: Line, from: Socket, into: Socket, bytesPerSecond: () => number): void {
    from.setNoDelay(true)
    from.on('error', () => {})
    from.on('data', (bytes: Buffer) => pass(line, () => deliver(from, into, bytes, bytesPerSecond())))
    from.on('end', () => pass(line, () => into.end()))
  }

  function pass(line: Line, move: () => void): void {
    if (state.frozen) line.held.push(move)
    else move()
  }

  return {
    host,
    port: bound,
    get connections() {
      return lines.size
    },
    freeze: () => (state.frozen = true),
    thaw: () => {
      state.frozen = false
      for (const { held } of lines) for (const move of held.splice(0)) move()
    },
    stopReading: () => {
      state.stalled = true
      for (const { client } of lines) client.pause()
    },
    readAgain: () => {
      state.stalled = false
      for (const { client } of lines) client.resume()
    },
    drip: (bytesPerSecond) => (state.dripBytes = bytesPerSecond),
    reset: () => {
      for (const { client } of lines) client.resetAndDestroy()
    },
    refuse: () => closeListener(listener),
    accept: async () => {
      listener = await listen(attach, host, bound)
    },
    close: async () => {
      const closed = closeListener(listener)
      for (const { client, server } of lines) for (const socket of [client, server]) socket.destroy()
      await closed
    },
  }
}

function deliver(from: Socket, into: Socket, bytes: Buffer, bytesPerSecond: number): void {
  if (bytesPerSecond > 0) return trickle(into, bytes, bytesPerSecond)
  if (into.destroyed || into.write(bytes)) return
  from.pause()
  into.once('drain', () => from.resume())
}

function trickle(into: Socket, bytes: Buffer, bytesPerSecond: number): void {
  if (bytes.length === 0 || into.destroyed) return
  into.write(bytes.subarray(0, 1))
  setTimeout(() => trickle(into, bytes.subarray(1), bytesPerSecond), 1000 / bytesPerSecond).unref()
}

function listen(attach: (socket: Socket) => void, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer(attach)
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}

/** Resolves once no new connection is taken; those that stand are left alone. */
function closeListener(server: Server): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve()
    server.close()
    resolve()
  })
}
