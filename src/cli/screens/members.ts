import type { MembershipFinding } from '../../core/membership.ts'
import {
  groupByUsable,
  groupViews,
  isUsable,
  viewsOf,
  type SpeakerReading,
  type ViewGroup,
} from '../../core/views.ts'
import stringWidth from '../width.ts'
import { pad } from './layout.ts'
import { membersTable } from './members-table.ts'
import { notes, unread } from './members-unread.ts'
import { glyph, show, type Mark, type Style } from './style.ts'
import { elapsed, plural } from './units.ts'

/** What `arpcheck members` has to show. */
export interface MembersShown {
  /** One for each speaker that was asked. */
  readonly readings: readonly SpeakerReading[]
  readonly findings: readonly MembershipFinding[]
  readonly memberlist: 'on' | 'off' | 'unknown'
  readonly durationMs: number
  /** A column for each speaker, every row, names in full. */
  readonly wide: boolean
}

/** Every speaker's own member view, side by side: one sentence, one table, and who could not be read. */
export function membersScreen(shown: MembersShown, style: Style): string[] {
  const { readings } = shown
  return [
    '',
    headline(shown, style),
    '',
    ...membersTable(readings, shown.wide, style),
    ...unread(readings, style),
    ...notes(readings, style),
  ]
}

function headline(shown: MembersShown, style: Style): string {
  const { readings, findings, memberlist, durationMs } = shown
  const { mark, text } = noViews(readings, memberlist) ?? sentence(readings, findings)
  const left = `  ${glyph(mark, style)}  ${show(text, style)}`
  return `${left}  ${pad(elapsed(durationMs), style.width - 4 - stringWidth(left), 'right')}`
}

/** Why there is nothing to lay side by side. */
function noViews(
  readings: readonly SpeakerReading[],
  memberlist: MembersShown['memberlist'],
): { mark: Mark; text: string } | null {
  if (readings.length > 0) return null
  if (memberlist === 'off')
    return { mark: 'quiet', text: 'memberlist is off: every node with a speaker counts' }
  return { mark: 'warning', text: 'No speaker is known that could be asked' }
}

function sentence(
  readings: readonly SpeakerReading[],
  findings: readonly MembershipFinding[],
): { mark: Mark; text: string } {
  const views = viewsOf(readings)
  const missing = readings.length - views.length
  const tail = missing > 0 && views.length > 0 ? `; ${missing} could not be read` : ''
  if (views.length === 0)
    return { mark: 'warning', text: `None of ${plural(readings.length, 'speaker')} could be read` }
  const groups = groupByUsable(views)
  if (groups.length > 1) {
    const settling = findings.some(({ code, severity }) => code === 'ARP601' && severity === 'info')
    const text = `${plural(views.length, 'speaker')} count different members`
    return settling
      ? { mark: 'warning', text: `${text}; that may still settle${tail}` }
      : { mark: 'fault', text: `${text}, in ${groups.length} groups${tail}` }
  }
  const subject = `${views.length} of ${plural(readings.length, 'speaker')}`
  const verb = views.length === 1 ? 'counts' : 'count the same'
  const text = `${subject} ${verb} ${plural(groupSize(groups[0]!), 'member')}${tail}`
  return { mark: missing > 0 || groupViews(views).length > 1 ? 'warning' : 'ok', text }
}

function groupSize({ members }: ViewGroup): number {
  return members.filter(isUsable).length
}
