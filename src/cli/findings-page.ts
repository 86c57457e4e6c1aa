import { FINDINGS, type FindingCode } from '../core/findings.ts'
import { ADVICE } from './advice.ts'

const INTRO = `# Findings

Each code explains a verdict, and stays what it is: codes are never reused. \`arpcheck explain CODE\` prints what stands here.
Codes from ARP901 on are about the place that we ask from, not about the VIP: they lead to exit code 3, never to 1.
`

export const FINDING_CODES = Object.keys(FINDINGS) as FindingCode[]

/** docs/findings.md, a section for each code; a test compares the two. */
export function findingsPage(): string {
  return [INTRO, ...FINDING_CODES.map(section)].join('\n')
}

function section(code: FindingCode): string {
  const [{ severity, name, meaning }, { behind, steps }] = [FINDINGS[code], ADVICE[code]]
  const list = steps.map((step) => `- ${step.replace(/ {2}(.+)$/, ' `$1`')}`)
  return [`## ${code} ${name}`, '', `*${severity}*: ${meaning}`, '', behind, '', ...list, ''].join('\n')
}
