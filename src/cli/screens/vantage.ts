import type { MetallbReport, Report } from '../../core/report.ts'
import stringWidth from '../width.ts'
import { hanging } from './layout.ts'
import { isProblem, markOf } from './marks.ts'
import { blank, show, type Style } from './style.ts'
import { plural } from './units.ts'

const JOINT = ' · '

/** The last lines: where it was asked from, of which cluster, what that took, and how to learn more. */
export function vantage(
  report: Report,
  { remarks, wide }: { remarks: boolean; wide: boolean },
  style: Style,
): string[] {
  const lead = `  ${blank(style)}  `
  const places = report.vantage.map(
    ({ node, interface: name, ip, mac }) => `from ${node} ${name} ${ip ?? mac}`,
  )
  const facts = [
    ...places.slice(-1),
    ...(report.metallb ? clusterFacts(report.metallb) : []),
    ...counts(report),
  ]
  const lines = [
    ...places.slice(0, -1),
    ...inLines(facts, style.width - 2 - lead.length),
    ...(wide ? [] : elsewhere(report)),
    ...(remarks ? [...canaries(report), ...setAside(report)] : []),
    ...hints(report, remarks),
  ]
  return lines.flatMap((line) => hanging(lead, show(line, style), style.width - 2))
}

/** As many facts on a line as fit it. */
function inLines(facts: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const fact of facts) {
    const longer = [...lines.slice(-1), fact].join(JOINT)
    if (lines.length > 0 && stringWidth(longer) <= width) lines[lines.length - 1] = longer
    else lines.push(fact)
  }
  return lines
}

function clusterFacts({ version, memberlist, views, speakers }: MetallbReport): string[] {
  const release = version === null ? 'MetalLB' : `MetalLB ${version.replaceAll('v', '')}`
  const ready = speakers.total > 0 ? [`${speakers.ready} of ${speakers.total} speakers ready`] : []
  return [release, ...ready, ...membersFact(memberlist, views)]
}

/** How it is known who the members are. */
function membersFact(memberlist: MetallbReport['memberlist'], views: MetallbReport['views']): string[] {
  if (memberlist === 'off') return ['memberlist off']
  if (memberlist === 'inferred') return ['members inferred']
  if (memberlist === 'unknown') return []
  const read = views.filter(({ error }) => error === null).length
  return [`members read from ${read} of ${plural(views.length, 'speaker')}`]
}

function counts({ frames, vantage: asked }: Report): string[] {
  if (asked.length === 0) return ['nothing was sent']
  const dropped = (frames.kernelDrops ?? 0) + (frames.ringDrops ?? 0)
  const lost = dropped > 0 ? [`${plural(dropped, 'frame')} dropped`] : []
  return [frames.sent === 0 ? 'nothing was sent' : `${plural(frames.sent, 'frame')} sent`, ...lost]
}

/** What is not asked for, though a Service has it. */
function elsewhere({ outOfScope, metallb }: Report): string[] {
  const waiting = metallb?.waiting.length ?? 0
  return [
    ...(outOfScope.length > 0
      ? [
          `${plural(outOfScope.length, 'address is', 'addresses are')} not MetalLB's: not asked (-o wide lists them)`,
        ]
      : []),
    ...(waiting > 0
      ? [`${plural(waiting, 'Service waits', 'Services wait')} for an address (-o wide names them)`]
      : []),
  ]
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

function hints(report: Report, remarks: boolean): string[] {
  const { vips } = report
  const open = vips.some(
    ({ expected, verdict, services }) =>
      expected.source === 'any' && verdict === 'ok' && services.length === 0,
  )
  const apart = vips.some((row) => markOf(row) === 'apart')
  return [
    ...(open && !vips.some(isProblem) ? ['Add =MAC to an address to have its owner checked.'] : []),
    ...(apart && !remarks ? ['Add -v to see why an address was not judged.'] : []),
    ...betterPlace(report),
  ]
}

/** Where not one VIP could be judged: a node that may not be its owner, and hears it. */
function betterPlace({ vips, vantage: asked }: Report): string[] {
  const isUntested = vips.every(
    ({ reason, verdict }) => verdict === 'self' || reason === 'vantage-off-segment',
  )
  if (vips.length === 0 || !isUntested) return []
  const here = new Set(asked.map(({ node }) => node))
  const owners = new Set(vips.flatMap(({ truths }) => truths.elected))
  const nodes = vips.flatMap(({ expected }) => expected.candidates.map(({ node }) => node))
  const better =
    nodes.find((node) => !here.has(node) && !owners.has(node)) ?? nodes.find((node) => !here.has(node))
  return better === undefined ? [] : [`It can be judged from ${better}: run arpcheck there.`]
}
