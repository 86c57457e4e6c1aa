import { loadAddon } from '../addon.ts'
import { nextTurn } from '../clock.ts'
import type { CapturedFrame } from '../core/arp.ts'
import type { TakeInPlace } from '../core/inplace.ts'
import { ArpcheckError, type ErrorCode } from '../errors.ts'
import type { Batch, Capture, CaptureEvents, CaptureStatistics } from './capture.ts'
import { PROBER_FILTER } from './filter.ts'
import { framesIn, takeRecords } from './records.ts'

export interface NativeOptions {
  readonly device: string
  /** pcap's filter language, run in the kernel; by default what a prober needs. */
  readonly filter?: string
  /** What the socket is bound to: every EtherType, so that it also hears what this host sends, or one alone. */
  readonly etherType?: number
  /** Bytes kept of each frame, 64 to 2048. */
  readonly snapLength?: number
  /** Frames that come while the process is stopped wait here: about 144 bytes each at the default snap length. */
  readonly kernelBufferBytes?: number
  /** Frames that come while JavaScript is busy wait here, at most this many between two drains. */
  readonly ringFrames?: number
  /**
   * `high-rate`: the kernel hands over blocks, every 10 ms at least: half the processor time a frame, but what comes may wait
   * so long. `low-latency`: JavaScript hears of news at once, and of a steady flow each millisecond or two.
   */
  readonly mode?: 'low-latency' | 'high-rate'
  /** Replies and announcements that say the same are handed over as one that stands for all, ten times a second at most. */
  readonly foldRepeats?: boolean
}

const ETHERTYPE_ALL = 0x0003

/** 64: an ARP frame, its padding and a VLAN tag. 16 MiB and 262,144 frames: a second without JavaScript at 200,000 frames/s. */
const DEFAULTS = {
  filter: PROBER_FILTER,
  etherType: ETHERTYPE_ALL,
  snapLength: 64,
  kernelBufferBytes: 16 * 1024 * 1024,
  ringFrames: 262_144,
  mode: 'low-latency',
  foldRepeats: false,
} satisfies Partial<NativeOptions>

/** All of C++ that TypeScript can see; native/README.md states who may call what, and when. */
interface NativeCapture {
  open(options: NativeSettings, onEvents: (events: number) => void): Opened
  /** How many records the next drain can write; what comes later is announced again. */
  ready(): number
  /** Writes whole records, oldest first, and returns how many. */
  drain(into: Uint8Array): number
  /** False when the capture is closed or too many frames wait. */
  send(frames: Uint8Array, lengths: Uint16Array, gapNs: number): boolean
  batchesDone(): number
  stats(): CaptureStatistics | null
  troubles(): { code: ErrorCode; message: string }[]
  close(): void
}

interface NativeSettings extends Required<Omit<NativeOptions, 'mode' | 'foldRepeats'>> {
  readonly highRate: 0 | 1
  readonly foldRepeats: 0 | 1
}

interface Opened {
  readonly index: number
  readonly mac: string
  readonly recordBytes: number
}

interface Addon {
  readonly Capture: new () => NativeCapture
  readonly pcapVersion: string
}

/** Of one piece of a drain in place, which the processor's cache holds. */
const PIECE_RECORDS = 1024

const EVENT_FRAMES = 1
const EVENT_SENT = 2
const EVENT_TROUBLE = 4

/** Opens one interface. Throws an ArpcheckError that says why it cannot, and what to do. */
export function openNative(options: NativeOptions, events: CaptureEvents): Capture {
  return new NativeEngine({ ...DEFAULTS, ...options }, events)
}

/** libpcap's own words for its version, for `--version`. */
export function pcapVersion(): string {
  return captureAddon().pcapVersion
}

function captureAddon(): Addon {
  return loadAddon() as Addon
}

class NativeEngine implements Capture {
  readonly engine = 'native'
  readonly can = { statistics: true, timestamps: true, survivesDown: true }
  readonly #native: NativeCapture
  readonly #events: CaptureEvents
  readonly #recordBytes: number
  /** One per batch that is not done, oldest first. */
  readonly #waiting: (() => void)[] = []
  #batchesDone = 0
  #piece: Uint8Array | null = null
  #closed = false

  constructor(options: Required<NativeOptions>, events: CaptureEvents) {
    this.#native = new (captureAddon().Capture)()
    this.#events = events
    try {
      const settings = settingsOf(options, events)
      this.#recordBytes = this.#native.open(settings, (bits) => this.#onEvents(bits)).recordBytes
    } catch (error) {
      throw openingError(error, options.device)
    }
  }

  send(batch: Batch): Promise<void> {
    const [bytes, lengths] = packed(batch)
    if (this.#closed || lengths.length === 0) return Promise.resolve()
    if (!this.#native.send(bytes, lengths, batch.gapNs)) {
      return Promise.reject(new ArpcheckError('capture-failed', 'Too many frames wait to be sent.'))
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  drain(): CapturedFrame[] {
    // not filled with zeros: the drain writes all of it
    const records = Buffer.allocUnsafeSlow(this.#native.ready() * this.#recordBytes)
    this.#native.drain(records)
    return framesIn(records, this.#recordBytes)
  }

  /** By pieces, through one buffer: what comes meanwhile is announced again. */
  drainInPlace(take: TakeInPlace, hear: (frame: CapturedFrame) => void): number {
    this.#piece ??= new Uint8Array(PIECE_RECORDS * this.#recordBytes)
    let taken = 0
    for (let left = this.#native.ready(); left > 0;) {
      const records = this.#native.drain(
        this.#piece.subarray(0, Math.min(left, PIECE_RECORDS) * this.#recordBytes),
      )
      if (records === 0) break
      left -= records
      taken += takeRecords(
        this.#piece.subarray(0, records * this.#recordBytes),
        this.#recordBytes,
        take,
        hear,
      )
    }
    return taken
  }

  statistics(): CaptureStatistics | null {
    return this.#native.stats()
  }

  close(): void {
    this.#closed = true
    this.#native.close()
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  #onEvents(bits: number): void {
    if ((bits & EVENT_SENT) !== 0) this.#settleSends()
    if ((bits & EVENT_TROUBLE) !== 0) {
      for (const { code, message } of this.#native.troubles()) {
        if (!this.#closed)
          this.#events.onTrouble(new ArpcheckError(code, message, { remedy: remedyOf(code) }))
      }
    }
    if ((bits & EVENT_FRAMES) !== 0) nextTurn(this.#tellFrames)
  }

  /** Once a turn of the event loop: a wake-up that comes during a drain is else taken in the same one, for as long as a flood lasts. */
  readonly #tellFrames = (): void => {
    if (!this.#closed) this.#events.onFrames()
  }

  #settleSends(): void {
    const done = this.#native.batchesDone()
    for (const resolve of this.#waiting.splice(0, done - this.#batchesDone)) resolve()
    this.#batchesDone = done
  }
}

/** All frames one behind the other, and the length of each. Those that lie so already are not copied. */
function packed({ packed: bytes, frameBytes = 0, ...batch }: Batch): [Uint8Array, Uint16Array] {
  if (bytes) return [bytes, new Uint16Array(bytes.length / frameBytes).fill(frameBytes)]
  const { frames } = batch
  if (frames.length === 0) return [new Uint8Array(0), new Uint16Array(0)]
  const lengths = new Uint16Array(frames.length)
  const first = frames[0]!
  let [total, isPacked] = [0, true]
  for (let i = 0; i < frames.length; i++) {
    const { byteLength, byteOffset, buffer } = frames[i]!
    isPacked &&= buffer === first.buffer && byteOffset === first.byteOffset + total
    lengths[i] = byteLength
    total += byteLength
  }
  return [isPacked ? new Uint8Array(first.buffer, first.byteOffset, total) : copied(frames, total), lengths]
}

function copied(frames: readonly Uint8Array[], total: number): Uint8Array {
  const bytes = new Uint8Array(total)
  let offset = 0
  for (const frame of frames) {
    bytes.set(frame, offset)
    offset += frame.byteLength
  }
  return bytes
}

function settingsOf(
  { mode, foldRepeats, ...options }: Required<NativeOptions>,
  { everyFrame = false }: CaptureEvents,
): NativeSettings {
  const folds = foldRepeats && !everyFrame
  return { ...options, highRate: mode === 'high-rate' ? 1 : 0, foldRepeats: folds ? 1 : 0 }
}

function openingError(error: unknown, device: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const code = error.code as ErrorCode
  if (code !== 'no-permission')
    return new ArpcheckError(code, error.message, { remedy: remedyOf(code), cause: error })
  const message = `Not allowed to open a raw socket on ${device} (CAP_NET_RAW is missing).`
  return new ArpcheckError(code, message, { remedy: remedyOf(code), cause: error })
}

/** What to do next, one line each; a label and two spaces first where there are several ways. */
const REMEDIES: Partial<Record<ErrorCode, readonly string[]>> = {
  'no-permission': [
    'once        sudo arpcheck …',
    'systemd     AmbientCapabilities=CAP_NET_RAW',
    'Kubernetes  securityContext.capabilities: { drop: [ALL], add: [NET_RAW] }',
    'Do not setcap the node binary: every Node script would get raw sockets.',
  ],
  'no-such-interface': ['See what there is: ip -brief link'],
  'interface-down': ['Look at its state: ip link show'],
  'interface-gone': ['See what is left: ip -brief link'],
  'not-ethernet': ['Name an Ethernet interface on the segment of the VIPs: ip -brief link'],
}

function remedyOf(code: ErrorCode): readonly string[] {
  return REMEDIES[code] ?? []
}
