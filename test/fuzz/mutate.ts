import type { Random } from '../../src/core/random.ts'

/** Longer inputs find little more, and slowly. */
export const MOST_BYTES = 1 << 16
const NUMBERS = [0, 1, 2, 4, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000]
const DIGITS = [
  '0',
  '-1',
  '1e999',
  '65536',
  '4294967296',
  '18446744073709551616',
  '0.1',
  '99999999999999999999',
]

/** A change of `bytes`, or of two of the pool. */
type Change = (bytes: Uint8Array, draw: Draw) => Uint8Array

interface Draw {
  readonly random: Random
  readonly other: Uint8Array
  readonly tokens: readonly string[]
}

const CHANGES: readonly Change[] = [
  (bytes, { random }) => set(bytes, random.below(bytes.length), random.below(256)),
  (bytes, { random }) => {
    const at = random.below(bytes.length)
    return set(bytes, at, bytes[at]! ^ (1 << random.below(8)))
  },
  (bytes, { random }) => number(bytes, random, 1 << random.below(3)),
  (bytes, { random }) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, { random }) => {
    const [from, to] = span(bytes, random)
    return joined(bytes.subarray(0, from), bytes.subarray(to))
  },
  (bytes, { random }) => {
    const [from, to] = span(bytes, random)
    const times = 1 + random.below(random.below(8) === 0 ? 200 : 3)
    return joined(
      bytes.subarray(0, to),
      ...Array.from({ length: times }, () => bytes.subarray(from, to)),
      bytes.subarray(to),
    )
  },
  (bytes, { random, other }) => {
    const [from, to] = span(other, random)
    const at = random.below(bytes.length + 1)
    return joined(bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at))
  },
  (bytes, { random, other }) =>
    joined(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1))),
  (bytes, draw) => token(bytes, draw),
  (bytes, draw) => token(bytes, draw),
  (bytes, { random }) => {
    const noise = Uint8Array.from({ length: 1 + random.below(16) }, () => random.below(256))
    const at = random.below(bytes.length + 1)
    return joined(bytes.subarray(0, at), noise, bytes.subarray(at))
  },
]

/** `bytes` after one to eight changes; never empty of chance, never longer than MOST_BYTES. */
export function mutated(bytes: Uint8Array, draw: Draw): Uint8Array {
  const { random } = draw
  let changed = bytes
  for (let left = 1 + random.below(1 + random.below(8)); left > 0; left--) {
    const change = CHANGES[random.below(CHANGES.length)]!
    changed = changed.length === 0 ? Uint8Array.of(random.below(256)) : change(changed, draw)
    if (changed.length > MOST_BYTES) changed = changed.subarray(0, MOST_BYTES)
  }
  return changed
}

function set(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const changed = Uint8Array.from(bytes)
  changed[at] = value
  return changed
}

/** A number on the edge of what a field holds, in either byte order. */
function number(bytes: Uint8Array, random: Random, width: number): Uint8Array {
  if (bytes.length < width) return bytes
  const changed = Buffer.from(bytes)
  const value = NUMBERS[random.below(NUMBERS.length)]! % 2 ** (8 * width)
  const at = random.below(bytes.length - width + 1)
  if (random.below(2) === 0) changed.writeUIntBE(value, at, width)
  else changed.writeUIntLE(value, at, width)
  return changed
}

/** A word put in, or laid over what is there; now and then a number in digits, or many of the same word. */
function token(bytes: Uint8Array, { random, tokens }: Draw): Uint8Array {
  const words = random.below(4) === 0 || tokens.length === 0 ? DIGITS : tokens
  const times = random.below(16) === 0 ? 1 + random.below(400) : 1
  const word = Buffer.from(words[random.below(words.length)]!.repeat(times), 'latin1')
  const at = random.below(bytes.length + 1)
  const rest = random.below(2) === 0 ? at : Math.min(bytes.length, at + word.length)
  return joined(bytes.subarray(0, at), word, bytes.subarray(rest))
}

function span(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const from = random.below(bytes.length + 1)
  return [from, from + random.below(Math.min(bytes.length - from, 1 << (1 + random.below(10))) + 1)]
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts)
}
