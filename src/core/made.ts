/** Values that are made when somebody asks for them, each once: a daemon knows ten thousand VIPs and looks at forty. */
export class Made<K, V> implements ReadonlyMap<K, V> {
  readonly #keys: ReadonlyMap<K, unknown>
  readonly #make: (key: K) => V
  readonly #made = new Map<K, V>()

  constructor(keys: ReadonlyMap<K, unknown>, make: (key: K) => V) {
    this.#keys = keys
    this.#make = make
  }

  get size(): number {
    return this.#keys.size
  }

  has(key: K): boolean {
    return this.#keys.has(key)
  }

  get(key: K): V | undefined {
    if (!this.#keys.has(key)) return undefined
    const value = this.#made.get(key) ?? this.#make(key)
    this.#made.set(key, value)
    return value
  }

  keys(): MapIterator<K> {
    return this.#keys.keys()
  }

  *values(): MapIterator<V> {
    for (const key of this.#keys.keys()) yield this.get(key)!
  }

  *entries(): MapIterator<[K, V]> {
    for (const key of this.#keys.keys()) yield [key, this.get(key)!]
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries()
  }

  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) visit(value, key, this)
  }
}
