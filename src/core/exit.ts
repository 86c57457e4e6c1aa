import type { Finding, Severity } from './findings.ts'
import type { MembersReport } from './members-report.ts'
import type { Report } from './report.ts'
import type { VerdictName } from './verdict.ts'

export interface ExitRules {
  readonly failOn: 'error' | 'warning' | 'never'
  readonly requireExpectation: boolean
}

/** 0 as expected · 1 a finding reached failOn · 3 could not test · 4 not judged · 130 interrupted. */
export type ExitCode = 0 | 1 | 3 | 4 | 130

const RANK: Record<Severity, number> = { info: 0, warning: 1, error: 2 }

/** Where several hold: 130 before 1 before 3 before 4 (2 is decided before anything runs). An error makes it 3 at once. */
export function exitCode(report: Report, { failOn, requireExpectation }: ExitRules): ExitCode {
  const findings = [...report.findings, ...report.vips.flatMap((vip) => vip.findings)]
  if (report.errors.length > 0) return 3
  if (report.interrupted) return 130
  if (reaches(findings, failOn)) return 1
  if (findings.some((finding) => isAboutUs(finding) && finding.severity === 'error') || isAllUntested(report))
    return 3
  return requireExpectation &&
    report.vips.some(({ expected }) => expected.source === 'any' || expected.source === 'none')
    ? 4
    : 0
}

/** The same rules for `arpcheck members`: a view of which there is none to read is nothing that could not be tested. */
export function membersExitCode(
  { memberlist, speakers, findings, interrupted }: MembersReport,
  failOn: ExitRules['failOn'],
): Exclude<ExitCode, 4> {
  if (interrupted) return 130
  if (reaches(findings, failOn)) return 1
  return memberlist === 'off' || speakers.some(({ error }) => error === null) ? 0 : 3
}

function reaches(findings: readonly Finding[], failOn: ExitRules['failOn']): boolean {
  return (
    failOn !== 'never' &&
    findings.some((finding) => !isAboutUs(finding) && RANK[finding.severity] >= RANK[failOn])
  )
}

/** ARP9xx findings are about the vantage, not about the VIP: they never make a 1. */
function isAboutUs({ code }: Finding): boolean {
  return code.startsWith('ARP9')
}

/** Nobody was meant to answer and nobody did: that is judged, too. */
function isAllUntested({ vips }: Report): boolean {
  return vips.length > 0 && vips.every(({ verdict }) => UNTESTED.has(verdict))
}

const UNTESTED: ReadonlySet<VerdictName> = new Set(['settling', 'self', 'unknown'])
