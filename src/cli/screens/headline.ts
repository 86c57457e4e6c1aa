import type { Report, VipReport } from '../../core/report.ts'
import type { VerdictName } from '../../core/verdict.ts'
import { pad } from './layout.ts'
import { isProblem, tally, type Tally } from './marks.ts'
import { glyph, show, type Mark, type Style } from './style.ts'
import { elapsed } from './units.ts'
import stringWidth from '../width.ts'

/** The verdict line: one sentence over the whole run, and how long it took. */
export function headline(report: Report, style: Style): string {
  const { mark, text } = sentence(tally(report), report)
  const left = `  ${glyph(mark, style)}  ${show(report.interrupted ? `interrupted · ${text}` : text, style)}`
  return `${left}  ${pad(elapsed(report.durationMs), style.width - 4 - stringWidth(left), 'right')}`
}

function sentence(sum: Tally, { vips: rows, interrupted }: Report): { mark: Mark; text: string } {
  if (interrupted && sum.faulty.length === 0) return { mark: 'apart', text: untilThen(sum, rows) }
  if (sum.faulty.length > 0) return { mark: 'fault', text: faultSentence(sum, rows) }
  if (sum.ok === 0) return { mark: 'warning', text: unjudged(sum, rows) }
  const answer = `${subject(sum.ok, sum, rows)} ${manner(sum.ok, rows)}`
  const rest = [
    ...(sum.warned > 0 ? [`${sum.warned} with a warning`] : []),
    ...(sum.apart > 0 ? [`${sum.apart} not judged`] : []),
  ]
  const mark = rows.some(isProblem) ? 'warning' : rest.length > 0 ? 'apart' : 'ok'
  return { mark, text: [answer, ...rest].join(', ') }
}

/** What had not answered when the run was ended is not in the report: how many of all is not known. */
function untilThen({ ok }: Tally, rows: readonly VipReport[]): string {
  if (ok === 0) return 'nothing was judged until then'
  return ok === 1 ? '1 address answered until then' : `${ok} ${nounOf(rows)} answered until then`
}

function unjudged(sum: Tally, rows: readonly VipReport[]): string {
  return sum.total === 1
    ? `${rows[0]!.vip} could not be judged`
    : `None of ${sum.total} ${nounOf(rows)} could be judged`
}

/** `3 of 5 addresses`; the address itself where it is the only one. */
function subject(count: number, sum: Tally, rows: readonly VipReport[]): string {
  return sum.total === 1 ? rows[0]!.vip : `${count} of ${sum.total} ${nounOf(rows)}`
}

function nounOf(rows: readonly VipReport[]): string {
  return rows.some((row) => row.services.length > 0) ? 'VIPs' : 'addresses'
}

function manner(count: number, rows: readonly VipReport[]): string {
  const sources = new Set(rows.filter((row) => row.verdict === 'ok').map((row) => row.expected.source))
  if (sources.has('any')) return count === 1 ? 'answers' : 'answer'
  return `${count === 1 ? 'is' : 'are'} answered as expected`
}

const FAULTS: Partial<Record<VerdictName, string>> = {
  silent: 'not answered',
  duplicate: 'answered by more than one MAC',
  mismatch: 'answered by another MAC than the one given',
  foreign: 'answered by a machine that cannot own it',
  unexpected: 'answered, though nobody should answer',
}

function faultSentence(sum: Tally, rows: readonly VipReport[]): string {
  const counts = new Map<VerdictName, number>()
  for (const { verdict } of sum.faulty) counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  const who = subject(sum.faulty.length, sum, rows)
  const [only] = counts.keys()
  if (counts.size === 1) return `${who} ${sum.faulty.length === 1 ? 'is' : 'are'} ${FAULTS[only!] ?? only!}`
  const kinds = Array.from(counts, ([verdict, count]) => `${count} ${verdict}`)
  return `${who} have a fault: ${kinds.join(', ')}`
}
