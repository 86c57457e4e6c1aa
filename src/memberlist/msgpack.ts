import { viewOf } from '../core/bytes.ts'
import type { MalformedReason } from './malformed.ts'

/** What a field of a message may hold; `undefined` stands for a kind that memberlist does not use. */
export type Value = number | boolean | null | Uint8Array | undefined
export type Fields = ReadonlyMap<string, Value>

const MAX_FIELDS = 64
/** Longer names are none of memberlist's. */
const MAX_FIELD_NAME_BYTES = 32
const MAX_SKIPPED_VALUES = 4096

/**
 * Reads the old msgpack dialect that memberlist speaks: one family of raw bytes for text and bytes alike, structs as
 * maps with field names for keys. A fault sticks: from then on every read gives an empty value, so that callers check
 * once at the end. Nothing is copied: raw values are views of the input.
 *
 * https://github.com/msgpack/msgpack/blob/master/spec-old.md, and the newer forms where a reader must skip them
 */
export class MsgpackReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at: number
  #fault: MalformedReason | null = null
  #needed = 0

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#at = at
  }

  get fault(): MalformedReason | null {
    return this.#fault
  }

  /** With the fault `truncated`: how long the input has to be at least. */
  get needed(): number {
    return this.#needed
  }

  get at(): number {
    return this.#at
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  fail(reason: MalformedReason): void {
    this.#fault ??= reason
  }

  /** The next `length` bytes as a view. */
  take(length: number): Uint8Array {
    if (!this.#has(length)) return EMPTY
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** A struct: a map whose keys are field names. A name that occurs twice keeps its last value, as in Go. */
  fields(): Fields {
    const found = new Map<string, Value>()
    const count = this.#mapCount()
    if (count > MAX_FIELDS) this.fail('too-many-fields')
    for (let i = 0; i < count && !this.#fault; i++) {
      const key = this.#value()
      const value = this.#value()
      if (key instanceof Uint8Array && key.length <= MAX_FIELD_NAME_BYTES) found.set(latin1(key), value)
    }
    return found
  }

  #mapCount(): number {
    const head = this.#uint(1)
    if (head === 0xc0) return 0
    if (head >= 0x80 && head <= 0x8f) return head & 0x0f
    if (head === 0xde) return this.#uint(2)
    if (head === 0xdf) return this.#uint(4)
    this.fail('not-a-map')
    return 0
  }

  #value(): Value {
    const head = this.#uint(1)
    if (this.#fault || head <= 0x7f) return head
    if (head >= 0xe0) return head - 0x100
    if (head >= 0xa0 && head <= 0xbf) return this.take(head & 0x1f)
    if (head <= 0x9f) return this.#skipContainer(head)
    return this.#longValue(head)
  }

  /** Heads from c0 to df. */
  #longValue(head: number): Value {
    switch (head) {
      case 0xc0:
        return null
      case 0xc1:
        this.fail('bad-msgpack')
        return undefined
      case 0xc2:
      case 0xc3:
        return head === 0xc3
      case 0xc4:
      case 0xd9:
        return this.take(this.#uint(1))
      case 0xc5:
      case 0xda:
        return this.take(this.#uint(2))
      case 0xc6:
      case 0xdb:
        return this.take(this.#uint(4))
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        return this.#uint(1 << (head - 0xcc))
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        return this.#int(1 << (head - 0xd0))
      default:
        return this.#skipUnused(head)
    }
  }

  /** Floats, extensions and long containers: read past, since no field that matters is one. */
  #skipUnused(head: number): undefined {
    if (head === 0xca || head === 0xcb) this.take(head === 0xca ? 4 : 8)
    else if (head >= 0xc7 && head <= 0xc9) this.take(this.#uint(1 << (head - 0xc7)) + 1)
    else if (head >= 0xd4 && head <= 0xd8) this.take((1 << (head - 0xd4)) + 1)
    else this.#skipContainer(head)
    return undefined
  }

  /** Counts what is left to read instead of descending: no depth can exhaust the stack. */
  #skipContainer(head: number): undefined {
    let left = this.#childrenOf(head)
    let skipped = 0
    while (left > 0 && !this.#fault) {
      skipped++
      left += this.#skipOne() - 1
      if (left + skipped > MAX_SKIPPED_VALUES) this.fail('too-many-values')
    }
    return undefined
  }

  /** Reads past one value; how many more follow inside it. */
  #skipOne(): number {
    const head = this.#bytes[this.#at] ?? 0
    const isContainer = (head >= 0x80 && head <= 0x9f) || (head >= 0xdc && head <= 0xdf)
    if (isContainer) return this.#childrenOf(this.#uint(1))
    this.#value()
    return 0
  }

  #childrenOf(head: number): number {
    if (head <= 0x8f) return (head & 0x0f) * 2
    if (head <= 0x9f) return head & 0x0f
    const count = this.#uint(head % 2 === 0 ? 2 : 4)
    return head >= 0xde ? count * 2 : count
  }

  #uint(bytes: number): number {
    if (!this.#has(bytes)) return 0
    const at = this.#at
    this.#at += bytes
    if (bytes === 1) return this.#view.getUint8(at)
    if (bytes === 2) return this.#view.getUint16(at)
    return bytes === 4 ? this.#view.getUint32(at) : Number(this.#view.getBigUint64(at))
  }

  #int(bytes: number): number {
    if (!this.#has(bytes)) return 0
    const at = this.#at
    this.#at += bytes
    if (bytes === 1) return this.#view.getInt8(at)
    if (bytes === 2) return this.#view.getInt16(at)
    return bytes === 4 ? this.#view.getInt32(at) : Number(this.#view.getBigInt64(at))
  }

  #has(length: number): boolean {
    if (this.#fault) return false
    if (length <= this.remaining) return true
    this.#needed = this.#at + length
    this.fail('truncated')
    return false
  }
}

const EMPTY = new Uint8Array(0)

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
