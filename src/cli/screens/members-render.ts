import type { MembersReport } from '../../core/members-report.ts'
import { printableJson } from '../../core/text.ts'
import { groupByUsable, viewsOf } from '../../core/views.ts'
import type { Members } from '../../members.ts'
import { details } from './details.ts'
import { hanging } from './layout.ts'
import { membersScreen } from './members.ts'
import type { RenderOptions } from './render.ts'
import { blank, show, type Style } from './style.ts'
import { votesTable } from './votes.ts'

/** What the speakers believe, as text for stdout; only YAML has to wait, for its library. */
export async function renderMembers(
  members: Members,
  { output, quiet, verbose }: RenderOptions,
  style: Style,
): Promise<string> {
  const { report } = members
  if (quiet >= 2) return ''
  if (output === 'json') return `${printableJson(JSON.stringify(report, null, 2))}\n`
  if (output === 'yaml') return (await import('./yaml.ts')).yaml(report)
  const lines = output === 'name' ? names(report, quiet) : screen(members, { output, quiet, verbose }, style)
  return lines.map((line) => `${line}\n`).join('')
}

/** One speaker a line: all that were asked, or with -q those that could not be read. */
function names({ speakers }: MembersReport, quiet: number): string[] {
  return speakers.flatMap(({ name, error }) => (quiet > 0 && error === null ? [] : [name]))
}

function screen(members: Members, { output, quiet, verbose }: RenderOptions, style: Style): string[] {
  if (quiet > 0 && !isProblem(members)) return []
  const { readings, found, report } = members
  const wide = output === 'wide'
  const { durationMs, memberlist, findings } = report
  return [
    ...membersScreen({ readings, findings: found, memberlist, durationMs, wide }, style),
    ...(wide ? votesTable(report, style) : []),
    ...packets(report, style),
    ...details({ findings, vips: [] }, { remarks: wide || verbose > 0, each: wide }, style),
    '',
    ...footer(report, style),
  ]
}

function isProblem({ readings, found }: Members): boolean {
  const views = viewsOf(readings)
  return views.length < readings.length || groupByUsable(views).length > 1 || found.length > 0
}

/** What --udp found: a sentence where all got through, else a line for each that did not. */
function packets({ packets: all }: MembersReport, style: Style): string[] {
  if (all.length === 0) return []
  const lost = all.filter(({ result }) => result !== 'ack')
  const texts =
    lost.length === 0
      ? [`udp: all ${all.length} questions were answered`]
      : lost.map(({ asked, target, result }) =>
          target === null ? `udp: ${asked} itself: ${result}` : `udp: ${asked} to ${target}: ${result}`,
        )
  return ['', ...texts.flatMap((text) => hanging(`  ${blank(style)}  `, show(text, style), style.width - 2))]
}

function footer({ metallb: { version, namespace } }: MembersReport, style: Style): string[] {
  const release = version === null ? 'MetalLB' : `MetalLB ${version.replaceAll('v', '')}`
  const text = namespace === null ? release : `${release} in ${namespace}`
  return hanging(`  ${blank(style)}  `, show(text, style), style.width - 2)
}
