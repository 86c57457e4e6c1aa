/** JSON from outside, read without trust: what is missing or of another shape reads as null, never as a throw. */
export type Raw = Readonly<Record<string, unknown>>

export function rawOf(value: unknown): Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {}
}

/** Follows keys: `at(pod, 'status', 'podIP')`. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const key of path) found = Object.hasOwn(rawOf(found), key) ? rawOf(found)[key] : undefined
  return found
}

export function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

export function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export function flag(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : NONE
}

export function texts(value: unknown): readonly string[] {
  return list(value).filter((entry) => typeof entry === 'string')
}

/** Milliseconds since 1970 of an RFC 3339 time. */
export function time(value: unknown): number | null {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(ms) ? null : ms
}

/** A map of text to text (labels, annotations); other entries are left out. */
export function textMap(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(rawOf(value)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  )
  return entries.length === 0 ? EMPTY : Object.fromEntries(entries)
}

// Shared, so that thousands of objects without labels or members cost nothing.
const NONE: readonly unknown[] = Object.freeze([])
const EMPTY: Readonly<Record<string, string>> = Object.freeze({})
