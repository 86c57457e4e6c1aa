import type { Finding, Severity } from './findings.ts'
import type { Report } from './report.ts'

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
  if (
    failOn !== 'never' &&
    findings.some((finding) => !isAboutUs(finding) && RANK[finding.severity] >= RANK[failOn])
  )
    return 1
  if (findings.some((finding) => isAboutUs(finding) && finding.severity === 'error') || isAllUntested(report))
    return 3
  return requireExpectation &&
    report.vips.some(({ expected }) => expected.source === 'any' || expected.source === 'none')
    ? 4
    : 0
}

/** ARP9xx findings are about the vantage, not about the VIP: they never make a 1. */
function isAboutUs({ code }: Finding): boolean {
  return code.startsWith('ARP9')
}

function isAllUntested({ summary }: Report): boolean {
  return summary.total > 0 && summary.untested === summary.total
}
