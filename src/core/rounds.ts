import type { Ip } from './ip.ts'
import type { Loss } from './case.ts'
import type { Mac } from './mac.ts'
import { evidenceOf, hasHeard, isAskedIn, type Answer, type Evidence, type Round } from './round.ts'

/** One round that is over, and whether frames were lost while it ran. */
export interface PastRound {
  readonly round: Round
  readonly loss: Loss
}

/** A round that lost frames is asked again, up to this many in all. */
export const MAX_ROUNDS = 3

/** Whether the last round has to be asked again. */
export function mustAskAgain(past: readonly PastRound[]): boolean {
  const loss = past.at(-1)?.loss
  return (loss === 'lost' || loss === 'few') && past.length < MAX_ROUNDS
}

/** Totals of a capture since it was opened. */
export interface Counted {
  /** Those that were lost among them. */
  readonly frames: number
  readonly lost: number
  /** How often nobody listened for longer than an answer is waited for; missing: never. */
  readonly naps?: number
}

/** Of an engine's totals; null where it has none. */
export function countedIn(
  totals: { readonly received: number; readonly kernelDrops: number; readonly ringDrops: number } | null,
): Counted | null {
  return totals && { frames: totals.received, lost: totals.kernelDrops + totals.ringDrops }
}

/** One lost frame in a hundred: more of them may hold the same answer three times. */
const FEW = 0.01

export function lossBetween(before: Counted | null, after: Counted | null): Loss {
  if (!before || !after) return 'uncounted'
  const lost = after.lost - before.lost
  if (lost > FEW * (after.frames - before.frames)) return 'lost'
  return lost > 0 || after.naps !== before.naps ? 'few' : 'none'
}

/**
 * What several rounds prove together. Answers are a union. Silence needs one round that heard and lost nothing, or
 * MAX_ROUNDS rounds that all heard and lost few: then no reply is hidden for ever (rule 1). A flood may hide one for as long
 * as it lasts, and silence is not judged meanwhile.
 */
export function hearing(past: readonly PastRound[]): { readonly hears: boolean; readonly loss: Loss } {
  const last = past.at(-1)
  if (!last) return { hears: false, loss: 'uncounted' }
  const heard = past.map(({ round }) => hasHeard(round))
  const enough =
    past.length >= MAX_ROUNDS && heard.every(Boolean) && past.every(({ loss }) => loss !== 'lost')
  return { hears: heard.at(-1)!, loss: last.loss === 'few' && enough ? 'none' : last.loss }
}

/** Of an address that nobody asked for, as most nodes' are. */
const NOTHING: Evidence = { asked: 0, answers: [], askedAlone: [], unicastAnswers: [], announcements: [] }

export function mergeEvidence(past: readonly PastRound[], ip: Ip): Evidence {
  if (past.length === 1) return evidenceOf(past[0]!.round, ip)
  const all = past.filter(({ round }) => isAskedIn(round, ip)).map(({ round }) => evidenceOf(round, ip))
  if (all.length === 0) return NOTHING
  return {
    asked: all.reduce((sum, { asked }) => sum + asked, 0),
    answers: mergeAnswers(all.map(({ answers }) => answers)),
    askedAlone: [...new Set(all.flatMap(({ askedAlone }) => askedAlone))],
    unicastAnswers: mergeAnswers(all.map(({ unicastAnswers }) => unicastAnswers)),
    announcements: all.flatMap(({ announcements }) => announcements),
  }
}

export function wasAsked(past: readonly PastRound[], ip: Ip): boolean {
  return past.some(({ round }) => isAskedIn(round, ip))
}

export function isAnswered(past: readonly PastRound[], ip: Ip): boolean {
  return mergeEvidence(past, ip).answers.length > 0
}

function mergeAnswers(lists: readonly (readonly Answer[])[]): Answer[] {
  const merged = new Map<Mac, Answer>()
  for (const answer of lists.flat()) {
    const known = merged.get(answer.mac)
    merged.set(answer.mac, known ? addAnswers(known, answer) : answer)
  }
  return [...merged.values()]
}

function addAnswers(first: Answer, later: Answer): Answer {
  return {
    mac: first.mac,
    ethSrcs: [...new Set([...first.ethSrcs, ...later.ethSrcs])],
    replies: first.replies + later.replies,
    rttNs: first.rttNs ?? later.rttNs,
    shortestFrame: Math.min(first.shortestFrame, later.shortestFrame),
  }
}
