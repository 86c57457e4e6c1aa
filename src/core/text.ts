// Control, format (bidirectional overrides, zero width, tags), unassigned, private and lone-surrogate code points,
// and every separator but the plain space: what can move a cursor, reorder a line or hide in it.
const UNPRINTABLE = /\p{C}|(?! )\p{Z}/gu

/** Text from outside on one line that a terminal shows as it is; what it could act upon becomes `\x1b` or `\u202e`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped)
}

/** JSON text with the same meaning, whose strings hold nothing that a terminal could act upon. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, (char) => (char === '\n' ? char : utf16Escapes(char)))
}

/** What a person typed, quoted in a message; a long text is cut. */
export function quoted(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 60)}…` : text}"`
}

/** `a`, `a or b`, `a, b or c`. */
export function anyOf(words: readonly string[], joint = 'or'): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} ${joint} ${words.at(-1)}`
}

function escaped(char: string): string {
  const code = char.codePointAt(0)!
  const hex = code.toString(16)
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}

function utf16Escapes(char: string): string {
  return char.replace(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
