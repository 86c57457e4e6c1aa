import type { Report } from '../../core/report.ts'
import { printableJson } from '../../core/text.ts'
import { details } from './details.ts'
import { headline } from './headline.ts'
import { isProblem } from './marks.ts'
import { outside } from './outside.ts'
import { tableColumns, wideColumns } from './rows.ts'
import type { Style } from './style.ts'
import { rowLines, table } from './table.ts'
import { vantage } from './vantage.ts'

export type Output = 'table' | 'wide' | 'json' | 'yaml' | 'name'

export interface RenderOptions {
  readonly output: Output
  /** 1: rows with a problem alone (table, wide, name); 2: nothing. */
  readonly quiet: number
  /** 1: remarks too. */
  readonly verbose: number
}

/** The report as text for stdout; only YAML has to wait, for its library. */
export async function render(report: Report, options: RenderOptions, style: Style): Promise<string> {
  if (options.quiet >= 2) return ''
  if (options.output === 'json') return `${printableJson(JSON.stringify(report, null, 2))}\n`
  if (options.output === 'yaml') return (await import('./yaml.ts')).yaml(report)
  const lines = options.output === 'name' ? names(report, options) : screen(report, options, style)
  return lines.map((line) => `${line}\n`).join('')
}

/** One address a line, each once: all that were asked for, or with -q those with a problem. */
function names(report: Report, { quiet }: RenderOptions): string[] {
  const rows = quiet > 0 ? report.vips.filter(isProblem) : report.vips
  return [...new Set(rows.map((row) => row.vip))]
}

function screen(report: Report, { output, quiet, verbose }: RenderOptions, style: Style): string[] {
  const wide = output === 'wide'
  if (quiet > 0) {
    const rows = report.vips.filter(isProblem)
    return rows.length === 0 ? [] : rowLines(rows, (wide ? wideColumns : tableColumns)(rows), style)
  }
  // where nothing was judged, the remarks are all there is to say
  const remarks = verbose > 0 || report.summary.untested === report.summary.total
  const rows = wide ? everything(report, style) : table(report, style)
  return [
    '',
    headline(report, style),
    ...(rows.length > 0 ? ['', ...rows] : []),
    ...details(report, { remarks, each: wide }, style),
    '',
    ...vantage(report, { remarks, wide }, style),
  ]
}

function everything(report: Report, style: Style): string[] {
  const rows = report.vips.length > 0 ? rowLines(report.vips, wideColumns(report.vips), style) : []
  return [...rows, ...outside(report, style)]
}
