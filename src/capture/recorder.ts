import { closeSync, fchmodSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { systemClock, type Clock } from '../clock.ts'
import type { CapturedFrame } from '../core/arp.ts'
import { ArpcheckError, reasonOf } from '../errors.ts'
import type { CaptureStatistics } from './capture.ts'
import {
  frameBlock,
  interfaceBlock,
  sectionBlock,
  statisticsBlock,
  type SavedInterface,
} from './pcapngblocks.ts'

export interface Recorder {
  /** A further interface of the same file. */
  track(saved: SavedInterface): Track
  /** Writes what waits and closes; may be called any number of times. */
  close(): void
}

/** What is saved of one interface. */
export interface Track {
  /** A frame without a stamp gets the time of this call. */
  record(frame: CapturedFrame): void
  /** Its capture is over: how it went, or null where its engine does not count. Only the first call counts. */
  end(statistics: CaptureStatistics | null): void
}

export interface RecorderOptions {
  /** Called once, when the file cannot be written further; recording has then ended, the file is whole. */
  readonly onError: (error: ArpcheckError) => void
  readonly clock?: Clock
}

/** Frames wait at most for the end of the burst that they came in, or for this much. */
const FLUSH_BYTES = 1 << 16
const OWNER_ONLY = 0o600

/**
 * Saves frames of any number of interfaces as pcapng with nanoseconds, readable by its owner only. The file holds whole
 * blocks after every burst, so that it can be read however the process ends; what was lost stands at its end.
 * Throws an ArpcheckError `usage` where the file cannot be made.
 */
export function openRecorder(path: string, options: RecorderOptions): Recorder {
  return new FileRecorder(path, options)
}

class FileRecorder implements Recorder {
  readonly #path: string
  readonly #onError: (error: ArpcheckError) => void
  readonly #clock: Clock
  readonly #file: BlockFile
  #tracks = 0
  #ended = false
  #failed = false

  constructor(path: string, { onError, clock = systemClock }: RecorderOptions) {
    this.#path = path
    this.#onError = onError
    this.#clock = clock
    // At once, so that a wrong path is told before anything is sent.
    this.#file = newFile(path)
  }

  track(saved: SavedInterface): Track {
    const index = this.#tracks++
    let isOver = false
    this.#add(() => interfaceBlock(saved))
    return {
      record: (frame) => this.#add(() => frameBlock(index, frame.atNs ?? this.#clock.wallNs(), frame)),
      end: (statistics) => {
        if (!isOver) this.#add(() => statisticsBlock(index, this.#clock.wallNs(), totalsOf(statistics)))
        isOver = true
      },
    }
  }

  close(): void {
    if (this.#ended) return
    this.#ended = true
    this.#attempt(() => this.#file.close())
  }

  #add(made: () => Uint8Array): void {
    if (this.#ended) return
    this.#attempt(() => {
      const isFirst = this.#file.add(made())
      if (isFirst) queueMicrotask(() => this.#attempt(() => this.#file.flush()))
    })
  }

  /** The first failure ends the recording: a file with a hole would lie. */
  #attempt(write: () => void): void {
    try {
      write()
    } catch (error) {
      const isFirst = !this.#failed
      this.#failed = true
      this.close()
      if (isFirst) this.#onError(cannotWrite(this.#path, error))
    }
  }
}

/** Whole blocks up to `#size`, and those that wait. */
class BlockFile {
  readonly #fd: number
  #size = 0
  #waiting: Uint8Array[] = [sectionBlock()]
  #waitingBytes = 0

  constructor(path: string) {
    this.#fd = openSync(path, 'w', OWNER_ONLY)
    // A file that was there before keeps its mode when it is opened.
    if (fstatSync(this.#fd).isFile()) fchmodSync(this.#fd, OWNER_ONLY)
    this.flush()
  }

  /** True when this is the first block that waits. */
  add(block: Uint8Array): boolean {
    this.#waitingBytes += block.length
    const isFirst = this.#waiting.push(block) === 1
    if (this.#waitingBytes >= FLUSH_BYTES) this.flush()
    return isFirst
  }

  /** Writes what waits; where that fails half-way, takes the half back. */
  flush(): void {
    const bytes = Buffer.concat(this.#waiting.splice(0))
    this.#waitingBytes = 0
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(this.#fd, bytes, at)
      this.#size += bytes.length
    } catch (error) {
      this.#takeBack()
      throw error
    }
  }

  close(): void {
    try {
      this.flush()
    } finally {
      closeSync(this.#fd)
    }
  }

  #takeBack(): void {
    try {
      ftruncateSync(this.#fd, this.#size)
    } catch {
      // a pipe keeps what it was given
    }
  }
}

function newFile(path: string): BlockFile {
  try {
    return new BlockFile(path)
  } catch (cause) {
    throw new ArpcheckError('usage', `--pcap ${path} cannot be made: ${reasonOf(cause)}.`, { cause })
  }
}

function totalsOf(statistics: CaptureStatistics | null): { received: number; dropped: number } | null {
  if (statistics === null) return null
  const { received, kernelDrops, ringDrops } = statistics
  return { received, dropped: kernelDrops + ringDrops }
}

function cannotWrite(path: string, cause: unknown): ArpcheckError {
  return new ArpcheckError('recording-failed', `${path} cannot be written: ${reasonOf(cause)}.`, {
    remedy: [
      'Look at the free space and the permissions: df -h, ls -ld',
      'What was written up to then can be read.',
    ],
    cause,
  })
}
