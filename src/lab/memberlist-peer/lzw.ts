const CLEAR = 256
const END = 257
const LAST_CODE = 4095

/** Packs codes of growing width, least significant bit first. */
class BitWriter {
  readonly #bytes: number[] = []
  #bits = 0
  #count = 0

  write(code: number, width: number): void {
    this.#bits |= code << this.#count
    this.#count += width
    for (; this.#count >= 8; this.#count -= 8) {
      this.#bytes.push(this.#bits & 0xff)
      this.#bits >>>= 8
    }
  }

  end(): Uint8Array {
    if (this.#count > 0) this.#bytes.push(this.#bits & 0xff)
    return Uint8Array.from(this.#bytes)
  }
}

/** LZW byte for byte as Go's compress/lzw writes it: a clear code first, and again when the codes run out. */
export function packLzw(plain: Uint8Array): Uint8Array {
  const out = new BitWriter()
  const table = new Map<number, number>()
  let [width, highest] = [9, END]
  out.write(CLEAR, width)
  let code = plain[0]
  for (const byte of plain.subarray(1)) {
    const key = (code! << 8) | byte
    const known = table.get(key)
    if (known !== undefined) code = known
    else {
      out.write(code!, width)
      code = byte
      if (useNextCode()) table.set(key, highest)
    }
  }
  if (code !== undefined) {
    out.write(code, width)
    useNextCode()
  }
  out.write(END, width)
  return out.end()

  /** False where the codes ran out and all begins anew. */
  function useNextCode(): boolean {
    highest++
    if (highest === 1 << width) width++
    if (highest < LAST_CODE) return true
    out.write(CLEAR, width)
    ;[width, highest] = [9, END]
    table.clear()
    return false
  }
}

/** The same byte `length` times in the fewest codes: more than a thousand bytes of output for one of input. */
export function packLzwBomb(length: number): Uint8Array {
  const out = new BitWriter()
  let [width, longest, written] = [9, 1, 1]
  out.write(CLEAR, width)
  out.write(0, width)
  for (let code = CLEAR + 2; written < length; code = Math.min(code + 1, LAST_CODE)) {
    if (code === 1 << width) width++
    out.write(code, width)
    longest = Math.min(longest + 1, LAST_CODE - END + 1)
    written += longest
  }
  out.write(END, width)
  return out.end()
}
