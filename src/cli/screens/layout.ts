import wrapAnsi from 'wrap-ansi'
import stringWidth from '../width.ts'

/** Lines of at most `width` columns, broken between words where that is possible. */
export function fold(text: string, width: number): string[] {
  return wrapAnsi(text, Math.max(width, 20), { hard: true }).split('\n')
}

/** A text after a lead (a glyph, a code, spaces), its further lines under its first. */
export function hanging(lead: string, text: string, width: number): string[] {
  const indent = stringWidth(lead)
  return fold(text, width - indent).map((line, i) => (i === 0 ? lead : ' '.repeat(indent)) + line)
}

/** Pads to `width` columns; a longer text stays as it is. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - stringWidth(text)))
  return side === 'left' ? text + space : space + text
}

/** Cuts a text to `width` columns; `ellipsis` ends what was cut. */
export function cut(text: string, width: number, ellipsis: string): string {
  if (stringWidth(text) <= width) return text
  let kept = ''
  for (const char of text) {
    if (stringWidth(kept + char) > width - stringWidth(ellipsis)) break
    kept += char
  }
  return kept + ellipsis
}

/** Rows of equal length as lines, three spaces between columns, two where three would not fit `width`. */
export function columns(
  rows: readonly (readonly string[])[],
  options: { readonly right: ReadonlySet<number>; readonly width: number },
): string[] {
  const widths = (rows[0] ?? []).map((_, i) =>
    rows.reduce((widest, row) => Math.max(widest, stringWidth(row[i]!)), 0),
  )
  const sum = widths.reduce((total, width) => total + width, 0)
  const gap = ' '.repeat(sum + 3 * (widths.length - 1) <= options.width ? 3 : 2)
  return rows.map((row) =>
    row
      .map((cell, i) => pad(cell, widths[i]!, options.right.has(i) ? 'right' : 'left'))
      .join(gap)
      .trimEnd(),
  )
}
