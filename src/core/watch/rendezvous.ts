/**
 * Rendezvous hashing (Thaler and Ravishankar, 1998): each name has a rank of its own for each key, whoever else is there.
 * So a name that comes or goes moves only the keys that it wins or held.
 */
export function ranked(names: readonly string[], key: string): string[] {
  const weighed = names.map((name) => ({ name, weight: weightOf(name, key) }))
  return weighed.toSorted(inOrder).map(({ name }) => name)
}

/** The first few of `ranked`, without sorting all: each daemon of a large cluster does this for every VIP. */
export function firstRanked(names: readonly string[], key: string, count: number): string[] {
  const first: Weighed[] = []
  let least = -1
  for (const name of names) {
    const weight = weightOf(name, key)
    if (weight < least) continue
    const one = { name, weight }
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
  let hash = 0x811c9dc5
  for (const text of [name, '#', key])
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
