import { connect } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Speaker } from '../core/views.ts'
import { Inbox } from './inbox.ts'
import type { Ending, Transcript } from './reading.ts'
import type { StreamState } from './stream.ts'

export interface Exchange {
  readonly speaker: Speaker
  /** Sent in one write. */
  readonly request: Uint8Array
  /** What the bytes so far amount to. */
  readonly decode: (bytes: Uint8Array) => StreamState
  readonly timeoutMs: number
  readonly clock: Clock
  readonly signal: AbortSignal
}

const CHUNK_BYTES = 64 * 1024

/** One connection, one request, one answer; closed as soon as the answer is whole. Never rejects. */
export function exchange({
  speaker,
  request,
  decode,
  timeoutMs,
  clock,
  signal,
}: Exchange): Promise<Transcript> {
  const inbox = new Inbox(decode)
  const over = new AbortController()
  return new Promise((resolve) => {
    let connected = false
    function end(ending: Ending): void {
      if (over.signal.aborted) return
      over.abort()
      signal.removeEventListener('abort', interrupt)
      socket.destroy()
      const spoke = inbox.length > 0
      resolve({ ending, state: inbox.close(), spoke })
    }
    const interrupt = () => end({ how: 'interrupted' })
    const socket = connect({
      host: speaker.address,
      port: speaker.port,
      // One buffer for all that is read: no garbage, however much a speaker sends.
      onread: {
        buffer: new Uint8Array(CHUNK_BYTES),
        callback(count, bytes) {
          if (inbox.take(bytes.subarray(0, count))) end({ how: 'complete' })
          return !over.signal.aborted
        },
      },
    })
    socket.once('connect', () => {
      connected = true
      socket.write(request)
    })
    socket.once('end', () => end({ how: 'closed' }))
    socket.once('close', () => end({ how: 'closed' }))
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) =>
      end(connected ? { how: 'closed' } : { how: 'not-connected', code }),
    )
    signal.addEventListener('abort', interrupt)
    void clock
      .sleep(timeoutMs, over.signal)
      .then(() => end({ how: connected ? 'timeout' : 'connect-timeout' }))
    if (signal.aborted) interrupt()
  })
}
