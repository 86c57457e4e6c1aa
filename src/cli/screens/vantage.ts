import type { Report } from '../../core/report.ts'
import { hanging } from './layout.ts'
import { isProblem, markOf } from './marks.ts'
import { blank, show, type Style } from './style.ts'
import { plural } from './units.ts'

/** The last lines: where it was asked from, what that took, and how to learn more. */
export function vantage(report: Report, { remarks }: { remarks: boolean }, style: Style): string[] {
  const lead = `  ${blank(style)}  `
  const places = report.vantage.map(
    ({ node, interface: name, ip, mac }) => `from ${node} ${name} ${ip ?? mac}`,
  )
  const lines = [
    ...places.slice(0, -1),
    [...places.slice(-1), ...counts(report)].join(' · '),
    ...(remarks ? [...canaries(report), ...setAside(report)] : []),
    ...hints(report, remarks),
  ]
  return lines.flatMap((line) => hanging(lead, show(line, style), style.width - 2))
}

function counts({ frames, vantage: asked }: Report): string[] {
  if (asked.length === 0) return ['nothing was sent']
  const dropped = (frames.kernelDrops ?? 0) + (frames.ringDrops ?? 0)
  const lost = dropped > 0 ? [`${plural(dropped, 'frame')} dropped`] : []
  return [frames.sent === 0 ? 'nothing was sent' : `${plural(frames.sent, 'frame')} sent`, ...lost]
}

function canaries(report: Report): string[] {
  return report.canaries.map(({ ip, interface: name, kind, answered }) => {
    const meaning = kind === 'must-answer' ? 'must answer' : 'must be free'
    return `${ip} ${meaning}: ${answered ? 'answered' : 'silent'} on ${name}`
  })
}

function setAside({ frames }: Report): string[] {
  const reasons = Object.entries(frames.ignored).map(([reason, count]) => `${count} ${reason}`)
  return reasons.length > 0 ? [`set aside: ${reasons.join(', ')}`] : []
}

function hints({ vips }: Report, remarks: boolean): string[] {
  const open = vips.some((row) => row.expected.source === 'any' && row.verdict === 'ok')
  const apart = vips.some((row) => markOf(row) === 'apart')
  return [
    ...(open && !vips.some(isProblem) ? ['Add =MAC to an address to have its owner checked.'] : []),
    ...(apart && !remarks ? ['Add -v to see why an address was not judged.'] : []),
  ]
}
