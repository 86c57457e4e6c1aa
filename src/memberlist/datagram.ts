import { createSocket } from 'node:dgram'
import type { Clock } from '../clock.ts'
import { isIpv4 } from '../core/ip.ts'
import type { PacketReading, Speaker } from '../core/views.ts'

export interface PacketQuestion {
  readonly to: Speaker
  readonly bytes: Uint8Array
  /** What a packet from there says; undefined: it is no answer. */
  readonly read: (bytes: Uint8Array) => 'ack' | 'nack' | undefined
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

type Result = PacketReading['result']

/** More packets than this for one question are a flood: reading them would cost more than the answer is worth. */
const MAX_PACKETS = 64

/** Sends one packet from a connected socket, so that only its target can answer. Never rejects. */
export function askByPacket({ to, bytes, read, timeoutMs, clock, signal }: PacketQuestion): Promise<Result> {
  const over = new AbortController()
  const socket = createSocket(isIpv4(to.address) ? 'udp4' : 'udp6')
  let packets = 0
  return new Promise((resolve) => {
    function end(result: Result): void {
      if (over.signal.aborted) return
      over.abort()
      signal.removeEventListener('abort', interrupt)
      socket.close()
      resolve(result)
    }
    const interrupt = () => end('interrupted')
    socket.on('error', ({ code }: NodeJS.ErrnoException) =>
      end(code === 'ECONNREFUSED' ? 'refused' : 'failed'),
    )
    socket.on('message', (packet) => {
      const result = read(packet)
      if (result) end(result)
      else if (++packets === MAX_PACKETS) end('failed')
    })
    socket.connect(to.port, to.address, () => socket.send(bytes))
    signal.addEventListener('abort', interrupt)
    void clock.sleep(timeoutMs, over.signal).then(() => end('timeout'))
    if (signal.aborted) interrupt()
  })
}
