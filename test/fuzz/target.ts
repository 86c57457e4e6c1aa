/** One decoder of bytes from outside, as the fuzzer sees it. */
export interface Target {
  readonly name: string
  /** Lawful inputs beside the corpus in test/fixtures/fuzz/NAME: recordings that are kept anyway. */
  readonly seeds: () => readonly Uint8Array[]
  /** Words of the format, which chance alone would not find. */
  readonly tokens: readonly string[]
  /** Its inputs are JSON: half of all changes leave them so. */
  readonly json?: true
  /**
   * Decodes one input. Returns in a word what it came to: an input with another word joins the pool. Throws only what
   * is a crash: an error that is not the decoder's own, or a broken promise.
   */
  readonly run: (bytes: Uint8Array) => string | Promise<string>
}

/** A promise of a decoder that an input has broken. */
export class Broken extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'Broken'
  }
}

export function promise(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Broken(what)
}

/** `bytes` in pieces, as a connection might bring them; where they are cut is decided by the bytes themselves. */
export function piecesOf(bytes: Uint8Array): Buffer[] {
  const pieces: Buffer[] = []
  // at most some hundred: a byte each costs more than the decoder
  const step = Math.max(1 + ((bytes[0] ?? 0) ^ (bytes.at(-1) ?? 0)) * 3, Math.ceil(bytes.length / 300))
  // copies: a decoder that keeps a view of what is overwritten later would show
  for (let at = 0; at < bytes.length; at += step) pieces.push(Buffer.from(bytes.subarray(at, at + step)))
  return pieces
}

const SHARED = [Object, Array, Function, String, Number, Boolean, RegExp, Map, Set, Error, Uint8Array]
const names = SHARED.map((shared) => Object.getOwnPropertyNames(shared.prototype).length)

/** Runs one input and looks whether it left a mark on what all objects share. */
export async function runInput(target: Target, bytes: Uint8Array): Promise<string> {
  const said = await target.run(bytes)
  const marked = SHARED.findIndex(
    (shared, i) => Object.getOwnPropertyNames(shared.prototype).length !== names[i],
  )
  promise(marked < 0, `a property was added to the prototype of ${SHARED[marked]?.name}`)
  return said
}
