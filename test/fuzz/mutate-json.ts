import type { Random } from '../../src/core/random.ts'

// Changes of JSON that leave it JSON: what a decoder looks at is the object, which changes of bytes rarely reach.

const DEEP = '['.repeat(1000) + ']'.repeat(1000)
/** Writing what is longer, or nests without end, takes longer than trying it. */
const MOST_BYTES = 16_384
const HOSTILE: readonly (() => unknown)[] = [
  () => null,
  () => true,
  () => 0,
  () => -1,
  () => 1e308,
  () => 2 ** 53,
  () => '',
  () => 'a'.repeat(300),
  () => '$('.repeat(300),
  () => '\u0000\u202e\ud800',
  () => '2026-01-01T00:00:00Z',
  () => '999.1.1.1/33',
  () => [],
  () => ({}),
  () => ({ toString: 1, valueOf: 1 }),
  () => JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as unknown,
  () => JSON.parse(DEEP) as unknown,
  () => Array.from({ length: 500 }, (_, i) => i),
]
const KEYS = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '',
  'metadata',
  'items',
  'type',
]

/** Each line that is JSON with one to three of its values or keys changed; undefined where no line is. */
export function mutatedJson(bytes: Uint8Array, random: Random): Uint8Array | undefined {
  if (bytes.length > MOST_BYTES) return undefined
  const lines = Buffer.from(bytes).toString('utf8').split('\n')
  const at = random.below(lines.length)
  const root = parsed(lines[at]!)
  if (root === undefined) return undefined
  const holder = { root }
  for (let left = 1 + random.below(3); left > 0; left--) change(holder, random)
  lines[at] = written(holder.root)
  return Buffer.from(lines.join('\n'))
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** What nests too deep for JSON.stringify, which descends by calls, is left out. */
function written(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return 'null'
  }
}

type Holder = Record<string, unknown>

/** Goes down by chance, and changes what it comes to. */
function change(holder: Holder, random: Random): void {
  let [inside, key] = [holder, 'root']
  while (random.below(5) > 0) {
    const next = inside[key]
    if (typeof next !== 'object' || next === null || Object.keys(next).length === 0) break
    const keys = Object.keys(next)
    ;[inside, key] = [next as Holder, keys[random.below(keys.length)]!]
  }
  const value = HOSTILE[random.below(HOSTILE.length)]!()
  const how = random.below(4)
  if (how === 0) delete inside[key]
  else if (how === 1) put(inside, KEYS[random.below(KEYS.length)]!, value)
  else put(inside, key, value)
}

/** As JSON.parse does: also what an assignment would take for the prototype. */
function put(inside: Holder, key: string, value: unknown): void {
  if (Array.isArray(inside) && !/^\d+$/.test(key)) return
  Object.defineProperty(inside, key, { value, enumerable: true, configurable: true, writable: true })
}
