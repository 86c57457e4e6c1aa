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
  return past.at(-1)?.loss === 'lost' && past.length < MAX_ROUNDS
}

/**
 * What several rounds prove together. Answers are a union. Silence needs one round that heard and lost nothing, or
 * MAX_ROUNDS rounds that all heard: then even a flood cannot hide a reply for ever (rule 1).
 */
export function hearing(past: readonly PastRound[]): { readonly hears: boolean; readonly loss: Loss } {
  const last = past.at(-1)
  if (!last) return { hears: false, loss: 'uncounted' }
  const heard = past.map(({ round }) => hasHeard(round))
  const enough = past.length >= MAX_ROUNDS && heard.every(Boolean)
  return { hears: heard.at(-1)!, loss: last.loss === 'lost' && enough ? 'none' : last.loss }
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
