import type { Report, VipReport } from '../../core/report.ts'
import type { VerdictName } from '../../core/verdict.ts'
import stringWidth from '../width.ts'
import { isByNode } from './cells.ts'
import { pad } from './layout.ts'
import { isProblem, tally, type Tally } from './marks.ts'
import { glyph, show, type Mark, type Style } from './style.ts'
import { elapsed } from './units.ts'

/** What is left of 80 columns beside glyph, margins and time. */
const ROOM = 66

/** The verdict line: one sentence over the whole run, and how long it took. */
export function headline(report: Report, style: Style): string {
  const { mark, text } = sentence(tally(report), report)
  const left = `  ${glyph(mark, style)}  ${show(report.interrupted ? `interrupted · ${text}` : text, style)}`
  return `${left}  ${pad(elapsed(report.durationMs), style.width - 4 - stringWidth(left), 'right')}`
}

function sentence(sum: Tally, { vips: rows, interrupted }: Report): { mark: Mark; text: string } {
  if (interrupted && sum.faulty.length === 0) return { mark: 'apart', text: untilThen(sum, rows) }
  if (sum.total === 0) return { mark: 'quiet', text: 'No VIP: MetalLB has given no address to any Service' }
  if (sum.faulty.length > 0) return { mark: 'fault', text: faultSentence(sum, rows) }
  if (sum.ok === 0) return withoutAnswer(sum, rows)
  const rest = [
    ...(sum.warned > 0 ? [`${sum.warned} with a warning`] : []),
    ...(sum.idle > 0 ? [`${sum.idle} idle`] : []),
    ...(sum.apart > 0 ? [`${sum.apart} not judged`] : []),
  ]
  const mark = rows.some(isProblem) ? 'warning' : sum.apart > 0 ? 'apart' : 'ok'
  const [long, short] = manners(sum.ok, rows).map((manner) =>
    [`${subject(sum.ok, sum, rows)} ${manner}`, ...rest].join(', '),
  )
  return { mark, text: long!.length <= ROOM ? long! : short! }
}

/** What had not answered when the run was ended is not in the report: how many of all is not known. */
function untilThen({ ok }: Tally, rows: readonly VipReport[]): string {
  if (ok === 0) return 'nothing was judged until then'
  const noun = ok > 1 ? nounOf(rows) : nounOf(rows) === 'VIPs' ? 'VIP' : 'address'
  return `${ok} ${noun} answered until then`
}

function withoutAnswer(sum: Tally, rows: readonly VipReport[]): { mark: Mark; text: string } {
  if (sum.idle === sum.total) {
    const mark = rows.some(isProblem) ? 'warning' : 'quiet'
    return {
      mark,
      text: `${subject(sum.idle, sum, rows)} ${sum.idle === 1 ? 'is' : 'are'} announced by nobody`,
    }
  }
  if (sum.total === 1) return { mark: 'warning', text: `${rows[0]!.vip} could not be judged` }
  return { mark: 'warning', text: `None of ${sum.total} ${nounOf(rows)} could be judged` }
}

/** `3 of 5 addresses`; the address itself where it is the only one. */
function subject(count: number, sum: Tally, rows: readonly VipReport[]): string {
  return sum.total === 1 ? rows[0]!.vip : `${count} of ${sum.total} ${nounOf(rows)}`
}

function nounOf(rows: readonly VipReport[]): string {
  return rows.some((row) => row.services.length > 0) ? 'VIPs' : 'addresses'
}

/** By whom, as surely as it is known of all of them: at length, and in short. */
function manners(count: number, rows: readonly VipReport[]): readonly [long: string, short: string] {
  const sources = new Set(rows.filter((row) => row.verdict === 'ok').map((row) => row.expected.source))
  if (sources.has('any')) return count === 1 ? ['answers', 'answers'] : ['answer', 'answer']
  const answered = `${count === 1 ? 'is' : 'are'} answered`
  const expected = `${answered} as expected`
  if (sources.has('inferred'))
    return [`${answered} by the node most likely elected`, `${expected} (inferred)`]
  return [sources.has('static') ? expected : `${answered} by the node MetalLB elected`, expected]
}

const BY_MAC: Partial<Record<VerdictName, string>> = {
  silent: 'not answered',
  duplicate: 'answered by more than one MAC',
  mismatch: 'answered by another MAC than the one given',
  foreign: 'answered by a machine that cannot own it',
  unexpected: 'answered, though nobody should answer',
}

const BY_NODE: Partial<Record<VerdictName, string>> = {
  ...BY_MAC,
  duplicate: 'answered by more than one node',
  mismatch: 'answered by another node than expected',
  foreign: 'answered by a machine outside the cluster',
}

/** The right node all the same. */
function isWrongNic({ findings }: VipReport): boolean {
  return findings.some(({ code }) => code === 'ARP204')
}

function faultSentence(sum: Tally, rows: readonly VipReport[]): string {
  const counts = new Map<VerdictName, number>()
  for (const { verdict } of sum.faulty) counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
  const who = subject(sum.faulty.length, sum, rows)
  const [only] = counts.keys()
  const words = sum.faulty.every(isByNode) ? BY_NODE : BY_MAC
  const is = sum.faulty.length === 1 ? 'is' : 'are'
  if (sum.faulty.every(isWrongNic)) return `${who} ${is} answered from another interface than named`
  if (counts.size === 1) return `${who} ${is} ${words[only!] ?? only!}`
  const kinds = Array.from(counts, ([verdict, count]) => `${count} ${verdict}`)
  return `${who} have a fault: ${kinds.join(', ')}`
}
