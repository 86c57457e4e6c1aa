import { groupViews, viewsOf, type Reading, type SpeakerReading, type ViewGroup } from '../../core/views.ts'
import { columns, cut, hanging } from './layout.ts'
import { memberRows, type MemberRow } from './members-rows.ts'
import { blank, glyph, show, type Style } from './style.ts'

/** More columns of views than this are only counted, unless wide. */
const VIEWS = 4
/** More rows than this are only counted, unless wide; beside rows with a problem, fewer without one. */
const ROWS = 40
const BESIDE_PROBLEMS = { limit: 6, keep: 3 }
/** Of a larger group only the first few are named. */
const NAMED = { limit: 8, keep: 3 }
const NAME_COLUMNS = 24

/** Members by views: a column for each group of speakers that say the same, or with `wide` for each speaker. */
export function membersTable(readings: readonly SpeakerReading[], wide: boolean, style: Style): string[] {
  const views = viewsOf(readings).toSorted((a, b) => (a.speaker < b.speaker ? -1 : 1))
  if (views.length === 0) return []
  const groups = wide
    ? views.map(({ speaker, members }) => ({ speakers: [speaker], members }))
    : groupViews(views)
  const some = groups.slice(0, wide ? groups.length : VIEWS)
  const rows = memberRows(views, some, unreachable(readings))
  const kept = wide ? rows : calm(rows)
  return [
    ...lines(kept, some, { wide, speakers: views.length }, style),
    ...more(groups.length - some.length, 'view', style),
    ...more(rows.length - kept.length, 'member', style),
    ...(wide || some.length < 2 ? [] : legend(some, style)),
  ]
}

/** Speakers that cannot be had, though their names may still count. */
function unreachable(readings: readonly SpeakerReading[]): ReadonlySet<string> {
  const kinds: readonly Reading['kind'][] = ['refused', 'no-route', 'connect-timeout', 'silent']
  return new Set(
    readings.filter(({ reading }) => kinds.includes(reading.kind)).map(({ speaker }) => speaker.name),
  )
}

function calm(rows: readonly MemberRow[]): readonly MemberRow[] {
  const isProblem = ({ mark }: MemberRow) => mark === 'fault' || mark === 'warning'
  const [problems, others] = [rows.filter(isProblem), rows.filter((row) => !isProblem(row))]
  const { limit, keep } = problems.length > 0 ? BESIDE_PROBLEMS : { limit: ROWS, keep: ROWS }
  return [...problems.slice(0, ROWS), ...others.slice(0, others.length > limit ? keep : limit)]
}

function lines(
  rows: readonly MemberRow[],
  groups: readonly ViewGroup[],
  { wide, speakers }: { readonly wide: boolean; readonly speakers: number },
  style: Style,
): string[] {
  const cell = (text: string) => {
    const safe = show(text, style)
    return wide ? safe : cut(safe, NAME_COLUMNS, style.ascii ? '~' : '…')
  }
  const titles = groups.map(({ speakers: [first = ''], speakers: all }) =>
    groups.length === 1 && !wide
      ? `SEEN BY ${speakers === 1 ? first : `ALL ${speakers}`}`
      : titleOf(first, all.length),
  )
  const cells = rows.map(({ name, address, seen }) => [name, address ?? '-', ...seen].map(cell))
  const body = columns([['MEMBER', 'ADDRESS', ...titles.map(cell)], ...cells], {
    right: new Set(),
    width: style.width - 7,
  })
  const leads = rows.map(({ mark }) => glyph(mark, style))
  return body.map((line, i) => `  ${leads[i - 1] ?? blank(style)}  ${line}`.trimEnd())
}

function titleOf(first: string, count: number): string {
  return count === 1 ? first : `${first} +${count - 1}`
}

/** Who stands behind each column. */
function legend(groups: readonly ViewGroup[], style: Style): string[] {
  const shared = groups.filter(({ speakers }) => speakers.length > 1)
  const lead = `  ${blank(style)}  `
  const text = ({ speakers }: ViewGroup) => `${titleOf(speakers[0]!, speakers.length)}: ${named(speakers)}`
  return shared.flatMap((group, i) => [
    ...(i === 0 ? [''] : []),
    ...hanging(lead, show(text(group), style), style.width - 2),
  ])
}

function named(speakers: readonly string[]): string {
  if (speakers.length <= NAMED.limit) return speakers.join(', ')
  const first = speakers.slice(0, NAMED.keep)
  return `${first.join(', ')} and ${speakers.length - first.length} more`
}

function more(count: number, noun: string, style: Style): string[] {
  return count > 0
    ? [`  ${blank(style)}  ${show(`… ${count} more ${noun}s  (-o wide shows all)`, style)}`]
    : []
}
