import type { Report, VipReport } from '../../core/report.ts'
import type { Severity } from '../../core/findings.ts'
import type { Mark } from './style.ts'

/** The glyph of a row: a fault before a warning before what the verdict says. */
export function markOf(row: VipReport): Mark {
  if (row.faultVerdict) return 'fault'
  if (row.findings.some((finding) => finding.severity !== 'info')) return 'warning'
  if (row.verdict === 'ok') return row.expected.source === 'any' ? 'quiet' : 'ok'
  return row.verdict === 'idle' ? 'quiet' : 'apart'
}

/** A row that -q shows and the table shows first: a fault or a warning. */
export function isProblem(row: VipReport): boolean {
  const mark = markOf(row)
  return mark === 'fault' || mark === 'warning'
}

export function markOfSeverity(severity: Severity, fault: boolean): Mark {
  if (severity === 'info') return 'quiet'
  return severity === 'error' && fault ? 'fault' : 'warning'
}

/** How the addresses fared, each counted once however many interfaces it was asked for on. */
export interface Tally {
  readonly total: number
  readonly ok: number
  readonly warned: number
  readonly faulty: readonly VipReport[]
  /** Nobody should answer, and nobody does. */
  readonly idle: number
  readonly apart: number
}

export function tally(report: Report): Tally {
  const byVip = new Map<string, VipReport[]>()
  for (const row of report.vips) byVip.set(row.vip, [...(byVip.get(row.vip) ?? []), row])
  const groups = [...byVip.values()]
  const faulty = groups.flatMap((rows) => rows.find((row) => row.faultVerdict) ?? [])
  const sound = groups.filter((rows) => !rows.some((row) => row.faultVerdict))
  const isOk = (rows: VipReport[]): boolean => rows.some((row) => row.verdict === 'ok')
  const ok = sound.filter(isOk)
  const warned = ok.filter((rows) => rows.some(isProblem)).length
  const rest = sound.filter((rows) => !isOk(rows))
  const idle = rest.filter((rows) => rows.every((row) => row.verdict === 'idle')).length
  return { total: groups.length, ok: ok.length, warned, faulty, idle, apart: rest.length - idle }
}
