import type { AnswerReport, VipReport } from '../../core/report.ts'
import type { UnknownReason, VerdictName } from '../../core/verdict.ts'
import { rtt } from './units.ts'

/** A column: its title, and its cell in each line that a row takes (one an answer, or one a given MAC). */
export interface Column {
  readonly title: string
  readonly right?: true
  /** Columns that the calm table gives it at most. */
  readonly max?: number
  /** In the colour of the row's glyph. */
  readonly painted?: true
  readonly cell: (row: VipReport, line: number) => string
}

/** What stands where nobody answered. */
const NOBODY: Partial<Record<VerdictName, string>> = {
  silent: 'nobody',
  idle: 'nobody',
  settling: 'nobody yet',
  self: 'this host',
}

const NOT_JUDGED: Record<UnknownReason, string> = {
  'deaf-vantage': 'nothing was heard',
  'frames-lost': 'perhaps lost',
  'vantage-off-segment': 'another segment',
  'no-expectation': 'no expectation',
  'stale-expectation': 'expectation is old',
  'mixed-versions': 'mixed versions',
  'answerer-unattributed': 'unknown machine',
  'maybe-self': 'perhaps this host',
  'ndp-not-probed': 'IPv6: not asked',
}

const vip: Column = { title: 'VIP', cell: first((row) => row.vip) }
const service: Column = { title: 'SERVICE', max: 22, cell: (row, line) => row.services[line] ?? '' }
const network: Column = { title: 'INTERFACE', cell: first((row) => row.interface ?? '-') }
const owner: Column = { title: 'OWNER', max: 16, cell: (row, line) => row.expected.nodes[line] ?? '' }
const expected: Column = { title: 'EXPECTED', cell: expectedCell }
const answeredBy: Column = { title: 'ANSWERED BY', cell: answerCell }
const vendor: Column = { title: 'VENDOR', max: 10, cell: answer((found) => found.vendor ?? '') }
const time: Column = {
  title: 'RTT',
  right: true,
  cell: (row, line) => (line > 0 && !row.answered[line] ? '' : rtt(row.answered[line]?.rttMs ?? null)),
}
const verdict: Column = { title: 'VERDICT', painted: true, cell: first((row) => row.verdict) }
const reason: Column = { title: 'REASON', cell: first((row) => row.reason ?? '') }
const pool: Column = { title: 'POOL', cell: first((row) => row.pool ?? '') }
const node: Column = { title: 'NODE', cell: answer((found) => found.node ?? '') }
const relation: Column = { title: 'IS', cell: answer((found) => found.relation) }
const replies: Column = { title: 'REPLIES', right: true, cell: answer((found) => String(found.replies)) }

const has = {
  [service.title]: (row: VipReport) => row.services.length > 0,
  [owner.title]: (row: VipReport) => row.expected.nodes.length > 0,
  [vendor.title]: (row: VipReport) => row.answered.some((found) => found.vendor !== null),
  [reason.title]: (row: VipReport) => row.reason !== null,
  [pool.title]: (row: VipReport) => row.pool !== null,
  [node.title]: (row: VipReport) => row.answered.some((found) => found.node !== null),
}

/** The columns of the table: what the report holds nothing for is left out. */
export function tableColumns(rows: readonly VipReport[]): readonly Column[] {
  const filled = filledIn(rows)
  const several = new Set(rows.flatMap((row) => row.interface ?? [])).size > 1
  return [
    vip,
    ...(several ? [network] : []),
    ...[service].filter(filled),
    filled(owner) ? owner : expected,
    answeredBy,
    ...(several ? [] : [vendor]).filter(filled),
    time,
  ]
}

/** Every column that the report holds something for. */
export function wideColumns(rows: readonly VipReport[]): readonly Column[] {
  const all = [vip, network, service, pool, verdict, reason, owner, expected, answeredBy, node, relation]
  return [...all, replies, time, vendor].filter(filledIn(rows))
}

/** How many lines a row takes. */
export function linesOf(row: VipReport): number {
  return Math.max(
    1,
    row.answered.length,
    row.expected.macs.length,
    row.expected.nodes.length,
    row.services.length,
  )
}

function filledIn(rows: readonly VipReport[]): (column: Column) => boolean {
  return (column) => {
    const filled = has[column.title]
    return !filled || rows.some(filled)
  }
}

function expectedCell(row: VipReport, line: number): string {
  if (row.expected.source === 'any') return line === 0 ? 'not given' : ''
  return row.expected.macs[line] ?? (line === 0 ? '-' : '')
}

function answerCell(row: VipReport, line: number): string {
  const found = row.answered[line]
  if (found) return found.mac
  if (line > 0) return ''
  return row.reason ? NOT_JUDGED[row.reason] : (NOBODY[row.verdict] ?? 'nobody')
}

function first(read: (row: VipReport) => string): Column['cell'] {
  return (row, line) => (line === 0 ? read(row) : '')
}

function answer(read: (found: AnswerReport) => string): Column['cell'] {
  return (row, line) => {
    const found = row.answered[line]
    return found ? read(found) : ''
  }
}
