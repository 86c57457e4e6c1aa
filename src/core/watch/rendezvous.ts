/**
 * Rendezvous hashing (Thaler and Ravishankar, 1998): each name has a rank of its own for each key, whoever else is there.
 * So a name that comes or goes moves only the keys that it wins or held.
 */
export function ranked(names: readonly string[], key: string): string[] {
  const weighed = names.map((name) => ({ name, weight: weightOf(name, key) }))
  return weighed.toSorted(inOrder).map(({ name }) => name)
}

/**
 * The first few of `ranked` but for those that are left out, without sorting all: each daemon of a large cluster does this
 * for every VIP.
 */
export function firstRanked(
  names: readonly string[],
  key: string,
  count: number,
  leftOut: readonly string[] = [],
): string[] {
  const first: Weighed[] = []
  const starts = startsOf(names)
  const codes = Uint16Array.from(key, (letter) => letter.charCodeAt(0))
  let least = -1
  for (let i = 0; i < names.length; i++) {
    let hash = starts[i]!
    for (const code of codes) hash = Math.imul(hash ^ code, PRIME)
    const weight = finished(hash)
    if (weight < least || leftOut.includes(names[i]!)) continue
    const one = { name: names[i]!, weight }
    first.splice(first.findLastIndex((other) => inOrder(other, one) < 0) + 1, 0, one)
    if (first.length > count) first.pop()
    if (first.length === count) least = first.at(-1)?.weight ?? Infinity
  }
  return first.map(({ name }) => name)
}

interface Weighed {
  readonly name: string
  readonly weight: number
}

function inOrder(a: Weighed, b: Weighed): number {
  return b.weight - a.weight || (a.name < b.name ? -1 : 1)
}

/** 32 bits of `name#key`: FNV-1a, then MurmurHash3's last step, because FNV alone leaves similar names near each other. */
export function weightOf(name: string, key: string): number {
  return finished(folded(startOf(name), key))
}

const PRIME = 0x01000193

function startOf(name: string): number {
  return folded(folded(0x811c9dc5, name), '#')
}

const known = new WeakMap<readonly string[], Int32Array>()

/** Of each name, the part of its hash that no key changes. */
function startsOf(names: readonly string[]): Int32Array {
  const starts = known.get(names) ?? Int32Array.from(names, startOf)
  known.set(names, starts)
  return starts
}

function folded(start: number, text: string): number {
  let hash = start
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME)
  return hash
}

function finished(start: number): number {
  let hash = start
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
