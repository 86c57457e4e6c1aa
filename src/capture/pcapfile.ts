import type { FileDrop, FileFrame, FileInterface, FileProblem, Found, Parse } from './fileformat.ts'
import { pcapParser } from './pcap.ts'
import { pcapngParser } from './pcapng.ts'

/**
 * Reads a pcap or pcapng file that comes in pieces of any size. Never throws, whatever the bytes are: what cannot be
 * read is counted, and where the reading ends early `problem` says why. Keeps at most one record of the file. Records that
 * `fold` takes are in no list of frames.
 */
export class CaptureFileReader {
  readonly interfaces: FileInterface[] = []
  readonly ignored = new Map<FileDrop, number>()
  readonly #fold: Found['fold']
  #problem: FileProblem | null = null
  #parse: Parse | undefined
  #rest: Uint8Array = new Uint8Array(0)

  constructor(fold?: Found['fold']) {
    this.#fold = fold
  }

  /** Null while all is well. */
  get problem(): FileProblem | null {
    return this.#problem
  }

  /**
   * The Ethernet frames that `chunk` completes, in the order of the file. `chunk` belongs to the reader until the next one
   * was pushed; it may write over the `headroom` bytes before it.
   */
  push(chunk: Uint8Array, headroom = 0): FileFrame[] {
    const frames: FileFrame[] = []
    if (this.#problem) return frames
    this.#rest = joined(this.#rest, chunk, headroom)
    this.#parse ??= this.#rest.length < 4 ? undefined : (pcapParser(this.#rest) ?? pcapngParser(this.#rest))
    if (!this.#parse) return frames
    const found = { frames, interfaces: this.interfaces, ignored: this.ignored, fold: this.#fold }
    const { consumed, problem = null } = this.#parse(this.#rest, found)
    this.#problem = problem
    this.#rest = this.#rest.subarray(consumed)
    return frames
  }

  /** The file is over: bytes that complete no record mean that it was cut. */
  end(): void {
    if (!this.#parse) this.#problem ??= 'not-a-capture'
    else if (this.#rest.length > 0) this.#problem ??= 'truncated'
  }
}

function joined(rest: Uint8Array, chunk: Uint8Array, headroom: number): Uint8Array {
  if (rest.length === 0) return chunk
  const length = rest.length + chunk.length
  const bytes =
    rest.length <= headroom
      ? new Uint8Array(chunk.buffer, chunk.byteOffset - rest.length, length)
      : new Uint8Array(length)
  bytes.set(rest)
  if (bytes.buffer !== chunk.buffer) bytes.set(chunk, rest.length)
  return bytes
}
