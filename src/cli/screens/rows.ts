import { isLocalMac } from '../../core/mac.ts'
import type { AnswerReport, VipReport } from '../../core/report.ts'
import { answerText, isByNode, ownerText } from './cells.ts'
import { rtt } from './units.ts'

/** A column: its title, and its cell in each line that a row takes (one an answer, an owner or a Service). */
export interface Column {
  readonly title: string
  readonly right?: true
  /** Columns that the calm table gives it at most. */
  readonly max?: number
  /** What it shrinks to where the table would be too wide. */
  readonly min?: number
  /** In the colour of the row's glyph. */
  readonly painted?: true
  readonly cell: (row: VipReport, line: number) => string
}

const vip: Column = { title: 'VIP', cell: first((row) => row.vip) }
const service: Column = { title: 'SERVICE', max: 22, min: 12, cell: (row, line) => row.services[line] ?? '' }
const network: Column = { title: 'INTERFACE', cell: first((row) => row.interface ?? '-') }
const owner: Column = { title: 'OWNER', max: 17, min: 8, cell: ownerText }
const expected: Column = { title: 'EXPECTED', cell: ownerText }
const answeredBy: Column = { title: 'ANSWERED BY', max: 24, min: 17, cell: answerText }
const mac: Column = {
  title: 'ANSWERED BY',
  cell: (row, line) => row.answered[line]?.mac ?? answerText(row, line),
}
const vendor: Column = { title: 'VENDOR', cell: answer((found) => found.vendor ?? '') }
/** A MAC that no vendor owns has none in the calm table. */
const maker: Column = { title: 'VENDOR', max: 12, min: 10, cell: answer(makerOf) }
const time: Column = {
  title: 'RTT',
  right: true,
  cell: (row, line) => (line > 0 && !row.answered[line] ? '' : rtt(row.answered[line]?.rttMs ?? null)),
}
const verdict: Column = { title: 'VERDICT', painted: true, cell: first((row) => row.verdict) }
const reason: Column = { title: 'REASON', cell: first((row) => row.reason ?? '') }
const pool: Column = { title: 'POOL', cell: first((row) => row.pool ?? '') }
const policy: Column = { title: 'POLICY', cell: first((row) => row.policies.join(', ')) }
const node: Column = { title: 'NODE', cell: answer((found) => found.node ?? '') }
const relation: Column = { title: 'IS', cell: answer((found) => found.relation) }
const replies: Column = { title: 'REPLIES', right: true, cell: answer((found) => String(found.replies)) }
const elected: Column = { title: 'ELECTED', cell: (row, line) => row.truths.elected[line] ?? '' }
const recorded: Column = { title: 'RECORDED', cell: (row, line) => row.truths.recorded[line] ?? '' }
const candidates: Column = { title: 'CANDIDATES', cell: first((row) => bestOf(row.expected.candidates)) }

/** What a column needs to be shown at all. */
const has: Readonly<Record<string, (row: VipReport) => boolean>> = {
  [service.title]: (row) => row.services.length > 0,
  [owner.title]: isByNode,
  [expected.title]: (row) => !isByNode(row),
  [vendor.title]: (row) => row.answered.some((found) => found.vendor !== null),
  [reason.title]: (row) => row.reason !== null,
  [pool.title]: (row) => row.pool !== null,
  [policy.title]: (row) => row.policies.length > 0,
  [node.title]: (row) => row.answered.some((found) => found.node !== null),
  [elected.title]: (row) => row.truths.elected.length > 0,
  [recorded.title]: (row) => row.truths.recorded.length > 0,
  [candidates.title]: (row) => row.expected.candidates.length > 0,
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
    ...(several || !rows.some((row) => row.answered.some(makerOf)) ? [] : [maker]),
    time,
  ]
}

/** Every column that the report holds something for, each as wide as it is. */
export function wideColumns(rows: readonly VipReport[]): readonly Column[] {
  const filled = filledIn(rows)
  const who = filled(owner) ? owner : expected
  const row = [vip, network, service, pool, policy, verdict, reason, who, mac, node, relation, replies, time]
  return [...row, vendor, elected, recorded, candidates].filter(filled).map(asWideAsItIs)
}

function asWideAsItIs({ title, cell, right, painted }: Column): Column {
  return { title, cell, ...(right && { right }), ...(painted && { painted }) }
}

/** How many lines a row takes. */
export function linesOf(row: VipReport): number {
  const { answered, expected: owners, services, truths } = row
  const unsure = owners.nodes.length === 0 ? truths.elected.length : 0
  return Math.max(1, answered.length, owners.macs.length, owners.nodes.length, services.length, unsure)
}

/** So many of the best are named. */
const NAMED = 3

function bestOf(all: VipReport['expected']['candidates']): string {
  const names = all.slice(0, NAMED).map((candidate) => candidate.node)
  return all.length > NAMED ? `${names.join(' ')} +${all.length - NAMED}` : names.join(' ')
}

function filledIn(rows: readonly VipReport[]): (column: Column) => boolean {
  return (column) => {
    const filled = has[column.title]
    return !filled || rows.some(filled)
  }
}

function makerOf(found: AnswerReport): string {
  return isLocalMac(found.mac) ? '' : (found.vendor ?? '')
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
