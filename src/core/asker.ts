import { decodeArp, isGratuitous, type ArpFrame, type CapturedFrame } from './arp.ts'
import { UNSPECIFIED_IPV4, type Ip } from './ip.ts'
import { BROADCAST_MAC, type Mac } from './mac.ts'

/** Whose questions a capture holds: the vantage that a judgement of it is made from. */
export interface Asker {
  readonly mac: Mac
  /** The sender address that it asked from most often; null when it asked from 0.0.0.0 only (RFC 5227). */
  readonly ip: Ip | null
  /** Target → the sender address that it asked for it from: replies go there. */
  readonly senders: ReadonlyMap<Ip, Ip>
  /** Target → the stamp of the first question for it. */
  readonly firstAskedNs: ReadonlyMap<Ip, bigint | null>
  readonly questions: number
  /** Stamps of the first and the last question: the round. Null without stamps. */
  readonly firstNs: bigint | null
  readonly lastNs: bigint | null
}

export type NoAsker =
  | { readonly problem: 'nobody-asks' }
  | { readonly problem: 'several-ask'; readonly candidates: readonly Asker[] }

/** One who-has for a target. */
interface Question {
  readonly frame: ArpFrame
  readonly atNs: bigint | null
}

/**
 * Who asks for the targets in these frames: the MAC that asks for most of them by broadcast, then most often. Unicast
 * who-has are a kernel's own upkeep and announcements are no questions: neither counts. With `mac` the user has said
 * who it is.
 */
export function askerOf(
  frames: readonly CapturedFrame[],
  targets: readonly Ip[],
  mac?: Mac,
): Asker | NoAsker {
  const questions = questionsFor(frames, new Set(targets)).filter(({ frame }) => !mac || frame.sha === mac)
  const [first, second, ...rest] = grouped(questions, ({ frame }) => frame.sha)
    .map(([sha, asked]) => summary(sha, asked))
    .sort(byReach)
  if (!first) return { problem: 'nobody-asks' }
  if (!second || byReach(first, second) < 0) return first
  const candidates = [first, second, ...rest].filter((other) => byReach(first, other) === 0)
  return { problem: 'several-ask', candidates }
}

function questionsFor(frames: readonly CapturedFrame[], targets: ReadonlySet<Ip>): Question[] {
  return frames.flatMap(({ bytes, atNs }) => {
    const frame = decodeArp(bytes)
    return typeof frame !== 'string' && isQuestion(frame) && targets.has(frame.tpa) ? [{ frame, atNs }] : []
  })
}

function isQuestion(frame: ArpFrame): boolean {
  return frame.op === 'who-has' && frame.ethDst === BROADCAST_MAC && !isGratuitous(frame)
}

function summary(mac: Mac, questions: readonly Question[]): Asker {
  const byTarget = grouped(questions, ({ frame }) => frame.tpa)
  const named = questions.filter(({ frame }) => frame.spa !== UNSPECIFIED_IPV4)
  return {
    mac,
    ip: named.length > 0 ? mostFrequentSender(named) : null,
    senders: new Map(byTarget.map(([tpa, asked]) => [tpa, mostFrequentSender(asked)])),
    firstAskedNs: new Map(byTarget.map(([tpa, [first]]) => [tpa, first!.atNs])),
    questions: questions.length,
    firstNs: questions.at(0)!.atNs,
    lastNs: questions.at(-1)!.atNs,
  }
}

/** Negative when `a` asks for more targets than `b`, or as many and more often. */
function byReach(a: Asker, b: Asker): number {
  return b.senders.size - a.senders.size || b.questions - a.questions
}

function mostFrequentSender(questions: readonly Question[]): Ip {
  const [most] = grouped(questions, ({ frame }) => frame.spa).sort(([, a], [, b]) => b.length - a.length)
  return most![0]
}

/** Groups in the order in which their keys came first. */
function grouped<Key, Item>(items: readonly Item[], keyOf: (item: Item) => Key): [Key, Item[]][] {
  const groups = new Map<Key, Item[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return [...groups]
}
