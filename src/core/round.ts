import {
  decodeArp,
  framesOf,
  isGratuitous,
  type ArpFrame,
  type CapturedFrame,
  type DecodeDrop,
} from './arp.ts'
import type { Ip } from './ip.ts'
import { BROADCAST_MAC, ZERO_MAC, type Mac } from './mac.ts'
import { takerFor, type TakeInPlace } from './inplace.ts'
import type { Roster } from './roster.ts'
import { ANSWERED, answerIn, LEDGER, openRows, stampAt, type Rows } from './rows.ts'

/** Why a well-formed ARP frame is no evidence in this round. */
export type RoundDrop =
  | 'own-mac' // somebody else's frame that claims our address as its sender
  | 'not-a-reply' // a request of somebody else
  | 'unasked' // about an address that this round does not ask for
  | 'not-for-us' // a reply to another host
  | 'wrong-target-ip' // a reply to our MAC, but to an address that we did not ask from
  | 'before-question' // a reply that came before our first who-has
  | 'after-end' // a reply that came after the round's last moment
  | 'too-many-answerers'
export type FrameDrop = DecodeDrop | RoundDrop

/** What one round asks, from one interface. */
export interface RoundPlan {
  readonly mac: Mac
  /** Address asked for → the sender address that we ask from. */
  readonly senders: ReadonlyMap<Ip, Ip>
  /** A reply later than this after our last who-has does not count. */
  readonly timeoutNs: bigint
}

/** One MAC that answered for one address. */
export interface Answer {
  readonly mac: Mac
  /** Ethernet sources of its replies: others than `mac` mean that something relays or lies (ARP303). */
  readonly ethSrcs: readonly Mac[]
  readonly replies: number
  /** First reply less the who-has before it, by kernel stamps; null without stamps. */
  readonly rttNs: bigint | null
  /** 42 proves an unpadded frame: a kernel on a link that does not pad, never MetalLB. */
  readonly shortestFrame: number
}

/** An unasked announcement that was heard: who claims an address. */
export interface Announcement {
  readonly mac: Mac
  readonly atNs: bigint | null
}

/** What was heard about one address. */
export interface Evidence {
  /** Our own broadcasts that were seen to leave. */
  readonly asked: number
  /** Who answered a broadcast, in the order of the first reply. */
  readonly answers: readonly Answer[]
  /** Who was asked alone. */
  readonly askedAlone: readonly Mac[]
  /** Who answered only after we turned to unicast. */
  readonly unicastAnswers: readonly Answer[]
  readonly announcements: readonly Announcement[]
}

/** A round in progress: fed by `hear`, read by `evidenceOf`. */
export interface Round {
  readonly plan: RoundPlan
  readonly ledgers: ReadonlyMap<Ip, Ledger>
  /** Of a sweep: of whom no more is to be told than a row holds, he has no ledger. */
  readonly rows?: Rows
  readonly ignored: Map<FrameDrop, number>
  lastAskNs: bigint | null
}

interface Ledger {
  readonly sender: Ip
  asked: number
  unicast: boolean
  hasAsked: boolean
  lastAskNs: bigint | null
  readonly broadcastAnswers: Map<Mac, MutableAnswer>
  // Made at first use: there may be 65,536 ledgers.
  askedAlone?: Set<Mac>
  unicastAnswers?: Map<Mac, MutableAnswer>
  announcements?: Map<Mac, Announcement>
}
type MutableAnswer = { -readonly [K in keyof Answer]: Answer[K] } & { ethSrcs: Mac[] }

/** More answerers for one address than a segment can hold in earnest; the rest is counted only. */
export const MAX_ANSWERERS = 64

export function openRound(plan: RoundPlan): Round {
  const ledgers = new Map<Ip, Ledger>()
  for (const [ip, sender] of plan.senders) ledgers.set(ip, newLedger(sender))
  return { plan, ledgers, ignored: new Map(), lastAskNs: null }
}

/** A round of thousands: each address has a ledger as soon as something is heard of it that a row does not hold. */
export function openSweep(plan: Roster): Sweep {
  const rows = openRows(plan)
  return {
    plan,
    ledgers: new Map(),
    rows,
    take: takerFor(plan, rows),
    ignored: new Map(),
    lastAskNs: null,
  }
}

export interface Sweep extends Round {
  readonly plan: Roster
  readonly rows: Rows
  readonly take: TakeInPlace
}

/** A round in which nobody was asked, and these were heard for an address all the same. */
export function unaskedRound(ip: Ip, answers: readonly Answer[]): Round {
  const round = openRound({ mac: ZERO_MAC, senders: new Map([[ip, ip]]), timeoutNs: 0n })
  const { broadcastAnswers } = ledgerOf(round, ip)!
  for (const answer of answers) broadcastAnswers.set(answer.mac, { ...answer, ethSrcs: [...answer.ethSrcs] })
  return round
}

/** Takes one frame into the round: as a question of ours, as an answer, as an announcement, or as a counted drop. */
export function hear(round: Round, captured: CapturedFrame): void {
  hearFrame(round, decodeArp(captured.bytes), captured)
}

/** The same for one that is decoded already. */
export function hearFrame(round: Round, frame: ArpFrame | DecodeDrop, captured: CapturedFrame): void {
  const drop = typeof frame === 'string' ? frame : take(round, frame, captured)
  if (drop) round.ignored.set(drop, (round.ignored.get(drop) ?? 0) + framesOf(captured))
}

/** What has been heard about `ip` so far. */
export function evidenceOf(round: Round, ip: Ip): Evidence {
  const ledger = round.ledgers.get(ip)
  if (!ledger && round.rows) return evidenceIn(round.rows, round.rows.roster.rowOf(ip))
  return {
    asked: ledger?.asked ?? 0,
    answers: [...(ledger?.broadcastAnswers.values() ?? [])],
    askedAlone: [...(ledger?.askedAlone ?? [])],
    unicastAnswers: [...(ledger?.unicastAnswers?.values() ?? [])],
    announcements: [...(ledger?.announcements?.values() ?? [])],
  }
}

function evidenceIn(rows: Rows, row: number): Evidence {
  const answer = answerIn(rows, row)
  return {
    asked: rows.asked[row] ?? 0,
    answers: answer ? [answer] : [],
    askedAlone: NOBODY,
    unicastAnswers: NOBODY,
    announcements: NOBODY,
  }
}

const NOBODY: readonly never[] = []

/** Whether somebody has answered a broadcast for `ip`. */
export function hasAnswered({ ledgers, rows }: Round, ip: Ip): boolean {
  const state = rows?.states[rows.roster.rowOf(ip)] ?? LEDGER
  if (state !== LEDGER) return state === ANSWERED
  return (ledgers.get(ip)?.broadcastAnswers.size ?? 0) > 0
}

/** Whether the round asks for `ip`, or has heard of it. */
export function isAskedIn({ ledgers, rows }: Round, ip: Ip): boolean {
  return ledgers.has(ip) || (rows !== undefined && rows.roster.rowOf(ip) >= 0)
}

/** All that the round asks for, or has heard of. */
export function askedIn({ ledgers, rows }: Round): Iterable<Ip> {
  return rows?.roster.ips ?? ledgers.keys()
}

/** Whether somebody has answered a broadcast for the address of a row. */
export function isAnsweredAt(round: Sweep, row: number): boolean {
  const state = round.rows.states[row]
  return state === LEDGER ? hasAnswered(round, round.plan.ips[row]!) : state === ANSWERED
}

/** The longest that a first answer to a broadcast took. */
export function slowestNs({ ledgers, rows }: Round): number {
  let slowest = 0
  // of those that have not answered it is 0
  for (const rttNs of rows?.rttNs ?? []) slowest = Math.max(slowest, rttNs)
  for (const { broadcastAnswers } of ledgers.values())
    for (const { rttNs } of broadcastAnswers.values()) slowest = Math.max(slowest, Number(rttNs ?? 0n))
  return slowest
}

/** Whether any reply to our own questions came: this vantage hears. */
export function hasHeard(round: Round): boolean {
  if (round.rows?.states.includes(ANSWERED)) return true
  return [...round.ledgers.values()].some(
    ({ broadcastAnswers, unicastAnswers }) => broadcastAnswers.size + (unicastAnswers?.size ?? 0) > 0,
  )
}

function take(round: Round, frame: ArpFrame, captured: CapturedFrame): RoundDrop | undefined {
  const gratuitous = isGratuitous(frame)
  if (frame.sha === round.plan.mac) {
    return frame.op === 'who-has' && !gratuitous ? takeQuestion(round, frame, captured) : 'own-mac'
  }
  if (gratuitous) return takeAnnouncement(round, frame, captured)
  if (frame.op === 'who-has') return 'not-a-reply'
  return takeReply(round, frame, captured)
}

/** Our own who-has, as the kernel's tap shows it on its way out: its stamp is when the question was asked. */
function takeQuestion(round: Round, frame: ArpFrame, { atNs }: CapturedFrame): RoundDrop | undefined {
  const ledger = ledgerOf(round, frame.tpa)
  if (!ledger || frame.spa !== ledger.sender) return 'unasked'
  ledger.hasAsked = true
  ledger.unicast = frame.ethDst !== BROADCAST_MAC
  if (ledger.unicast) (ledger.askedAlone ??= new Set()).add(frame.ethDst)
  else ledger.asked++
  ledger.lastAskNs = round.lastAskNs = atNs
  if (round.rows) round.rows.lastAskedAt = NaN
  return undefined
}

function takeAnnouncement(round: Round, frame: ArpFrame, { atNs }: CapturedFrame): RoundDrop | undefined {
  const ledger = ledgerOf(round, frame.spa)
  if (!ledger) return 'unasked'
  const announcements = (ledger.announcements ??= new Map())
  if (announcements.size >= MAX_ANSWERERS) return 'too-many-answerers'
  announcements.set(frame.sha, { mac: frame.sha, atNs })
  return undefined
}

function takeReply(round: Round, frame: ArpFrame, captured: CapturedFrame): RoundDrop | undefined {
  if (frame.ethDst !== round.plan.mac || frame.tha !== round.plan.mac) return 'not-for-us'
  const ledger = ledgerOf(round, frame.spa)
  if (!ledger) return 'unasked'
  if (frame.tpa !== ledger.sender) return 'wrong-target-ip'
  if (!ledger.hasAsked) return 'before-question'
  if (isLate(round, captured.atNs)) return 'after-end'
  const answers = ledger.unicast ? (ledger.unicastAnswers ??= new Map()) : ledger.broadcastAnswers
  const known = answers.get(frame.sha)
  if (!known && answers.size >= MAX_ANSWERERS) return 'too-many-answerers'
  answers.set(frame.sha, known ? again(known, frame, captured) : firstAnswer(ledger, frame, captured))
  return undefined
}

function isLate({ lastAskNs: last, plan, rows }: Round, atNs: bigint | null): boolean {
  const lastAskNs = (rows && stampAt(rows, rows.lastAskedAt)) ?? last
  return atNs !== null && lastAskNs !== null && atNs - lastAskNs > plan.timeoutNs
}

function firstAnswer(ledger: Ledger, frame: ArpFrame, captured: CapturedFrame): MutableAnswer {
  const { atNs, wireLength } = captured
  const rttNs = atNs !== null && ledger.lastAskNs !== null ? atNs - ledger.lastAskNs : null
  return {
    mac: frame.sha,
    ethSrcs: [frame.ethSrc],
    replies: framesOf(captured),
    rttNs,
    shortestFrame: wireLength,
  }
}

function again(answer: MutableAnswer, frame: ArpFrame, captured: CapturedFrame): MutableAnswer {
  answer.replies += framesOf(captured)
  answer.shortestFrame = Math.min(answer.shortestFrame, captured.wireLength)
  const isNew = !answer.ethSrcs.includes(frame.ethSrc) && answer.ethSrcs.length < MAX_ANSWERERS
  if (isNew) answer.ethSrcs.push(frame.ethSrc)
  return answer
}

/** What a row holds of it goes into a ledger of its own. */
function ledgerOf({ ledgers, rows }: Round, ip: Ip): Ledger | undefined {
  const known = ledgers.get(ip)
  const row = known || !rows ? -1 : rows.roster.rowOf(ip)
  if (row < 0) return known
  const ledger = newLedger(rows!.roster.senderAt(row))
  const answer = answerIn(rows!, row)
  if (answer) ledger.broadcastAnswers.set(answer.mac, { ...answer, ethSrcs: [...answer.ethSrcs] })
  ledger.asked = rows!.asked[row]!
  ledger.hasAsked = ledger.asked > 0
  ledger.lastAskNs = ledger.hasAsked ? stampAt(rows!, rows!.askedAt[row]!) : null
  rows!.states[row] = LEDGER
  ;(ledgers as Map<Ip, Ledger>).set(ip, ledger)
  return ledger
}

function newLedger(sender: Ip): Ledger {
  return {
    sender,
    asked: 0,
    unicast: false,
    hasAsked: false,
    lastAskNs: null,
    broadcastAnswers: new Map(),
  }
}
