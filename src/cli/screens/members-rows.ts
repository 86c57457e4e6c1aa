import type { Ip } from '../../core/ip.ts'
import { isUsable, type Member, type SpeakerView, type ViewGroup } from '../../core/views.ts'
import type { Mark } from './style.ts'

/** One member, and what each group of speakers thinks of it. */
export interface MemberRow {
  readonly mark: Mark
  readonly name: string
  /** The one that most speakers know. */
  readonly address: Ip | null
  /** One text a group: `alive 1`, or `-` where it is not known. */
  readonly seen: readonly string[]
}

const ORDER: readonly Mark[] = ['fault', 'warning', 'ok', 'apart', 'quiet']

/** Every member of any view: those in dispute first, then by name. The marks weigh all views, whatever is shown. */
export function memberRows(
  views: readonly SpeakerView[],
  groups: readonly ViewGroup[],
  unreachable: ReadonlySet<string>,
): MemberRow[] {
  const names = new Set(views.flatMap(({ members }) => members.map(({ name }) => name)))
  const known = new Map(views.map(({ speaker, members }) => [speaker, byName(members)]))
  const rows = [...names].map((name) => {
    const entries = views.map(({ speaker }) => known.get(speaker)!.get(name))
    const address = commonAddress(entries)
    const seen = groups.map(({ speakers }) =>
      seenBy(
        speakers.map((speaker) => known.get(speaker)!.get(name)),
        address,
      ),
    )
    return { mark: markOf(entries, unreachable.has(name)), name, address, seen }
  })
  return rows.sort(
    (a, b) =>
      ORDER.indexOf(a.mark) - ORDER.indexOf(b.mark) || (a.name < b.name ? -1 : Number(a.name > b.name)),
  )
}

function byName(members: readonly Member[]): ReadonlyMap<string, Member> {
  return new Map(members.map((member) => [member.name, member]))
}

/**
 * A fault where speakers would elect differently; a warning where they are not of one mind, where all suspect it, or
 * where it counts though its own speaker cannot be had.
 */
function markOf(entries: readonly (Member | undefined)[], isUnreachable: boolean): Mark {
  const usable = new Set(entries.map((entry) => (entry && isUsable(entry) ? (entry.address ?? 'none') : '')))
  if (usable.size > 1) return 'fault'
  const states = new Set(entries.map((entry) => entry?.state ?? 'absent'))
  const [state] = states
  if (states.size > 1 || state === 'suspect' || state === 'unknown') return 'warning'
  if (state !== 'alive') return 'quiet'
  return isUnreachable ? 'warning' : 'ok'
}

function commonAddress(entries: readonly (Member | undefined)[]): Ip | null {
  const counts = new Map<Ip | null, number>()
  for (const entry of entries) if (entry) counts.set(entry.address, (counts.get(entry.address) ?? 0) + 1)
  const [first] = [...counts].sort(([, a], [, b]) => b - a)
  return first?.[0] ?? null
}

/** The speakers of a group say the same but for the incarnation, whose rise takes its time to spread. */
function seenBy(entries: readonly (Member | undefined)[], address: Ip | null): string {
  const [first] = entries
  if (!first) return '-'
  const numbers = entries.flatMap((entry) => (entry ? [entry.incarnation] : []))
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)]
  const number = least === most ? String(least) : `${least}–${most}`
  const elsewhere = first.address === address ? '' : ` at ${first.address ?? 'no address'}`
  return `${first.state} ${number}${elsewhere}`
}
