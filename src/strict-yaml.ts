import {
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Parser,
} from 'yaml'
import { anyOf, quoted } from './core/text.ts'
import { nearest } from './core/nearest.ts'

/** A file of settings is smaller, whatever certificates it holds. */
export const MOST_BYTES = 256 * 1024
const MOST_DEPTH = 8
/** Of the tokens, a mapping and its values each. */
const MOST_TOKEN_DEPTH = 4 * MOST_DEPTH
/** Of one mapping: each that is not known is compared with all that are. */
const MOST_KEYS = 1000

/** One key of a YAML mapping; texts are as written, so that each setting reads its own. */
export interface Entry {
  readonly key: string
  readonly line: number
  readonly value: Value
}
export type Value =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Item[] }
  | { readonly kind: 'map'; readonly entries: readonly Entry[] }

export interface Item {
  readonly text: string
  readonly line: number
}

export interface Mistake {
  readonly line: number
  readonly message: string
}

export interface ReadYaml {
  readonly entries: readonly Entry[]
  readonly mistakes: readonly Mistake[]
}

/** The mapping that a file of settings is. YAML's wonders are refused: aliases, tags, several documents, doubled keys. */
export function readYaml(text: string): ReadYaml {
  if (Buffer.byteLength(text) > MOST_BYTES) return failed(1, `The file is larger than ${MOST_BYTES} bytes.`)
  const lines = new LineCounter()
  const lineOf = (offset: number | undefined): number => lines.linePos(offset ?? 0).line || 1
  const deep = tooDeep([...new Parser(lines.addNewLine).parse(text)])
  if (deep !== undefined) return failed(lineOf(deep), 'It is nested too deep.')
  try {
    const { contents, errors, warnings } = parseDocument(text, {
      prettyErrors: false,
      // it compares each key with all before it; `doubled` does it, of a bounded number
      uniqueKeys: false,
    })
    const mistakes = [...errors, ...warnings].map(({ message, pos }) => ({ line: lineOf(pos[0]), message }))
    if (mistakes.length > 0) return { entries: [], mistakes }
    if (contents === null || (isScalar(contents) && contents.value === null)) return { entries: [], mistakes }
    const value = valueOf(contents, lineOf, 0)
    if (value.kind !== 'map') return failed(1, 'This is no list of  key: value.')
    return { entries: value.entries.filter(isFirst), mistakes: value.entries.flatMap(doubled) }
  } catch (error) {
    if (error instanceof Refused) return failed(error.line, error.message)
    throw error
  }
}

/**
 * Where the tokens nest too deep, level by level: only making nodes of them descends by calls. To catch the RangeError
 * where the stack ends is not enough: a regular expression that V8 compiles near that end aborts the process.
 */
function tooDeep(tokens: readonly CST.Token[]): number | undefined {
  let level = tokens
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_TOKEN_DEPTH) return level[0]!.offset
    level = level.flatMap(insideOf)
  }
  return undefined
}

function insideOf(token: CST.Token): CST.Token[] {
  const inside = 'items' in token ? token.items.flatMap((item) => [item.key, item.value]) : []
  if (token.type === 'document') inside.push(token.value)
  return inside.filter((one) => one !== undefined && one !== null)
}

class Refused extends Error {
  readonly line: number

  constructor(line: number, message: string) {
    super(message)
    this.line = line
  }
}

type LineOf = (offset: number | undefined) => number

function valueOf(node: unknown, lineOf: LineOf, depth: number): Value {
  const { range, anchor, tag } = (node ?? {}) as Node & { anchor?: string }
  const line = lineOf(range?.[0])
  if (depth > MOST_DEPTH) throw new Refused(line, 'It is nested too deep.')
  if (anchor !== undefined || isAlias(node))
    throw new Refused(line, 'Anchors and aliases are not taken: write it out.')
  if (isMap(node)) return mapOf(node.items, lineOf, depth)
  if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => itemOf(item, lineOf, depth)) }
  if (tag !== undefined) throw new Refused(line, `Tags such as ${quoted(tag)} are not taken.`)
  return { kind: 'text', text: textOf(node) }
}

function mapOf(items: readonly Pair[], lineOf: LineOf, depth: number): Value {
  const beyond = items[MOST_KEYS]
  if (beyond)
    throw new Refused(lineOf((beyond.key as Node).range?.[0]), `These are more than ${MOST_KEYS} keys.`)
  const entries = items.map((pair) => entryOf(pair, lineOf, depth))
  const [mistake] = depth > 0 ? entries.flatMap(doubled) : []
  if (mistake) throw new Refused(mistake.line, mistake.message)
  return { kind: 'map', entries }
}

function isFirst({ key }: Entry, index: number, all: readonly Entry[]): boolean {
  return all.findIndex((one) => one.key === key) === index
}

/** Beside others, so that it hides none of them. */
function doubled(entry: Entry, index: number, all: readonly Entry[]): Mistake[] {
  if (isFirst(entry, index, all)) return []
  const { line } = all.find(({ key }) => key === entry.key)!
  return [{ line: entry.line, message: `${quoted(entry.key)} is there twice, first in line ${line}.` }]
}

function entryOf({ key, value }: Pair, lineOf: LineOf, depth: number): Entry {
  const line = lineOf((key as Node).range?.[0])
  if (!isScalar(key)) throw new Refused(line, 'A key is a word.')
  return { key: textOf(key), line, value: valueOf(value, lineOf, depth + 1) }
}

function itemOf(node: unknown, lineOf: LineOf, depth: number): Item {
  const line = lineOf((node as Node).range?.[0])
  const value = valueOf(node, lineOf, depth + 1)
  if (value.kind !== 'text') throw new Refused(line, 'A list here holds words, nothing else.')
  return { text: value.text, line }
}

/** As it was written: `1.10` and `0x1f` are not numbers before a setting says so. */
function textOf(node: unknown): string {
  if (!isScalar(node) || node.value === null) return ''
  return typeof node.value === 'string' ? node.value : (node.source ?? '')
}

function failed(line: number, message: string): ReadYaml {
  return { entries: [], mistakes: [{ line, message }] }
}

/** A key that nobody knows, with the one that was likely meant. */
export function unknownKey({ key, line }: Entry, known: readonly string[], where = ''): Mistake {
  const near = nearest(key, known)
  const hint = near === undefined ? `It knows ${anyOf(known, 'and')}.` : `Did you mean ${near}?`
  return { line, message: `There is no key ${quoted(key)}${where}. ${hint}` }
}

/** The mistakes of a file, a line each: `arpcheck.yaml:3: …`, at most ten of them. */
export function tellMistakes(path: string, mistakes: readonly Mistake[]): readonly string[] {
  const lines = mistakes.slice(0, MOST_TOLD).map(({ line, message }) => `${path}:${line}: ${message}`)
  const more = mistakes.length - MOST_TOLD
  return more > 0 ? [...lines, `… and ${more} more`] : lines
}

const MOST_TOLD = 10
