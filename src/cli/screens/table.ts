import type { Report, VipReport } from '../../core/report.ts'
import stringWidth from '../width.ts'
import { columns, cut } from './layout.ts'
import { isProblem, markOf } from './marks.ts'
import { linesOf, tableColumns, type Column } from './rows.ts'
import { blank, glyph, paint, show, type Style } from './style.ts'

/** More rows than this are only counted. */
const SHOWN = 40
/** So many rows without a problem stay beside those with one; of more, three. */
const BESIDE_PROBLEMS = 6
/** Columns before the first. */
const LEAD = 7

/** The one table: rows with a problem first, and of the others only as many as help. */
export function table(report: Report, style: Style): string[] {
  if (report.vips.length === 0) return []
  const problems = report.vips.filter(isProblem)
  const others = report.vips.filter((row) => !isProblem(row))
  const shown = [
    foldAway(problems, SHOWN, SHOWN),
    problems.length === 0 ? foldAway(others, SHOWN, SHOWN) : foldAway(others, BESIDE_PROBLEMS, 3),
  ] as const
  return [
    ...rowLines(shown.flat(), tableColumns(report.vips), style),
    ...more(problems.slice(shown[0].length), style),
    ...more(others.slice(shown[1].length), style),
  ]
}

/** The rows as aligned lines below their titles, each behind its glyph. */
export function rowLines(rows: readonly VipReport[], from: readonly Column[], style: Style): string[] {
  const lines = rows.flatMap((row) => Array.from({ length: linesOf(row) }, (_, line) => ({ row, line })))
  const texts = lines.map(({ row, line }) => from.map(({ cell }) => show(cell(row, line), style)))
  const limits = limitsOf([from.map(({ title }) => title), ...texts], from, style.width - LEAD)
  const cells = texts.map((row, i) =>
    row.map((text, j) => {
      const kept = cut(text, limits[j]!, style.ascii ? '~' : '…')
      return from[j]!.painted ? paint(kept, markOf(lines[i]!.row), style) : kept
    }),
  )
  const leads = lines.map(({ row, line }) => (line === 0 ? glyph(markOf(row), style) : blank(style)))
  const right = new Set(from.flatMap((column, i) => (column.right ? [i] : [])))
  const titles = from.map((column) => column.title)
  const body = columns([titles, ...cells], { right, width: style.width - LEAD })
  return body.map((line, i) => `  ${leads[i - 1] ?? blank(style)}  ${line}`.trimEnd())
}

/** How wide each column may be: what has a `max` shrinks, from the left, until the table fits. */
function limitsOf(rows: readonly (readonly string[])[], from: readonly Column[], width: number): number[] {
  const widths = from.map(({ max = Infinity }, i) =>
    Math.min(
      max,
      rows.reduce((widest, row) => Math.max(widest, stringWidth(row[i]!)), 0),
    ),
  )
  let excess = widths.reduce((sum, each) => sum + each, 2 * (from.length - 1)) - width
  return widths.map((wide, i) => {
    const { max, min = wide } = from[i]!
    const less = max === undefined ? 0 : Math.max(0, Math.min(excess, wide - min))
    excess -= less
    return wide - less
  })
}

function foldAway<T>(rows: readonly T[], atMost: number, keep: number): readonly T[] {
  return rows.length > atMost ? rows.slice(0, keep) : rows
}

function more(hidden: readonly VipReport[], style: Style): string[] {
  if (hidden.length === 0) return []
  return [
    `  ${blank(style)}  ${show(`… ${hidden.length} more ${likeness(hidden)}  (-o wide shows all)`, style)}`,
  ]
}

function likeness(rows: readonly VipReport[]): string {
  if (rows.every(isProblem)) return 'with a problem'
  if (rows.every((row) => markOf(row) === 'ok')) return 'as expected'
  return rows.every((row) => row.verdict === 'ok') ? 'that answer' : 'without a problem'
}
