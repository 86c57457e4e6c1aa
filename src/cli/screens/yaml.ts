import { Document, visit } from 'yaml'
import type { Report } from '../../core/report.ts'
import { printable, printableJson } from '../../core/text.ts'

/**
 * The report as YAML. Readers of YAML 1.1 take `52:54:00:12:34:56` for a number, so that is quoted (`compat`); a text that a terminal could act upon is double-quoted, with escapes
 * (YAML 1.2, 5.7).
 */
export function yaml(report: Report): string {
  const document = new Document(report, { aliasDuplicateObjects: false, compat: 'yaml-1.1' })
  visit(document, {
    Scalar(_key, scalar) {
      if (typeof scalar.value === 'string' && printable(scalar.value) !== scalar.value)
        scalar.type = 'QUOTE_DOUBLE'
    },
  })
  return printableJson(document.toString({ lineWidth: 0 }))
}
