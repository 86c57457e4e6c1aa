import { systemClock, type Clock } from '../clock.ts'
import { isIpv4, type Ip } from '../core/ip.ts'
import { seededRandom } from '../core/random.ts'
import { ArpcheckError, messageOf } from '../errors.ts'
import { loadOptional } from '../optional.ts'
import { encodeEcho, sequenceOf, TOKEN_BYTES, type EchoKey } from './packet.ts'

export interface EchoOptions {
  /** How long an answer is waited for; after half of it the silent ones are asked once more. */
  readonly timeoutMs: number
  /** Tells this run's replies from those of others. */
  readonly seed: number
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** One that was opened before; else one of this call's own. */
  readonly socket?: EchoSocket | undefined
}

/** More nodes than a cluster's segment holds in earnest; as many as the kernel's neighbour table takes by default. */
export const MAX_ECHO_TARGETS = 1024

/** Few enough at a time that neither a switch nor our own receive buffer notices. */
const BURST = 16
const BURST_GAP_MS = 10
const CHECKSUM_AT = 2

const PACKAGE = {
  name: 'raw-socket',
  lost: 'ICMP echo to node addresses is not available',
  needs: 'g++ make python3',
} as const

/** What we use of raw-socket 1.8.1. */
interface RawModule {
  readonly Protocol: { readonly ICMP: number }
  createSocket(options: { protocol: number }): RawSocket
  createChecksum(packet: Uint8Array): number
  writeChecksum(packet: Uint8Array, offset: number, checksum: number): void
}

interface RawSocket {
  on(event: 'message', listener: (packet: Uint8Array, source: string) => void): void
  on(event: 'error', listener: (error: Error) => void): void
  removeAllListeners(event: 'message' | 'error'): void
  pauseRecv(): void
  resumeRecv(): void
  send(
    packet: Uint8Array,
    offset: number,
    length: number,
    address: string,
    done: (error: Error | null) => void,
  ): void
  close(): void
}

/**
 * Whether these hosts answer ICMP echo, by address: tells a dead node from one that is alive on another segment. Only
 * IPv4. Missing in the answer: what could not be asked (no route, refused), and after an abort what was still open.
 * Throws an ArpcheckError: `engine-unavailable`, `no-permission` or `capture-failed`.
 */
export async function echo(
  ips: readonly Ip[],
  { timeoutMs, seed, signal, clock = systemClock, socket }: EchoOptions,
): Promise<Map<Ip, 'alive' | 'silent'>> {
  const targets = [...new Set(ips.filter(isIpv4))]
  if (targets.length > MAX_ECHO_TARGETS) throw new RangeError(`more than ${MAX_ECHO_TARGETS} addresses`)
  const through = socket ?? openEchoSocket()
  const run = new EchoRun(targets, seed, { through, clock, signal })
  try {
    for (const waitMs of [Math.floor(timeoutMs / 2), Math.ceil(timeoutMs / 2)]) {
      await run.askSilent()
      await run.listen(waitMs)
    }
    return run.outcome()
  } finally {
    run.close()
    if (!socket) through.close()
  }
}

/** A socket for ICMP, silent between two uses. */
export class EchoSocket {
  readonly raw: RawModule
  readonly #socket: RawSocket
  #failure: Error | undefined

  constructor(raw: RawModule, socket: RawSocket) {
    this.raw = raw
    this.#socket = socket
    this.rest()
  }

  /** What comes is told until `rest`. Throws an ArpcheckError where it has failed before. */
  use(hear: (packet: Uint8Array, source: string) => void, fail: (error: Error) => void): RawSocket {
    if (this.#failure) throw echoFailed(this.#failure)
    this.#socket.on('message', hear)
    this.#socket.on('error', fail)
    this.#socket.resumeRecv()
    return this.#socket
  }

  rest(): void {
    if (this.#failure) return
    this.#socket.removeAllListeners('message')
    this.#socket.removeAllListeners('error')
    // the package closes a socket that failed
    this.#socket.on('error', (error) => (this.#failure ??= error))
    this.#socket.pauseRecv()
  }

  close(): void {
    if (!this.#failure) this.#socket.close()
  }
}

/** Throws an ArpcheckError: `engine-unavailable`, `no-permission` or `capture-failed`. */
export function openEchoSocket(): EchoSocket {
  const raw = loadOptional(PACKAGE, () => require('raw-socket') as RawModule)
  return new EchoSocket(raw, openSocket(raw))
}

interface RunEdges {
  readonly through: EchoSocket
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
}

class EchoRun {
  readonly #targets: readonly Ip[]
  readonly #clock: Clock
  readonly #through: EchoSocket
  readonly #socket: RawSocket
  readonly #key: Omit<EchoKey, 'sequence'>
  readonly #asked = new Set<Ip>()
  readonly #alive = new Set<Ip>()
  /** Aborts when there is nothing more to wait for. */
  readonly #over = new AbortController()
  readonly #ended: AbortSignal
  #failure: Error | undefined

  constructor(targets: readonly Ip[], seed: number, { through, clock, signal }: RunEdges) {
    const random = seededRandom(seed)
    const token = Uint8Array.from({ length: TOKEN_BYTES }, () => random.below(256))
    this.#key = { ident: random.below(65_536), token }
    this.#targets = targets
    this.#clock = clock
    this.#ended = signal ? AbortSignal.any([this.#over.signal, signal]) : this.#over.signal
    this.#through = through
    this.#socket = through.use(
      (packet, source) => this.#hear(packet, source),
      (error) => {
        this.#failure ??= error
        this.#over.abort()
      },
    )
  }

  /** Asks all that have not answered, in bursts. */
  async askSilent(): Promise<void> {
    const silent = this.#targets.filter((ip) => !this.#alive.has(ip))
    for (let at = 0; at < silent.length && !this.#ended.aborted; at += BURST) {
      for (const ip of silent.slice(at, at + BURST)) this.#ask(ip)
      await this.#clock.sleep(BURST_GAP_MS, this.#ended)
    }
  }

  /** Until all have answered, the time is over, or something went wrong. */
  async listen(waitMs: number): Promise<void> {
    if (this.#alive.size < this.#targets.length) await this.#clock.sleep(waitMs, this.#ended)
    if (!this.#failure) return
    throw echoFailed(this.#failure)
  }

  outcome(): Map<Ip, 'alive' | 'silent'> {
    const wasWaitedFor = !this.#ended.aborted || this.#over.signal.aborted
    const told = this.#targets.filter((ip) => this.#alive.has(ip) || (wasWaitedFor && this.#asked.has(ip)))
    return new Map(told.map((ip) => [ip, this.#alive.has(ip) ? 'alive' : 'silent']))
  }

  close(): void {
    this.#over.abort()
    this.#through.rest()
  }

  /** A refusal (no route, a firewall of this host) leaves the target unasked: its silence would say nothing. */
  #ask(ip: Ip): void {
    const packet = Buffer.from(encodeEcho({ ...this.#key, sequence: this.#targets.indexOf(ip) }))
    const { raw } = this.#through
    raw.writeChecksum(packet, CHECKSUM_AT, raw.createChecksum(packet))
    this.#socket.send(packet, 0, packet.length, ip, (error) => {
      if (!error) this.#asked.add(ip)
    })
  }

  #hear(packet: Uint8Array, source: string): void {
    const ip = this.#targets[sequenceOf(packet, this.#key) ?? -1]
    if (ip === undefined || ip !== source) return
    this.#alive.add(ip)
    if (this.#alive.size === this.#targets.length) this.#over.abort()
  }
}

function openSocket(raw: RawModule): RawSocket {
  try {
    return raw.createSocket({ protocol: raw.Protocol.ICMP })
  } catch (cause) {
    throw openingError(cause)
  }
}

/** raw-socket hands on the kernel's words alone. */
function openingError(cause: unknown): ArpcheckError {
  if (messageOf(cause) !== 'Operation not permitted') return echoFailed(cause)
  const message = 'Not allowed to ask node addresses by ICMP echo (CAP_NET_RAW is missing).'
  return new ArpcheckError('no-permission', message, {
    remedy: ['Run as root, or grant CAP_NET_RAW.'],
    cause,
  })
}

function echoFailed(cause: unknown): ArpcheckError {
  return new ArpcheckError('capture-failed', `ICMP echo failed: ${messageOf(cause)}.`, { cause })
}
