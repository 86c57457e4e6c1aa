import { FINDINGS, type FindingCode } from '../core/findings.ts'
import { ADVICE } from './advice/advice.ts'

const INTRO = `# Findings

Each code explains a verdict, and stays what it is: codes are never reused. \`arpcheck explain CODE\` prints what stands here.
Codes from ARP901 on are about the place that we ask from, not about the VIP: they lead to exit code 3, never to 1.

Causes are in the order of how often MetalLB's users report them, with the issues where they did. Commands are written for
MetalLB's manifests: namespace \`metallb-system\`, DaemonSet \`speaker\` (Helm: \`metallb-speaker\`). Words in capitals are yours to fill
in; FREE is an address that nobody has. arpcheck prints commands and never runs them.
`

export const FINDING_CODES = Object.keys(FINDINGS) as FindingCode[]

/** docs/findings.md, an index and a section for each code; a test compares the two. */
export function findingsPage(): string {
  return [INTRO, index(), '', ...FINDING_CODES.map(section)].join('\n')
}

function index(): string {
  const rows = FINDING_CODES.map((code) => {
    const { name, severity, meaning } = FINDINGS[code]
    return [`[${code}](${anchorOf(code)})`, name, severity, firstSentence(meaning)]
  })
  const titles = ['code', 'name', 'severity', 'says']
  return [titles, titles.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function firstSentence(text: string): string {
  return /^.*?[^.]\.(?= |$)/.exec(text)?.[0] ?? text
}

function section(code: FindingCode): string {
  const [{ severity, name, meaning }, advice] = [FINDINGS[code], ADVICE[code]]
  const unlike = (advice.unlike ?? []).map(
    ([other, text]) => `- [${other}](${anchorOf(other)}): ${linked(text)}`,
  )
  return [
    `## ${code} ${name}`,
    `*${severity}*: ${meaning}`,
    `**What was seen.** ${linked(advice.seen)}`,
    '**Likely causes**, the most common first',
    advice.causes.map((text, i) => `${i + 1}. ${linked(text)}`).join('\n'),
    '**How to confirm**',
    advice.confirm.map(stepOf).join('\n'),
    '**How to mend**, least disruptive first',
    advice.mend.map(stepOf).join('\n'),
    ...(unlike.length > 0 ? ['**Not to be confused with**', unlike.join('\n')] : []),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

function anchorOf(code: FindingCode): string {
  return `#${code.toLowerCase()}-${FINDINGS[code].name}`
}

function stepOf(step: string): string {
  const [text = '', command] = step.split(/ {2}/)
  return `- ${linked(text)}${command === undefined ? '' : ` \`${command}\``}`
}

/** `metallb #123, #456` and `owner/name#789` as links. */
function linked(text: string): string {
  return text
    .replace(/([\w-]+\/[\w.-]+)#(\d+)/g, '[$&](https://github.com/$1/issues/$2)')
    .replace(/metallb #\d+(?:, #\d+)*/g, (list) =>
      list.replace(/(?:metallb )?#(\d+)/g, '[$&](https://github.com/metallb/metallb/issues/$1)'),
    )
}
