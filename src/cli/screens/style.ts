import { printable } from '../../core/text.ts'

/** What a glyph says: as expected, a fault, a warning, not judged, nothing to judge. */
export type Mark = 'ok' | 'fault' | 'warning' | 'apart' | 'quiet'

/** How a screen may be painted. */
export interface Style {
  readonly colour: boolean
  /** Plain ASCII: no symbols. */
  readonly ascii: boolean
  /** Columns to stay within. */
  readonly width: number
}

const MARKS = {
  ok: { symbol: '✓', ascii: 'ok', sgr: 32 },
  fault: { symbol: '✗', ascii: 'XX', sgr: 31 },
  warning: { symbol: '!', ascii: '!!', sgr: 33 },
  apart: { symbol: '○', ascii: '--', sgr: 36 },
  quiet: { symbol: '·', ascii: '..', sgr: 0 },
} as const

const ASCII: Readonly<Record<string, string>> = { '·': '-', '…': '...', '→': '->', '–': '-', '×': 'x' }

/** The glyph of a mark, never by colour alone. */
export function glyph(mark: Mark, style: Style): string {
  const { symbol, ascii } = MARKS[mark]
  return paint(style.ascii ? ascii : symbol, mark, style)
}

/** As wide as a glyph. */
export function blank(style: Style): string {
  return style.ascii ? '  ' : ' '
}

/** A word in the colour of its mark. */
export function paint(word: string, mark: Mark, style: Style): string {
  const { sgr } = MARKS[mark]
  return style.colour && sgr > 0 ? `\u001B[${sgr}m${word}\u001B[0m` : word
}

/** Any text, ours or from outside, on one line and safe for the terminal at hand. */
export function show(text: string, style: Style): string {
  const safe = printable(text)
  return style.ascii ? safe.replace(/[^ -~]/gu, asciiFor) : safe
}

/**
 * Reads what the terminal can do. `--color` wins, then NO_COLOR (https://no-color.org), FORCE_COLOR, TERM=dumb;
 * symbols need a UTF-8 locale (POSIX: LC_ALL, LC_CTYPE, LANG, the first that is set).
 */
export function styleFor(
  settings: { readonly color: 'auto' | 'always' | 'never'; readonly ascii: boolean },
  env: Readonly<Record<string, string | undefined>>,
  isTerminal: boolean,
): Style {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || ''
  const colour = settings.color === 'auto' ? wantsColour(env, isTerminal) : settings.color === 'always'
  return { colour, ascii: settings.ascii || !/utf-?8/i.test(locale), width: 80 }
}

function wantsColour(env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (env['NO_COLOR']) return false
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false'
  return isTerminal && env['TERM'] !== 'dumb'
}

function asciiFor(char: string): string {
  return ASCII[char] ?? `\\u{${char.codePointAt(0)!.toString(16)}}`
}
