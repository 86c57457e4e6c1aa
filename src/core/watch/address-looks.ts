import type { ArpFrame, CapturedFrame } from '../arp.ts'
import type { Loss } from '../case.ts'
import type { Ip } from '../ip.ts'
import { hasHeard, hearFrame, openRound, type Round, type RoundPlan } from '../round.ts'
import { lossBetween, MAX_ROUNDS, type Counted, type PastRound } from '../rounds.ts'
import type { Out } from './asks.ts'
import { LOOK_REACH_MS } from './timing.ts'

/**
 * A daemon asks each address in its own time, and the judge wants rounds: so each address has a round of its own, and what
 * is judged is made of the last one of each. `C` is what was known of the cluster when the first question left.
 */
export interface AddressLook<C> {
  readonly ip: Ip
  readonly mode: Out['mode']
  readonly round: Round
  readonly context: C
  readonly sinceMs: number
  /** Null: the listening goes on. */
  readonly endedMs: number | null
  readonly loss: Loss
  /** Looks in a row, this one the last, that lost a few frames and heard others all the same. */
  readonly lossyInARow: number
  /** Frames that were lost since opening, when it began; null: nobody counts. */
  readonly lostBefore: Counted | null
}

/** One look at each address in either mode, and the one that is under way: bounded by the addresses that are asked for. */
export interface Looks<C> {
  readonly open: Map<Ip, AddressLook<C>>
  readonly broadcast: Map<Ip, AddressLook<C>>
  readonly unicast: Map<Ip, AddressLook<C>>
}

export function newLooks<C>(): Looks<C> {
  return { open: new Map(), broadcast: new Map(), unicast: new Map() }
}

/** A question leaves: the first of a look, or one more of it. */
export function begin<C>(
  looks: Looks<C>,
  { ip, mode, plan, context }: Pick<AddressLook<C>, 'ip' | 'mode' | 'context'> & { readonly plan: RoundPlan },
  nowMs: number,
  lost: Counted | null,
): void {
  if (looks.open.get(ip)?.mode === mode) return
  const round = openRound(plan)
  const look = { ip, mode, round, context, sinceMs: nowMs, endedMs: null, lostBefore: lost }
  looks.open.set(ip, { ...look, loss: 'uncounted', lossyInARow: 0 })
}

/** Only what is under way hears: what comes later is no answer to it. */
export function takeFrame<C>({ open }: Looks<C>, frame: ArpFrame, captured: CapturedFrame): void {
  const look = open.get(frame.op === 'who-has' && frame.spa !== frame.tpa ? frame.tpa : frame.spa)
  if (look) hearFrame(look.round, frame, captured)
}

/** The listening is over; undefined: nobody listened. */
export function end<C>(
  looks: Looks<C>,
  ip: Ip,
  nowMs: number,
  lost: Counted | null,
): AddressLook<C> | undefined {
  const look = looks.open.get(ip)
  if (!look) return undefined
  looks.open.delete(ip)
  const loss = lossBetween(look.lostBefore, lost)
  const ended: AddressLook<C> = { ...look, endedMs: nowMs, loss }
  const lossyInARow =
    loss === 'few' ? (looks[look.mode].get(ip)?.lossyInARow ?? 0) + hearsBeside(looks, ended) : 0
  looks[look.mode].set(ip, { ...ended, lossyInARow })
  return looks[look.mode].get(ip)
}

function hearsBeside<C>({ open, broadcast, unicast }: Looks<C>, ended: AddressLook<C>): 0 | 1 {
  const others = [open, broadcast, unicast].flatMap((book) => [...book.values()])
  return others.some((look) => look.ip !== ended.ip && isNearTo(ended, look) && hasHeard(look.round)) ? 1 : 0
}

/** What is asked for no more is forgotten. */
export function keepOnly<C>(looks: Looks<C>, asked: { has(ip: Ip): boolean }): void {
  for (const book of [looks.open, looks.broadcast, looks.unicast])
    for (const ip of book.keys()) if (!asked.has(ip)) book.delete(ip)
}

/**
 * What is known when one VIP is judged. Its own look and those near it are the last round, because silence counts beside
 * an answer alone (rule 1); what was heard of others before tells whose a MAC is and who lives.
 */
export function pastFor<C>(looks: Looks<C>, vip: Ip): PastRound[] {
  const own = looks.broadcast.get(vip)
  if (!own) return []
  const all = [...looks.broadcast.values(), ...answeredAlready(looks)]
  const isNear = (look: AddressLook<C>): boolean => look === own || isNearTo(own, look)
  const near = all.filter(isNear)
  const [alone, besides] = alonePast(looks, new Set(near.map(({ ip }) => ip)), isNear)
  const apart = all.filter((look) => !isNear(look))
  return [
    // these are no rounds of this VIP, so that one lossy look with others around it is not three
    { round: joined([], own), loss: 'none' },
    { round: joined(apart, own), loss: 'none' },
    { round: joined(besides, own), loss: 'none' },
    { round: joined([...near, ...alone], own), loss: lossOf(own) },
  ]
}

/** A few lost frames hide no answer for ever (rule 1); a flood may, and silence is not judged meanwhile. */
function lossOf<C>({ loss, lossyInARow }: AddressLook<C>): Loss {
  return loss === 'few' && lossyInARow >= MAX_ROUNDS ? 'none' : loss
}

/** What was heard beside the plan is told with what was heard of others before: it proves nothing of who is heard now. */
export function withBeside([first, ...rest]: readonly PastRound[], beside: PastRound | null): PastRound[] {
  if (!first || !beside) return first ? [first, ...rest] : []
  const ledgers = new Map([...beside.round.ledgers, ...first.round.ledgers])
  return [{ ...first, round: { ...first.round, ledgers } }, ...rest]
}

/** Who was asked alone since its last broadcast: those that show, near the look, that we hear; and the others. */
function alonePast<C>(
  looks: Looks<C>,
  near: ReadonlySet<Ip>,
  isNear: (look: AddressLook<C>) => boolean,
): [AddressLook<C>[], AddressLook<C>[]] {
  const all = newer(looks)
  const shows = (look: AddressLook<C>): boolean => !near.has(look.ip) && isNear(look) && hasHeard(look.round)
  return [all.filter(shows), all.filter((look) => !shows(look))]
}

function isNearTo<C>(own: AddressLook<C>, { sinceMs, endedMs }: AddressLook<C>): boolean {
  return (endedMs ?? Infinity) >= own.sinceMs - LOOK_REACH_MS && sinceMs <= own.endedMs!
}

/** Who has answered while the listening goes on has answered; who has not may do so yet. */
function answeredAlready<C>({ open }: Looks<C>): AddressLook<C>[] {
  return [...open.values()].filter(({ mode, round }) => mode === 'broadcast' && hasHeard(round))
}

/** A question to one MAC tells nothing that a broadcast after it does not tell better. */
function newer<C>({ broadcast, unicast }: Looks<C>): AddressLook<C>[] {
  return [...unicast.values()].filter(
    ({ ip, sinceMs }) => sinceMs >= (broadcast.get(ip)?.sinceMs ?? -Infinity),
  )
}

function joined<C>(looks: readonly AddressLook<C>[], own: AddressLook<C>): Round {
  const ledgers = looks.flatMap(({ round }) => [...round.ledgers])
  return { plan: own.round.plan, ledgers: new Map(ledgers), ignored: new Map(), lastAskNs: null }
}

/** Whether an address answered when it was asked last, in either way; null: it was not asked. */
export function answeredLast<C>({ broadcast, unicast }: Looks<C>, ip: Ip): boolean | null {
  const [all, alone] = [broadcast.get(ip), unicast.get(ip)]
  const last = all && alone ? (alone.endedMs! > all.endedMs! ? alone : all) : (all ?? alone)
  return last ? hasHeard(last.round) : null
}

/** All that was heard last, whenever that was: tells whose a MAC is. */
export function allPast<C>({ broadcast }: Looks<C>): PastRound[] {
  const all = [...broadcast.values()]
  return all[0] ? [{ round: joined(all, all[0]), loss: 'none' }] : []
}

/** Whether anybody at all answered lately. */
export function hasHeardSince<C>({ broadcast, unicast }: Looks<C>, sinceMs: number): boolean {
  return [...broadcast.values(), ...unicast.values()].some(
    ({ endedMs, round }) => endedMs! >= sinceMs && hasHeard(round),
  )
}
