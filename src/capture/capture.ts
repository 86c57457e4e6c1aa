import type { CapturedFrame } from '../core/arp.ts'
import type { TakeInPlace } from '../core/inplace.ts'
import type { ArpcheckError } from '../errors.ts'

/** What an engine can do; what it cannot is said in the report, never guessed. */
export interface Abilities {
  /** Counts frames that the kernel or the ring dropped: without it silence proves nothing. */
  readonly statistics: boolean
  /** Stamps frames in the kernel: without it there is no round-trip time. */
  readonly timestamps: boolean
  /** Stays usable while the interface goes down and comes back. */
  readonly survivesDown: boolean
}

export interface CaptureStatistics {
  /** Frames that passed the kernel's filter. */
  readonly received: number
  /** Frames that the kernel dropped for want of room (pcap's ps_drop). */
  readonly kernelDrops: number
  /** Frames that our own ring dropped for want of room. */
  readonly ringDrops: number
  /** Frames that the kernel took over for sending. */
  readonly sent: number
  /** Frames that the kernel refused to send. */
  readonly sendErrors: number
}

/** Frames to send one after another, the first one at once. */
export interface Batch {
  readonly frames: readonly Uint8Array[]
  /** The same frames one behind the other, all of `frameBytes`: thousands need no object each. */
  readonly packed?: Uint8Array
  readonly frameBytes?: number
  /** Time between two frames, by absolute deadlines, so that a late one does not delay the rest; 0 for none. */
  readonly gapNs: number
}

/** How a capture talks back; every call comes from the event loop, none after `close`. */
export interface CaptureEvents {
  /** There are frames to drain. Called once, then not again before the next `drain`. */
  readonly onFrames: () => void
  /** The interface went down, came back, changed or is gone. The capture stays open unless `gone`. */
  readonly onTrouble: (error: ArpcheckError) => void
  /** Every frame is wanted, also those that only repeat: somebody keeps them. */
  readonly everyFrame?: boolean
}

/**
 * One way to the wire: one interface, ARP frames only. Engines: native (libpcap), cap, replay (a file).
 * Every implementation passes test/capture/contract.ts.
 */
export interface Capture {
  readonly engine: 'native' | 'cap' | 'replay'
  readonly can: Abilities
  /** Queues a batch behind those still waiting; resolves when its last frame was sent, refused or dropped by `close`. */
  send(batch: Batch): Promise<void>
  /** All frames that have come since the last call, oldest first. The bytes are the caller's to keep. */
  drain(): CapturedFrame[]
  /**
   * The same without an object for each frame that is taken where it lies; the others are heard. Their bytes are read at once or
   * never. Returns how many were taken. Missing where an engine cannot, or somebody wants each frame.
   */
  drainInPlace?(take: TakeInPlace, hear: (frame: CapturedFrame) => void): number
  /** Totals since opening; null where the engine has none. */
  statistics(): CaptureStatistics | null
  /** Stops sending and receiving and frees everything; may be called in any state, any number of times. */
  close(): void
}
