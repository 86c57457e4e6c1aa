import type { Ip } from './ip.ts'

/** What a speaker thinks of a member. `unknown`: a state that no release we know of uses. */
export type MemberState = 'alive' | 'suspect' | 'dead' | 'left' | 'unknown'

/** One entry of a speaker's own member list. */
export interface Member {
  /** The node's name, as it came from the network: escape before printing. */
  readonly name: string
  readonly address: Ip | null
  /** 0: the configured port. */
  readonly port: number
  readonly state: MemberState
  /** Begins at 1 with each process; a rise means that it was suspected meanwhile, or restarted. */
  readonly incarnation: number
}

/** How reading one speaker's view went: a closed set. */
export type Reading = ViewReading | { readonly kind: ReadingKind } | WordedReading

export interface ViewReading {
  readonly kind: 'view'
  /** Sorted by name. */
  readonly members: readonly Member[]
  /** Which of our keys opened it, in their order; null: it came unsealed. */
  readonly keyIndex: number | null
  /** We sealed and it answered in the clear: nothing proves who wrote it. */
  readonly unproven: boolean
}

/** What else can be seen from outside, from the nearest cause to the farthest. */
export type ReadingKind =
  | 'refused' // nothing listens there: no speaker, memberlist off, another port
  | 'no-route' // no host there, no route, or a firewall says no
  | 'connect-timeout' // no host there, or a filter that drops
  | 'silent' // connected, and not a byte: the process is stopped or starved, its kernel accepts for it
  | 'unfinished' // an answer began, and its end never came
  | 'closed' // closed without a byte: wrong or missing label, or 128 exchanges at once
  | 'cut-short' // closed or reset within the answer
  | 'sealed' // the speaker uses a key, and we have none
  | 'wrong-key' // no key of ours opens the answer
  | 'no-key' // the speaker has no key, and we used one
  | 'wants-key' // the speaker has a key, says so in the clear, and refuses unsealed requests
  | 'interrupted' // we stopped

export interface WordedReading {
  /** `remote-error`: in the speaker's own words. `malformed`: why. `failed`: our own system's code. */
  readonly kind: 'remote-error' | 'malformed' | 'failed'
  /** From the network: escape before printing. */
  readonly text: string
}

/** One speaker, and where its memberlist listens. */
export interface Speaker {
  /** Its node's name, which is its member name. */
  readonly name: string
  readonly address: Ip
  readonly port: number
}

export interface SpeakerReading {
  readonly speaker: Speaker
  readonly reading: Reading
  readonly tookMs: number
}

/** The view of one speaker, where it could be read. */
export interface SpeakerView {
  readonly speaker: string
  readonly members: readonly Member[]
}

export function viewsOf(readings: readonly SpeakerReading[]): SpeakerView[] {
  return readings.flatMap(({ speaker, reading }) =>
    reading.kind === 'view' ? [{ speaker: speaker.name, members: reading.members }] : [],
  )
}

/** A speaker elects among members that are neither dead nor left: a suspect still counts. */
export function isUsable({ state }: Pick<Member, 'state'>): boolean {
  return state !== 'dead' && state !== 'left'
}

/** Speakers that see the same members in the same way. */
export interface ViewGroup {
  readonly speakers: readonly string[]
  readonly members: readonly Member[]
}

/** Groups equal views, the largest group first; incarnations may differ, since each rise takes its time to spread. */
export function groupViews(views: readonly SpeakerView[]): ViewGroup[] {
  return groupBy(views, ({ members }) =>
    members.map(({ name, address, port, state }) => [name, address, port, state]),
  )
}

/** Groups views by what an election reads of them: who is usable, and where. */
export function groupByUsable(views: readonly SpeakerView[]): ViewGroup[] {
  return groupBy(views, ({ members }) => members.filter(isUsable).map(({ name, address }) => [name, address]))
}

function groupBy(views: readonly SpeakerView[], essence: (view: SpeakerView) => unknown): ViewGroup[] {
  const groups = new Map<string, { speakers: string[]; members: readonly Member[] }>()
  for (const view of views) {
    const key = JSON.stringify(essence(view))
    const group = groups.get(key) ?? { speakers: [], members: view.members }
    group.speakers.push(view.speaker)
    groups.set(key, group)
  }
  return [...groups.values()].toSorted((a, b) => b.speakers.length - a.speakers.length)
}

/** A cluster in which nothing is being gossiped, as far as its speakers' views tell. */
export interface Quiet {
  readonly [proof]: true
  readonly speakers: readonly { readonly speaker: Speaker; readonly keyIndex: number | null }[]
}
declare const proof: unique symbol

/**
 * Whether the cluster may be asked by packets: an ack takes a slot from queued gossip, so the queues must be empty.
 * They are when all that were asked gave their views, two or more, these are equal to the incarnation, everybody is
 * alive, and each speaker is in there by its name and address.
 */
export function quietCluster(readings: readonly SpeakerReading[]): Quiet | null {
  const speakers = readings.flatMap(({ speaker, reading }) =>
    reading.kind === 'view' ? [{ speaker, ...reading }] : [],
  )
  const [first] = speakers
  if (!first || speakers.length < 2 || speakers.length < readings.length) return null
  const { members } = first
  const equal = new Set(speakers.map((view) => JSON.stringify(view.members))).size === 1
  const known = new Set(members.map(({ name, address }) => `${name} ${address}`))
  const allKnown = speakers.every(({ speaker }) => known.has(`${speaker.name} ${speaker.address}`))
  if (!equal || !allKnown || !members.every(({ state }) => state === 'alive')) return null
  const once = new Map(speakers.map(({ speaker, keyIndex }) => [speaker.name, { speaker, keyIndex }]))
  return { speakers: [...once.values()] } as unknown as Quiet
}

/** One question by packet: whether `asked` answers, or what it says of `target` after pinging it itself. */
export interface PacketReading {
  readonly asked: string
  /** Null: it was asked for itself. */
  readonly target: string | null
  /** `nack`: it reached nobody there. `refused`: nothing listens for packets. */
  readonly result: 'ack' | 'nack' | 'refused' | 'timeout' | 'failed' | 'interrupted'
  readonly tookMs: number
}
