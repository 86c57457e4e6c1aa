/** A part of one byte holds a hundred of memory, and keeps alive what it was cut from. */
const MANY = 1024

/** Bytes that come in parts, up to a limit. */
export class Parts {
  readonly #maxBytes: number
  #parts: Buffer[] = []
  #bytes = 0
  /** How many of them are joined ones. */
  #joined = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** False once there are more than allowed. */
  add(part: Buffer): boolean {
    this.#bytes += part.length
    if (part.length > 0 && this.#parts.push(part) - this.#joined === MANY) this.#join()
    return this.#bytes <= this.#maxBytes
  }

  /** What came, as one; begins anew. */
  take(): Buffer {
    const whole = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts)
    this.#parts = []
    this.#bytes = 0
    this.#joined = 0
    return whole
  }

  #join(): void {
    this.#parts.push(Buffer.concat(this.#parts.splice(this.#joined)))
    this.#joined = this.#parts.length
  }
}
