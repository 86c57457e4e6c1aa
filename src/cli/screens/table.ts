import type { Report, VipReport } from '../../core/report.ts'
import { columns, cut } from './layout.ts'
import { isProblem, markOf } from './marks.ts'
import { linesOf, tableColumns, type Column } from './rows.ts'
import { blank, glyph, paint, show, type Style } from './style.ts'

/** More rows than this are only counted. */
const SHOWN = 40
/** So many rows without a problem stay beside those with one; of more, three. */
const BESIDE_PROBLEMS = 6

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
  const cells = lines.map(({ row, line }) => from.map((column) => cellText(column, row, line, style)))
  const leads = lines.map(({ row, line }) => (line === 0 ? glyph(markOf(row), style) : blank(style)))
  const right = new Set(from.flatMap((column, i) => (column.right ? [i] : [])))
  const titles = from.map((column) => column.title)
  const body = columns([titles, ...cells], { right, width: style.width - 7 })
  return body.map((line, i) => `  ${leads[i - 1] ?? blank(style)}  ${line}`.trimEnd())
}

function cellText({ cell, max, painted }: Column, row: VipReport, line: number, style: Style): string {
  const shown = show(cell(row, line), style)
  if (painted) return paint(shown, markOf(row), style)
  return max === undefined ? shown : cut(shown, max, style.ascii ? '~' : '…')
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
