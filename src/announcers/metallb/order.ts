import { hash } from 'node:crypto'

/** Of `node#text`, with nothing before or behind it. Digests order as their hex text does. */
export function hashOf(node: string, text: string): string {
  return hash('sha256', `${node}#${text}`, 'hex')
}

/** The winner is nearly always among the first few of all nodes: so many are remembered for each text. */
const KEPT = 8
/** Fewer are left when nodes went: all are hashed again. */
const LEAST = 3
/** Older ones go first. */
const MOST_TEXTS = 20_000

interface Place {
  readonly node: string
  readonly hash: string
}

/**
 * Hashing every node for every address is most of what a plan of a large cluster costs (500 nodes, 10,000 addresses: 3 s),
 * and no digest ever changes: only a node that came is hashed anew.
 */
export class Orders {
  #names: ReadonlySet<string> = new Set()
  readonly #known = new Map<string, readonly Place[]>()

  get size(): number {
    return this.#known.size
  }

  /** The first few of these nodes, in the order of their digests. */
  firstOf(names: ReadonlySet<string>, text: string): readonly Place[] {
    if (names !== this.#names) this.#follow(names)
    const known = this.#known.get(text)
    if (known) return known
    const first = best([...names].map((node) => ({ node, hash: hashOf(node, text) })))
    for (const oldest of this.#known.keys())
      if (this.#known.size < MOST_TEXTS) break
      else this.#known.delete(oldest)
    this.#known.set(text, first)
    return first
  }

  #follow(names: ReadonlySet<string>): void {
    const came = [...names].filter((name) => !this.#names.has(name))
    const went = new Set([...this.#names].filter((name) => !names.has(name)))
    this.#names = names
    if ((came.length + went.size) * LEAST > names.size) this.#known.clear()
    if (came.length + went.size > 0)
      for (const [text, places] of this.#known) this.#revise(text, places, came, went)
  }

  #revise(text: string, places: readonly Place[], came: readonly string[], went: ReadonlySet<string>): void {
    const left = places.filter(({ node }) => !went.has(node))
    // whoever comes after the last that is known may come after others that nobody remembers
    const last = left.at(-1)?.hash ?? ''
    const fresh = came.map((node) => ({ node, hash: hashOf(node, text) })).filter((one) => one.hash < last)
    if (left.length + fresh.length < LEAST) this.#known.delete(text)
    else if (fresh.length > 0 || left.length < places.length) this.#known.set(text, best([...left, ...fresh]))
  }
}

function best(places: Place[]): readonly Place[] {
  return places.sort((a, b) => (a.hash < b.hash ? -1 : 1)).slice(0, KEPT)
}
