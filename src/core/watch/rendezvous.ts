/**
 * Rendezvous hashing (Thaler and Ravishankar, 1998): each name has a rank of its own for each key, whoever else is there.
 * So a name that comes or goes moves only the keys that it wins or held.
 */
export function ranked(names: readonly string[], key: string): string[] {
  const weighed = names.map((name) => ({ name, weight: weightOf(name, key) }))
  return weighed.toSorted((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1)).map(({ name }) => name)
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
