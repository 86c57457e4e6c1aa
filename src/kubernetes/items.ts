import { Parts } from './parts.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
/** `{ "items": [` : what is inside has this depth. */
const ITEM_DEPTH = 2
const ITEMS_KEY = /"items"\s*:\s*$/
/** Far enough back to see that key. */
const KEY_BYTES = 64

/**
 * Cuts the objects out of the `items` of a list as its bytes come in, so that a list of any length is never held whole:
 * each item can be narrowed to what we keep and the rest forgotten. What is around them is the envelope.
 */
export class ItemSplitter {
  readonly #maxBytes: number
  readonly #item: Parts
  #depth = 0
  #inString = false
  #escaped = false
  #inItems = false
  readonly #envelope: Parts
  /** The envelope's last bytes: looking back must not cost more than that, however often it is done. */
  #tail: Buffer = Buffer.alloc(0)

  constructor(maxItemBytes: number) {
    this.#maxBytes = maxItemBytes
    this.#item = new Parts(maxItemBytes)
    this.#envelope = new Parts(maxItemBytes)
  }

  /** The items that `chunk` ends; null once one (or the envelope) is longer than allowed. */
  take(chunk: Buffer): Buffer[] | null {
    const items: Buffer[] = []
    let start = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!
      if (this.#inString) i = this.#skipString(chunk, i)
      else if (byte === QUOTE) this.#inString = true
      else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (byte === OPEN_BRACKET && this.#opensItems(chunk, start, i)) {
          start = this.#toEnvelope(chunk, start, i + 1)
          this.#inItems = true
        } else if (this.#inItems && this.#depth === ITEM_DEPTH) start = i
        this.#depth++
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        this.#depth--
        if (!this.#inItems) continue
        if (this.#depth === ITEM_DEPTH) {
          if (!this.#item.add(chunk.subarray(start, i + 1))) return null
          items.push(this.#item.take())
          start = i + 1
        } else if (this.#depth < ITEM_DEPTH) {
          this.#inItems = false
          start = i
        }
      }
    }
    return this.#keepRest(chunk.subarray(start)) ? items : null
  }

  /** The list without its items, as JSON; null when it has not ended. */
  envelope(): string | null {
    return this.#depth === 0 && this.#envelope.bytes > 0 ? this.#envelope.take().toString() : null
  }

  /** Index of the string's closing quote in this chunk, or of the chunk's last byte. */
  #skipString(chunk: Buffer, from: number): number {
    for (let i = from; i < chunk.length; i++) {
      if (this.#escaped) this.#escaped = false
      else if (chunk[i] === BACKSLASH) this.#escaped = true
      else if (chunk[i] === QUOTE) {
        this.#inString = false
        return i
      }
    }
    return chunk.length - 1
  }

  #opensItems(chunk: Buffer, start: number, end: number): boolean {
    if (this.#depth !== 1) return false
    const near = chunk.subarray(Math.max(start, end - KEY_BYTES), end)
    const before = near.length < KEY_BYTES ? Buffer.concat([this.#tail, near]) : near
    return ITEMS_KEY.test(before.subarray(-KEY_BYTES).toString('latin1'))
  }

  #keepRest(rest: Buffer): boolean {
    if (this.#inItems && this.#depth > ITEM_DEPTH) return this.#item.add(rest)
    // Between two items there are commas and spaces, which belong to nobody.
    if (!this.#inItems) this.#toEnvelope(rest, 0, rest.length)
    return this.#envelope.bytes <= this.#maxBytes
  }

  #toEnvelope(chunk: Buffer, start: number, end: number): number {
    const part = Buffer.from(chunk.subarray(start, end))
    this.#envelope.add(part)
    this.#tail = Buffer.concat([this.#tail, part.subarray(-KEY_BYTES)]).subarray(-KEY_BYTES)
    return end
  }
}
