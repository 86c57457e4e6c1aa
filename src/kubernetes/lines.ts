import { Parts } from './parts.ts'

/** Cuts a stream of bytes at each '\n' alone: JSON strings may hold U+2028, which `readline` cuts at too. */
export class LineSplitter {
  readonly #line: Parts

  constructor(maxBytes: number) {
    this.#line = new Parts(maxBytes)
  }

  /** The lines that `chunk` ends, without their '\n'; null once a line is longer than allowed. */
  take(chunk: Buffer): Buffer[] | null {
    const lines: Buffer[] = []
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      if (!this.#line.add(chunk.subarray(start, end))) return null
      lines.push(this.#line.take())
      start = end + 1
    }
    return this.#line.add(chunk.subarray(start)) ? lines : null
  }

  /** Bytes after the last '\n': a line that was cut off. */
  get rest(): number {
    return this.#line.bytes
  }
}
