/** A stream of numbers that its seed decides: the only random source, so that every run can be played again. */
export interface Random {
  /** The next number, from 0 up to but not including 1. */
  next(): number
  /** The next whole number, from 0 up to but not including `limit`. */
  below(limit: number): number
}

/** Starts a stream; any 32 bits of `seed` give a stream of their own. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  // mulberry32: one addition and one mix a number; 2^32 numbers until it repeats
  function next(): number {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, below: (limit) => Math.floor(next() * limit) }
}
