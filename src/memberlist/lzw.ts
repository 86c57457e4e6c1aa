import type { MalformedReason } from './malformed.ts'

const LITERALS = 256
const CLEAR = 256
const END = 257
const FIRST_WIDTH = 9
const LAST_WIDTH = 12
const CODES = 1 << LAST_WIDTH
/** Below this, a loop beats the call of copyWithin. */
const SHORT = 24

/**
 * Expands LZW as GIF and Go's compress/lzw write it: 8-bit literals, least significant bit first, clear code 256, end
 * code 257 (mandatory), widths 9 to 12 that grow when the next free code needs it. The codes are walked twice: once to
 * learn the length, so that nothing is allocated for what expands beyond `limit`, and once to write.
 */
export function expandLzw(packed: Uint8Array, limit: number): Uint8Array | MalformedReason {
  const length = walk(packed, limit, null)
  if (typeof length === 'string') return length
  const out = Buffer.allocUnsafeSlow(length)
  walk(packed, limit, out)
  return out
}

/**
 * Walks the codes; what an entry stands for is a stretch of the output, so that writing is copying. Returns the length
 * of the output.
 */
function walk(packed: Uint8Array, limit: number, out: Uint8Array | null): number | MalformedReason {
  const starts = new Int32Array(CODES)
  const lengths = new Int32Array(CODES).fill(1, 0, LITERALS)
  let [width, highest, last, lastStart, lastLength] = [FIRST_WIDTH, END, -1, 0, 0]
  let [at, bits, count, written] = [0, 0, 0, 0]
  for (;;) {
    while (count < width) {
      if (at === packed.length) return 'bad-compression'
      bits |= packed[at++]! << count
      count += 8
    }
    const code = bits & ((1 << width) - 1)
    bits >>>= width
    count -= width
    if (code === END) return written
    if (code === CLEAR) {
      ;[width, highest, last] = [FIRST_WIDTH, END, -1]
      continue
    }
    if (code > highest) return 'bad-compression'
    if (last >= 0) {
      starts[highest] = lastStart
      lengths[highest] = lastLength + 1
    }
    const length = lengths[code]!
    if (length > limit - written) return 'expands-too-far'
    if (out && code < LITERALS) out[written] = code
    else if (out) copy(out, starts[code]!, written, length)
    ;[last, lastStart, lastLength] = [code, written, length]
    written += length
    highest++
    if (highest >= 1 << width) {
      if (width === LAST_WIDTH) {
        last = -1
        highest--
      } else width++
    }
  }
}

/** Repeats a stretch of the output at its end. */
function copy(out: Uint8Array, from: number, to: number, length: number): void {
  if (length < SHORT) {
    for (let i = 0; i < length; i++) out[to + i] = out[from + i]!
    return
  }
  out.copyWithin(to, from, from + length)
  // An entry that is used where it is defined ends in the byte that this very copy begins with.
  out[to + length - 1] = out[from + length - 1]!
}
