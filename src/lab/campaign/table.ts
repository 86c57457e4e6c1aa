import { VERDICTS } from '../../core/verdict.ts'
import type { Admitted } from './allowances.ts'
import { isFalseAlarm, type Row, type Score } from './score.ts'

/** The confusion matrix: a line for each verdict that was injected, a column for each that was reported. */
export function matrixText({ matrix }: Score): string {
  const reported = [...VERDICTS, 'absent'].filter((name) =>
    [...matrix.values()].some((line) => line.has(name)),
  )
  const head = ['injected \\ reported', ...reported]
  const lines = VERDICTS.filter((name) => matrix.has(name)).map((name) => [
    name,
    ...reported.map((other) => String(matrix.get(name)!.get(other) ?? '·')),
  ])
  return tableText([head, ...lines])
}

export function verdictsText({ verdicts }: Score): string {
  const lines = verdicts.map((one) => [
    one.verdict,
    String(one.injected),
    String(one.reported),
    percent(one.precision),
    percent(one.recall),
  ])
  return tableText([['verdict', 'injected', 'reported', 'precision', 'recall'], ...lines])
}

/** One line for a VIP of which the wrong thing was said. */
export function rowText({ episode, plots, truth, said }: Row): string {
  const right = truth.admits.map(admittedText).join(' or ')
  const saw = [
    said.reason === null ? said.verdict : `${said.verdict}: ${said.reason}`,
    said.finding ?? 'no finding',
  ].join(' ')
  return `#${episode} ${plots.join('+')}  ${truth.vip}: should be ${right}; was ${saw}  (answers: ${said.answeredBy.join(', ') || 'nobody'}; injected: ${truth.answeredBy.join(', ') || 'nobody'})`
}

export function wrongText(score: Score, limit: number): string {
  const shown = score.wrong.slice(0, limit).map((row) => `${isFalseAlarm(row) ? '! ' : '  '}${rowText(row)}`)
  const left = score.wrong.length - shown.length
  return [...shown, ...(left > 0 ? [`  and ${left} more`] : [])].join('\n')
}

export function admittedText({ verdict, reason, finding, because }: Admitted): string {
  const what = [reason ? `${verdict}: ${reason}` : verdict, finding ?? 'no finding'].join(' ')
  return because ? `${what} [${because}]` : what
}

export function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`
}

function tableText(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[column]!)
  return rows.map((row) => `  ${row.map(cell).join('  ')}`).join('\n')
}
