import { hash as digest } from 'node:crypto'

/** Of `node#text`, with nothing before or behind it. Digests order as their hex text does. */
export function hashOf(node: string, text: string): string {
  return digest('sha256', `${node}#${text}`, 'hex')
}

/** The winner is nearly always among the first few of all nodes: so many are remembered for each text. */
const KEPT = 8
/** Fewer are left when nodes went: all are hashed again. */
const LEAST = 3
/** Older ones go first. */
const MOST_TEXTS = 20_000

/**
 * Hashing every node for every address is most of what a plan of a large cluster costs (500 nodes, 10,000 addresses: 3 s),
 * and no digest ever changes: only a node that came is hashed anew.
 */
export class Orders {
  #names: ReadonlySet<string> = new Set()
  readonly #known = new Map<string, readonly string[]>()

  get size(): number {
    return this.#known.size
  }

  /** The first few of these nodes, in the order of their digests. */
  firstOf(names: ReadonlySet<string>, text: string): readonly string[] {
    if (names !== this.#names) this.#follow(names)
    const known = this.#known.get(text)
    if (known) return known
    if (this.#known.size >= MOST_TEXTS) this.#known.delete(this.#known.keys().next().value!)
    const first = best(names, text)
    this.#known.set(text, first)
    return first
  }

  #follow(names: ReadonlySet<string>): void {
    const came = [...names].filter((name) => !this.#names.has(name))
    const went = new Set([...this.#names].filter((name) => !names.has(name)))
    this.#names = names
    if ((came.length + went.size) * LEAST > names.size) this.#known.clear()
    if (came.length + went.size > 0)
      for (const [text, first] of this.#known) this.#revise(text, first, came, went)
  }

  #revise(text: string, first: readonly string[], came: readonly string[], went: ReadonlySet<string>): void {
    const left = first.filter((node) => !went.has(node))
    if (left.length < LEAST) return void this.#known.delete(text)
    // whoever comes after the last that is known may come after others that nobody remembers
    const last = hashOf(left.at(-1)!, text)
    const fresh = came.filter((node) => hashOf(node, text) < last)
    if (fresh.length > 0) this.#known.set(text, best([...left, ...fresh], text))
    else if (left.length < first.length) this.#known.set(text, left)
  }
}

/** Without sorting all of them. */
function best(nodes: Iterable<string>, text: string): readonly string[] {
  const [first, hashes]: [string[], string[]] = [[], []]
  for (const node of nodes) {
    const hash = hashOf(node, text)
    if (first.length === KEPT && hash > hashes.at(-1)!) continue
    const at = hashes.findLastIndex((other) => other < hash) + 1
    first.splice(at, 0, node)
    hashes.splice(at, 0, hash)
    first.length = hashes.length = Math.min(KEPT, first.length)
  }
  // what grew keeps room to grow, and this is kept for each of thousands of addresses
  return first.slice()
}
