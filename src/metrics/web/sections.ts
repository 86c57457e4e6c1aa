import { anyOf, quoted } from '../../core/text.ts'
import { nearest } from '../../core/nearest.ts'
import { unknownKey, type Entry, type Item, type Mistake } from '../../strict-yaml.ts'

/** One section of the file while it is read: its known keys, and what is wrong with them. */
export class Section {
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #mistakes: Mistake[]
  readonly name: string

  constructor(entry: Entry | undefined, known: readonly string[] | null, mistakes: Mistake[]) {
    this.name = entry?.key ?? ''
    this.#mistakes = mistakes
    const entries = entry === undefined ? [] : this.#mapOf(entry)
    for (const one of entries)
      if (known && !known.includes(one.key)) mistakes.push(unknownKey(one, known, ` in ${this.name}`))
    this.#entries = new Map(entries.map((one) => [one.key, one]))
  }

  keys(): readonly Entry[] {
    return [...this.#entries.values()]
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  text(key: string): string {
    const entry = this.#entries.get(key)
    if (!entry || entry.value.kind === 'text') return entry?.value.kind === 'text' ? entry.value.text : ''
    this.wrong(entry, `${key} takes one value.`)
    return ''
  }

  list(key: string): readonly Item[] {
    const entry = this.#entries.get(key)
    if (!entry || entry.value.kind === 'list') return entry?.value.kind === 'list' ? entry.value.items : []
    if (entry.value.kind !== 'text' || entry.value.text !== '') this.wrong(entry, `${key} takes a list.`)
    return []
  }

  /** The meaning of a word out of a table; the fallback where there is none. */
  word<T>(key: string, words: Readonly<Record<string, T>>, fallback: T): T {
    const typed = this.text(key)
    return typed === '' ? fallback : (this.#meaning(key, typed, this.lineOf(key), words) ?? fallback)
  }

  words<T>(key: string, words: Readonly<Record<string, T>>): readonly T[] {
    return this.list(key).flatMap(({ text, line }) => this.#meaning(key, text, line, words) ?? [])
  }

  #meaning<T>(key: string, typed: string, line: number, words: Readonly<Record<string, T>>): T | undefined {
    if (Object.hasOwn(words, typed)) return words[typed]
    const known = Object.keys(words)
    const near = nearest(typed, known)
    const hint = near === undefined ? '' : ` Did you mean ${near}?`
    this.wrong({ line }, `${key} takes ${anyOf(known)}, not ${quoted(typed)}.${hint}`)
    return undefined
  }

  lineOf(key: string): number {
    return this.#entries.get(key)?.line ?? 1
  }

  wrong({ line }: { readonly line: number }, message: string): void {
    this.#mistakes.push({ line, message })
  }

  #mapOf(entry: Entry): readonly Entry[] {
    if (entry.value.kind === 'map') return entry.value.entries
    if (entry.value.kind !== 'text' || entry.value.text !== '')
      this.wrong(entry, `${entry.key} holds  key: value  lines.`)
    return []
  }
}
