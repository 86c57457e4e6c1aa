import type { MembersReport, VipVotes } from '../../core/members-report.ts'
import { columns } from './layout.ts'
import { blank, glyph, show, type Mark, type Style } from './style.ts'

interface Row {
  readonly mark: Mark
  readonly cells: readonly string[]
}

/**
 * Whom each view elects for each VIP: a line for each node that is elected, with the views that elect it. Where no view
 * could be read it is told by what is assumed instead.
 */
export function votesTable({ votes, speakers }: MembersReport, style: Style): string[] {
  if (votes.length === 0) return []
  const read = new Set(speakers.filter(({ error }) => error === null).map(({ name }) => name))
  const rows = votes.flatMap((vip) => rowsOf(vip, read))
  const titles = ['VIP', 'SERVICE', 'ELECTED', read.size > 0 ? 'BY THE VIEW OF' : 'IF MEMBERS ARE THE']
  const texts = [titles, ...rows.map(({ cells }) => cells.map((cell) => show(cell, style)))]
  const [head, ...lines] = columns(texts, { right: new Set(), width: style.width - 7 })
  return [
    '',
    `  ${blank(style)}  ${head!}`.trimEnd(),
    ...lines.map((line, i) => `  ${glyph(rows[i]!.mark, style)}  ${line}`.trimEnd()),
  ]
}

function rowsOf({ vip, services, votes }: VipVotes, read: ReadonlySet<string>): Row[] {
  const elected = new Map<string | null, Set<string>>()
  for (const { by, elects } of votes) elected.set(elects, (elected.get(elects) ?? new Set()).add(by))
  if (elected.size === 0) elected.set(null, new Set())
  const mark = elected.size > 1 ? 'fault' : markOf([...elected.keys()][0]!, read)
  return [...elected].map(([node, by], i) => ({
    mark,
    cells: [
      i === 0 ? vip : '',
      i === 0 ? services.join(', ') : '',
      node ?? 'nobody',
      byText([...by], read.size),
    ],
  }))
}

/** Whom all elect though its own view could not be read: it may be dead, and counted all the same. */
function markOf(node: string | null, read: ReadonlySet<string>): Mark {
  if (node === null || read.size === 0) return 'quiet'
  return read.has(node) ? 'ok' : 'warning'
}

function byText(by: readonly string[], views: number): string {
  return by.length > 1 && by.length === views ? `all ${views}` : by.join(', ')
}
