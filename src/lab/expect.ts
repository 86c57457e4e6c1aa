import type { Report, VipReport } from '../core/report.ts'
import type { Ip } from '../core/ip.ts'
import type { MembersReport } from '../core/members-report.ts'
import { isUsable } from '../core/views.ts'
import { macsOf as hostMacs, type LabHost } from './hosts.ts'
import type { Expectation, VipExpectation } from './shape.ts'

/** One expectation and whether it held; the text says what was seen where it did not. */
export interface Checked {
  readonly ok: boolean
  readonly text: string
}

export interface Seen {
  readonly exit: number | null
  /** Null when arpcheck printed no report. */
  readonly report: Report | MembersReport | null
  readonly stderr: string
}

/** Holds what arpcheck reported against what the story expects, one line each. */
export function checkRun(expected: Expectation, seen: Seen, hosts: readonly LabHost[]): Checked[] {
  const { report } = seen
  const told = [
    same('exit code', String(expected.exit), String(seen.exit)),
    ...expected.says.map((words) => said(words, seen.stderr)),
  ]
  if (!report)
    return [...told, ...(promisesReport(expected) ? [{ ok: false, text: 'no report was printed' }] : [])]
  const findings = expected.findings ? [sameSet('findings of the run', expected.findings, codes(report))] : []
  const shared = [
    ...told,
    ...Object.entries(expected.views ?? {}).map(([by, view]) => checkView(by, view, report)),
  ]
  if (report.kind === 'Members') return [...shared, ...findings]
  return [
    ...shared,
    ...Object.entries(expected.vips).flatMap(([vip, of]) => checkVip(vip as Ip, of, report, hosts)),
    ...(expected.total === undefined
      ? []
      : [same('addresses', String(expected.total), String(report.vips.length))]),
    ...(expected.outOfScope
      ? [sameSet('out of scope', scopeText(expected.outOfScope), outOfScope(report))]
      : []),
    ...Object.entries(expected.canaries).map(([ip, state]) =>
      same(`canary ${ip}`, state, canary(ip, report)),
    ),
    ...Object.entries(expected.ignored ?? {}).map(([reason, count]) =>
      same(`ignored as ${reason}`, String(count), String(report.frames.ignored[reason] ?? 0)),
    ),
    ...findings,
  ]
}

function said(words: string, stderr: string): Checked {
  if (stderr.includes(words)) return { ok: true, text: `says: ${words}` }
  return { ok: false, text: `does not say: ${words}` }
}

function explained(words: string, { vip, findings }: VipReport): Checked {
  const lines = findings.flatMap(({ message, why, next }) => [message, ...why, ...next])
  if (lines.some((line) => line.includes(words))) return { ok: true, text: `${vip} because: ${words}` }
  return { ok: false, text: `${vip} because: expected "${words}", saw "${lines.join('; ')}"` }
}

function promisesReport({ vips, canaries, findings, ignored, views }: Expectation): boolean {
  return (
    Object.keys(vips).length + Object.keys(canaries).length > 0 ||
    (findings ?? ignored ?? views) !== undefined
  )
}

function checkVip(vip: Ip, expected: VipExpectation, report: Report, hosts: readonly LabHost[]): Checked[] {
  const told = report.vips.filter((entry) => entry.vip === vip)
  const [entry] = told
  if (expected.verdict === 'absent') return [same(vip, 'absent', entry?.verdict ?? 'absent')]
  if (!entry || told.length > 1) return [{ ok: false, text: `${vip} is in the report ${told.length} times` }]
  const { verdict, reason, answered, elected, recorded, claimed, findings, why, source } = expected
  const names = (macs: readonly string[]) => macs.map((mac) => nameOf(mac, hosts))
  return [
    same(vip, verdictText(verdict, reason), verdictText(entry.verdict, reason && entry.reason)),
    ...(answered ? [sameSet(`${vip} answered by`, names(answered), names(macsOf(entry)))] : []),
    ...(elected ? [sameSet(`${vip} elected`, elected, entry.truths.elected)] : []),
    ...(recorded ? [sameSet(`${vip} recorded`, recorded, entry.truths.recorded)] : []),
    ...(claimed ? [sameSet(`${vip} claimed`, claimed, entry.truths.claimed)] : []),
    ...(findings ? [sameSet(`${vip} findings`, findings, codes(entry))] : []),
    ...why.map((words) => explained(words, entry)),
    ...(source ? [same(`${vip} known by`, source, entry.expected.source)] : []),
  ]
}

function verdictText(verdict: string, reason: string | null | undefined): string {
  return reason ? `${verdict}: ${reason}` : verdict
}

function macsOf(entry: VipReport): string[] {
  return entry.answered.map(({ mac }) => mac)
}

function nameOf(macOrName: string, hosts: readonly LabHost[]): string {
  return hosts.find((host) => hostMacs(host).some((mac) => mac === macOrName))?.name ?? macOrName
}

/** What a speaker said of its members, in the report of either command. */
function checkView(
  by: string,
  expected: string | readonly string[],
  report: Report | MembersReport,
): Checked {
  const views =
    report.kind === 'Members'
      ? report.speakers.map(({ name, ...view }) => ({ speaker: name, ...view }))
      : (report.metallb?.views ?? [])
  const view = views.find(({ speaker }) => speaker === by)
  const counted = view?.members.flatMap(({ name, state }) => (isUsable({ state }) ? [name] : []))
  const text = typeof expected === 'string' ? expected : setText(expected)
  return same(`${by} counts`, text, view ? (view.error ?? setText(counted!)) : 'not asked')
}

function scopeText(expected: NonNullable<Expectation['outOfScope']>): string[] {
  return Object.entries(expected).map(([ip, service]) => `${ip} ${service}`)
}

function outOfScope(report: Report): string[] {
  return report.outOfScope.map(({ ip, service }) => `${ip} ${service}`)
}

function canary(ip: string, report: Report): string {
  const told = report.canaries.find((entry) => entry.ip === ip)
  if (!told) return 'not asked'
  return told.answered ? 'answered' : 'silent'
}

function codes({ findings }: Pick<Report, 'findings'>): string[] {
  return findings.map(({ code }) => code)
}

function sameSet(what: string, expected: readonly string[], seen: readonly string[]): Checked {
  return same(what, setText(expected), setText(seen))
}

function setText(words: readonly string[]): string {
  return [...new Set(words)].sort().join(', ') || 'none'
}

function same(what: string, expected: string, seen: string): Checked {
  if (expected === seen) return { ok: true, text: `${what}: ${expected}` }
  return { ok: false, text: `${what}: expected ${expected}, saw ${seen}` }
}
