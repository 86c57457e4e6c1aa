import { closeSync, fchmodSync, fstatSync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { extname } from 'node:path'
import { systemClock, type Clock } from '../clock.ts'
import type { CapturedFrame } from '../core/arp.ts'
import { ArpcheckError, messageOf } from '../errors.ts'
import { pcapHeader, pcapRecord } from './pcap.ts'

export interface Recorder {
  /** A frame without a stamp gets the time of this call. */
  record(frame: CapturedFrame, interfaceName: string): void
  /** Writes what waits and closes; may be called any number of times. */
  close(): void
}

export interface RecorderOptions {
  /** Called once, when a file cannot be written further; recording has then ended, the files are whole. */
  readonly onError: (error: ArpcheckError) => void
  readonly clock?: Clock
}

/** Frames wait at most for the end of the burst that they came in, or for this much. */
const FLUSH_BYTES = 1 << 16
const OWNER_ONLY = 0o600

/**
 * Saves frames as pcap with nanoseconds, readable by its owner only. The file holds whole records after every burst,
 * so that it can be read however the process ends. A pcap file knows one interface: the second gets a file of its own,
 * `capture-eno2.pcap` beside `capture.pcap`. Throws an ArpcheckError `usage` where the file cannot be made.
 */
export function openRecorder(path: string, options: RecorderOptions): Recorder {
  return new FileRecorder(path, options)
}

class FileRecorder implements Recorder {
  readonly #path: string
  readonly #onError: (error: ArpcheckError) => void
  readonly #clock: Clock
  readonly #files: PcapFile[]
  #ended = false
  #failed = false

  constructor(path: string, { onError, clock = systemClock }: RecorderOptions) {
    this.#path = path
    this.#onError = onError
    this.#clock = clock
    // At once, so that a wrong path is told before anything is sent.
    this.#files = [firstFile(path)]
  }

  record(frame: CapturedFrame, interfaceName: string): void {
    if (this.#ended) return
    this.#attempt(() => {
      const file = this.#fileOf(interfaceName)
      const isFirst = file.add(pcapRecord({ ...frame, atNs: frame.atNs ?? this.#clock.wallNs() }))
      if (isFirst) queueMicrotask(() => this.#attempt(() => file.flush()))
    })
  }

  close(): void {
    this.#ended = true
    for (const file of this.#files.splice(0)) this.#attempt(() => file.close())
  }

  #fileOf(interfaceName: string): PcapFile {
    const known = this.#files.find(({ owner }) => owner === interfaceName || owner === undefined)
    const file = known ?? new PcapFile(pathFor(this.#path, interfaceName))
    file.owner = interfaceName
    if (!known) this.#files.push(file)
    return file
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

/** One file: whole records up to `#size`, and those that wait. */
class PcapFile {
  /** The interface that it holds; undefined before its first frame. */
  owner: string | undefined
  readonly #fd: number
  #size = 0
  #waiting: Uint8Array[] = [pcapHeader()]
  #waitingBytes = 0

  constructor(path: string) {
    this.#fd = openSync(path, 'w', OWNER_ONLY)
    // A file that was there before keeps its mode when it is opened.
    if (fstatSync(this.#fd).isFile()) fchmodSync(this.#fd, OWNER_ONLY)
    this.flush()
  }

  /** True when this is the first record that waits. */
  add(record: Uint8Array): boolean {
    this.#waitingBytes += record.length
    const isFirst = this.#waiting.push(record) === 1
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

function firstFile(path: string): PcapFile {
  try {
    return new PcapFile(path)
  } catch (cause) {
    throw new ArpcheckError('usage', `--pcap ${path} cannot be made: ${messageOf(cause)}.`, { cause })
  }
}

/** `capture.pcap` and eno2 → `capture-eno2.pcap` */
function pathFor(path: string, interfaceName: string): string {
  const extension = extname(path)
  return `${path.slice(0, path.length - extension.length)}-${interfaceName}${extension}`
}

function cannotWrite(path: string, cause: unknown): ArpcheckError {
  return new ArpcheckError('recording-failed', `${path} cannot be written: ${messageOf(cause)}.`, {
    remedy: [
      'Look at the free space and the permissions: df -h, ls -ld',
      'What was written up to then can be read.',
    ],
    cause,
  })
}
