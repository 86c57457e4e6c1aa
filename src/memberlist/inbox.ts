import { MAX_READ_BYTES } from './limits.ts'
import { malformed } from './malformed.ts'
import type { StreamState } from './stream.ts'

/** Below this, an answer is read again with each piece that comes; above, when it has doubled or is known to be whole. */
const EAGER_BYTES = 64 * 1024
/** Above this, the buffer grows to the limit at once: memory that is never written to costs nothing, a copy does. */
const SMALL_BYTES = 1024 * 1024

/** Gathers the bytes of one connection until they amount to something. Grows to what is needed, never beyond the limit. */
export class Inbox {
  readonly #decode: (bytes: Uint8Array) => StreamState
  #bytes = new Uint8Array(0)
  #length = 0
  #decoded = 0
  #wanted = 1
  #state: StreamState = { kind: 'more', needed: 1 }

  constructor(decode: (bytes: Uint8Array) => StreamState) {
    this.#decode = decode
  }

  get length(): number {
    return this.#length
  }

  /** Takes a copy of a piece; true when no further one is needed, or none is wanted. */
  take(piece: Uint8Array): boolean {
    if (piece.length > MAX_READ_BYTES - this.#length) this.#state = malformed('too-long')
    if (this.#state.kind !== 'more') return true
    this.#makeRoom(this.#length + piece.length)
    this.#bytes.set(piece, this.#length)
    this.#length += piece.length
    if (this.#length >= this.#wanted) this.#read()
    return this.#state.kind !== 'more'
  }

  /** Nothing more will come: what there is in all. Lets go of the bytes. */
  close(): StreamState {
    if (this.#state.kind === 'more' && this.#decoded < this.#length) this.#read()
    this.#bytes = new Uint8Array(0)
    return this.#state
  }

  #read(): void {
    this.#decoded = this.#length
    this.#state = this.#decode(this.#bytes.subarray(0, this.#length))
    if (this.#state.kind !== 'more') return
    const patient = this.#length < EAGER_BYTES ? 0 : this.#length * 2
    this.#wanted = Math.max(this.#state.needed, Math.min(patient, MAX_READ_BYTES))
  }

  #makeRoom(length: number): void {
    if (length <= this.#bytes.length) return
    const size = Math.max(length, this.#wanted, this.#bytes.length * 2)
    const bytes = Buffer.allocUnsafeSlow(size > SMALL_BYTES ? MAX_READ_BYTES : size)
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
  }
}
