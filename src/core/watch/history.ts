import type { Mac } from '../mac.ts'
import {
  announcedLate,
  ANNOUNCED_WITHIN_MS,
  changeTo,
  type Claim,
  type Look,
  type OwnerChange,
} from './moves.ts'
import type { Moment, Relation, Sighting } from './passive.ts'

/** What is remembered of one VIP: bounded, whatever comes. */
export interface History {
  /** Who answers, when exactly one does: a node's name, or the MAC of nobody's. */
  readonly owner: { readonly who: string; readonly sinceMs: number } | null
  readonly lastGood: Moment | null
  /** The first question that nobody answered; null: somebody answered the last one. */
  readonly silentSinceMs: number | null
  /** The first look in this row that was not as it should be. */
  readonly deviatesSinceMs: number | null
  readonly claims: readonly Claim[]
  /** The newest last. */
  readonly changes: readonly OwnerChange[]
  readonly ownerChanges: number
  readonly gratuitous: Counts
  /** Replies that were heard, whoever asked. */
  readonly replies: Counts
}

type Counts = ReadonlyMap<Exclude<Relation, 'unattributed'>, number>

const MAX_CLAIMS = 8
const MAX_CHANGES = 16
const NO_COUNTS: Counts = new Map([
  ['expected', 0],
  ['other_node', 0],
  ['foreign', 0],
])
export const NO_HISTORY: History = {
  owner: null,
  lastGood: null,
  silentSinceMs: null,
  deviatesSinceMs: null,
  claims: [],
  changes: [],
  ownerChanges: 0,
  gratuitous: NO_COUNTS,
  replies: NO_COUNTS,
}

export function whoIs({ node, mac }: { readonly node: string | null; readonly mac: Mac }): string {
  return node ?? mac
}

/** Whose a MAC is may be told later than it is heard: the same owner by another name is no other owner. */
export function named(history: History, answered: readonly Parameters<typeof whoIs>[0][]): History {
  const names = new Map<string, string>(answered.flatMap(({ mac, node }) => (node ? [[mac, node]] : [])))
  const { owner, claims } = history
  if (names.size === 0) return history
  const known = new Set(claims.map(({ who }) => who))
  return {
    ...history,
    owner: owner && { ...owner, who: names.get(owner.who) ?? owner.who },
    claims: claims.flatMap((claim) => {
      const who = names.get(claim.who)
      return who === undefined ? claim : known.has(who) ? [] : { ...claim, who }
    }),
  }
}

/** Takes in what was heard; who owns the VIP is told by a whole look, because two may answer one question. */
export function sighted(history: History, sighting: Sighting): History {
  const { how, relation, at, frames = 1 } = sighting
  const who = whoIs(sighting)
  const isAnnouncement = how === 'gratuitous'
  return {
    ...history,
    lastGood: relation === 'expected' && !isAnnouncement ? at : history.lastGood,
    claims: claimedBy(who, at, isAnnouncement, history),
    gratuitous: isAnnouncement ? counted(history.gratuitous, relation, frames) : history.gratuitous,
    replies: isAnnouncement ? history.replies : counted(history.replies, relation, frames),
    changes: isAnnouncement ? announcedLate(history.changes, who, at.ms) : history.changes,
  }
}

/** A question to one MAC that was not answered: that alone changes no owner. */
export function missed(history: History, sinceMs: number): History {
  return { ...history, silentSinceMs: history.silentSinceMs ?? sinceMs }
}

export function looked(history: History, look: Look): History {
  const { answerers, sinceMs, atMs, isGood } = look
  const [who, ...others] = answerers
  const first = history.claims.find((claim) => claim.who === who)?.first ?? { ms: atMs, ns: null }
  const isNew = who !== undefined && others.length === 0 && who !== history.owner?.who
  const change = isNew && history.owner ? changeTo(who, first, history, look) : null
  const after: History = {
    ...history,
    owner: isNew ? { who, sinceMs: first.ms } : history.owner,
    silentSinceMs: who === undefined ? (history.silentSinceMs ?? sinceMs) : null,
    deviatesSinceMs: isGood ? null : (history.deviatesSinceMs ?? sinceMs),
    changes: change ? [...history.changes, change].slice(-MAX_CHANGES) : history.changes,
    ownerChanges: history.ownerChanges + (change ? 1 : 0),
  }
  return { ...after, claims: recent(after, look) }
}

/** Who claims it by what was heard without asking: nobody is no silence there. */
export function listened(history: History, look: Pick<Look, 'atMs' | 'answerers' | 'isGood'>): History {
  if (look.answerers.length === 0) return history
  return looked(history, { ...look, sinceMs: look.atMs, isLossy: false })
}

function claimedBy(who: string, at: Moment, isAnnouncement: boolean, { claims, owner }: History): Claim[] {
  const known = claims.find((claim) => claim.who === who)
  const claim: Claim = {
    who,
    first: known?.first ?? at,
    last: at,
    announcedMs: isAnnouncement ? at.ms : (known?.announcedMs ?? null),
  }
  const others = claims.filter((other) => other.who !== who)
  if (others.length < MAX_CLAIMS) return [...others, claim]
  const oldest = others.findIndex((other) => other.who !== owner?.who)
  return [...others.toSpliced(oldest, 1), claim]
}

/** The owner's, and those heard since this look began or a moment before: whoever comes back later comes anew. */
function recent({ claims, owner }: History, { sinceMs }: Look): Claim[] {
  return claims.filter(({ who, last }) => who === owner?.who || last.ms >= sinceMs - ANNOUNCED_WITHIN_MS)
}

function counted(counts: Counts, relation: Relation, frames: number): Counts {
  if (relation === 'unattributed') return counts
  return new Map(counts).set(relation, (counts.get(relation) ?? 0) + frames)
}
