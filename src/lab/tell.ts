import type { RunTold, Told } from './protocol.ts'
import type { Story } from './shape.ts'

const INDENT = '  '

/** The head of a story: its name and what it tells. */
export function tellTitle({ name, tells }: Story): string {
  return `\n${name}\n${INDENT}${tells}\n`
}

/** One event as a person reads it; empty for what nobody needs to read. */
export function tellEvent(told: Told): string {
  switch (told.told) {
    case 'note':
      return `\n${INDENT}${told.text}\n`
    case 'fault':
      return `\n${INDENT}! ${told.text}\n`
    case 'run': {
      const where = told.on === 'client' ? '' : `${told.on} `
      const checks = told.checks.map(({ ok, text }) => `${INDENT}${ok ? '✓' : '✗'} ${text}\n`)
      return `\n${INDENT}${where}$ ${told.command}\n\n${indented(told.shown ?? inBrief(told))}\n${checks.join('')}`
    }
    default:
      return ''
  }
}

export function tellEnd(passed: boolean, seconds: number, keptIn: string | null): string {
  const time = `${seconds.toFixed(1)} s`
  const kept = keptIn ? `\n${INDENT}kept in ${keptIn}` : ''
  return `\n${INDENT}${passed ? '✓ as told' : '✗ not as told'}, ${time}${kept}\n`
}

/** The end of several stories. */
export function tellSum(results: readonly { readonly passed: boolean; readonly seconds: number }[]): string {
  const told = results.filter(({ passed }) => passed).length
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0)
  const mark = told === results.length ? '✓' : '✗'
  return `\n${mark} ${told} of ${results.length} stories as told, ${seconds.toFixed(1)} s\n`
}

/** What arpcheck printed, as it is, moved to the right. */
function indented(text: string): string {
  const lines = text.replace(/^\n+|\s+$/g, '').split('\n')
  return lines.map((line) => (line ? `${INDENT}${INDENT}${line}` : '')).join('\n') + '\n'
}

/** For a run that was asked for JSON alone, because what happened meanwhile cannot happen twice. */
function inBrief({ report, stderr }: RunTold): string {
  const rows = report?.kind === 'Report' ? report.vips : []
  const vips = rows.map(({ vip, verdict, reason, answered }) => {
    const who = answered.map(({ mac, replies }) => `${mac} (${replies})`).join(', ') || 'nobody'
    return `${vip}  ${reason ? `${verdict}: ${reason}` : verdict}  answered by ${who}`
  })
  const findings = [...rows, ...(report ? [report] : [])].flatMap((part) => part.findings)
  return [stderr, ...vips, ...findings.map(({ code, message }) => `${code}  ${message}`)].join('\n')
}
