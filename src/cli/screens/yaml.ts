import { Document, visit } from 'yaml'
import { printable, printableJson } from '../../core/text.ts'

/** Rows that are made into YAML at a time: the library's tree of all of 65,536 takes the collector longer than the rest. */
const ROWS = 256

/**
 * A report as YAML. Readers of YAML 1.1 take `52:54:00:12:34:56` for a number, so that is quoted (`compat`); a text that a terminal could act upon is double-quoted, with escapes
 * (YAML 1.2, 5.7).
 */
export function yaml(report: object): string {
  return Object.entries(report)
    .flatMap(([key, value]) => entry(key, value))
    .join('')
}

/** One key of the report with its value; a long list in slices, which follow one another as its items do. */
function entry(key: string, value: unknown): string[] {
  if (!Array.isArray(value) || value.length <= ROWS) return [text({ [key]: value })]
  const count = Math.ceil(value.length / ROWS)
  const slices = Array.from({ length: count }, (_, i) =>
    text({ [key]: value.slice(i * ROWS, (i + 1) * ROWS) }),
  )
  return slices.map((slice, i) => (i === 0 ? slice : slice.slice(slice.indexOf('\n') + 1)))
}

function text(value: object): string {
  const document = new Document(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1' })
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'string' && printable(scalar.value) !== scalar.value)
        scalar.type = 'QUOTE_DOUBLE'
    },
  })
  return printableJson(document.toString({ lineWidth: 0 }))
}
