import { systemClock, type Clock } from '../clock.ts'
import type { CapturedFrame } from '../core/arp.ts'
import { ArpcheckError, messageOf, type ErrorCode } from '../errors.ts'
import { loadOptional } from '../optional.ts'
import type { Batch, Capture, CaptureEvents } from './capture.ts'
import { UNDIRECTED_FILTER } from './filter.ts'

export interface CapOptions {
  readonly device: string
  /** pcap's filter language, run in the kernel; by default all ARP, in either direction. */
  readonly filter?: string
  /** How many frames a burst may bring: the kernel's buffer is made for as many, within bounds. */
  readonly frames?: number
  readonly clock?: Clock
}

/** What we use of cap 0.2.1. */
interface CapModule {
  readonly Cap: new () => CapHandle
}

interface CapHandle {
  /** Returns the link type. Throws libpcap's words. */
  open(device: string, filter: string, bufferBytes: number, frame: Buffer): string
  on(event: 'packet', listener: (bytes: number) => void): void
  send(frame: Buffer, bytes: number): void
  close(): boolean
}

const PACKAGE = {
  name: 'cap',
  lost: 'The engine cap is not available',
  needs: 'g++ make python3 libpcap-dev',
} as const

/** cap captures 65,535 bytes a frame, and libpcap lays its ring out for that. */
const RING_FRAME_BYTES = 65_616
const RING_FRAMES = { least: 160, most: 1600 } as const
/** An ARP frame with padding and a VLAN tag. */
const KEPT_BYTES = 128
/** Frames that wait for a drain: what comes beyond is lost uncounted, as this engine counts nothing. */
const MAX_WAITING = 262_144
/** Frames sent before the event loop gets its turn. */
const SEND_BURST = 64

/**
 * Every handle for ever. cap registers a poll with the event loop and frees it with the object, without closing it:
 * a collected handle, and even one that failed to open, leaves the loop pointing at freed memory.
 */
const handles: CapHandle[] = []

/**
 * Opens one interface by the npm package `cap`: for hosts where the native addon cannot be loaded. It has neither stamps nor statistics,
 * ends the whole process when the interface goes down (mscdex/cap#82), cannot live in a worker, and
 * sets promiscuous mode. Throws an ArpcheckError that says why it cannot, and what to do.
 */
export function openCap(options: CapOptions, events: CaptureEvents): Capture {
  return new CapEngine(options, events)
}

class CapEngine implements Capture {
  readonly engine = 'cap'
  readonly can = { statistics: false, timestamps: false, survivesDown: false }
  readonly #cap: CapHandle
  readonly #frame = Buffer.alloc(65_535)
  readonly #clock: Clock
  readonly #onFrames: () => void
  readonly #closed = new AbortController()
  #waiting: CapturedFrame[] = []
  #lastSend: Promise<void> = Promise.resolve()

  constructor(
    { device, filter = UNDIRECTED_FILTER, frames = 0, clock = systemClock }: CapOptions,
    events: CaptureEvents,
  ) {
    const { Cap } = loadOptional(PACKAGE, () => require('cap') as CapModule)
    this.#clock = clock
    this.#onFrames = events.onFrames
    this.#cap = new Cap()
    handles.push(this.#cap)
    openHandle(this.#cap, device, filter, ringBytes(frames), this.#frame)
    this.#cap.on('packet', (length) => this.#take(this.#frame, length))
  }

  send(batch: Batch): Promise<void> {
    const sent = this.#lastSend.then(() => this.#sendAll(batch))
    this.#lastSend = sent
    return sent
  }

  drain(): CapturedFrame[] {
    return this.#waiting.splice(0)
  }

  statistics(): null {
    return null
  }

  close(): void {
    if (this.#closed.signal.aborted) return
    this.#closed.abort()
    this.#waiting = []
    this.#cap.close()
  }

  /** By absolute deadlines, as finely as the event loop's timers: a late frame does not delay the rest. */
  async #sendAll({ frames, gapNs }: Batch): Promise<void> {
    const startMs = this.#clock.monotonicMs()
    for (const [i, frame] of frames.entries()) {
      const waitMs = startMs + (i * gapNs) / 1e6 - this.#clock.monotonicMs()
      if (waitMs >= 1 || i % SEND_BURST === SEND_BURST - 1)
        await this.#clock.sleep(Math.max(0, waitMs), this.#closed.signal)
      if (this.#closed.signal.aborted) return
      this.#sendOne(frame)
    }
  }

  /** The kernel gives a packet socket all that leaves but its own: what was sent counts as heard. */
  #sendOne(frame: Uint8Array): void {
    const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength)
    try {
      this.#cap.send(bytes, bytes.length)
    } catch {
      // refused by the kernel: the batch goes on, and this engine counts nothing
      return
    }
    this.#take(bytes, bytes.length)
  }

  #take(frame: Buffer, wireLength: number): void {
    if (this.#closed.signal.aborted || this.#waiting.length >= MAX_WAITING) return
    const bytes = new Uint8Array(frame.subarray(0, Math.min(wireLength, KEPT_BYTES)))
    const isFirst = this.#waiting.push({ bytes, wireLength, atNs: null }) === 1
    if (isFirst) this.#onFrames()
  }
}

/** A handle that failed to open must not be closed: cap would stop a poll that it never started. */
function openHandle(cap: CapHandle, device: string, filter: string, ring: number, frame: Buffer): void {
  let linkType: string
  try {
    linkType = cap.open(device, filter, ring, frame)
  } catch (cause) {
    throw openingError(device, cause)
  }
  if (linkType === 'ETHERNET') return
  cap.close()
  throw new ArpcheckError('not-ethernet', `${device} does not carry Ethernet frames (${linkType}).`, {
    remedy: ['Name an Ethernet interface on the segment of the VIPs: ip -brief link'],
  })
}

/** libpcap's words → code and remedy. */
const OPENING: readonly (readonly [RegExp, ErrorCode, string])[] = [
  [/not permitted|permission/i, 'no-permission', 'Run as root, or grant CAP_NET_RAW.'],
  [/no such device/i, 'no-such-interface', 'See what there is: ip -brief link'],
  [/not up/i, 'interface-down', 'Look at its state: ip link show'],
]

function openingError(device: string, cause: unknown): ArpcheckError {
  const words = messageOf(cause)
  const [, code = 'capture-failed', remedy = 'Leave --engine out: the native engine is the default.'] =
    OPENING.find(([pattern]) => pattern.test(words)) ?? []
  return new ArpcheckError(code, `The engine cap cannot open ${device}: ${words}.`, {
    remedy: [remedy],
    cause,
  })
}

function ringBytes(frames: number): number {
  return Math.min(RING_FRAMES.most, Math.max(RING_FRAMES.least, frames)) * RING_FRAME_BYTES
}
