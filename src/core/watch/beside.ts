import { frameAtMs, hasFrame, rerated, spend, type Bucket } from './bucket.ts'
import type { Question } from '../attribution.ts'
import type { Ip } from '../ip.ts'
import { BROADCAST_MAC } from '../mac.ts'

/**
 * Questions beside the plan: they leave with what the plan leaves of our own budget, and whoever answered one is asked
 * another only as fast as a port may be made to answer what nobody planned for. Who keeps silent costs nobody anything.
 */
export interface Beside {
  readonly queue: readonly Question[]
  /** By who answers: a MAC, or an address that is asked for by broadcast. */
  readonly answering: ReadonlyMap<string, Bucket>
}

export const NOTHING_BESIDE: Beside = { queue: [], answering: new Map() }

export interface Allowed {
  /** Our own frames, which the plan's questions were taken from already. */
  readonly sent: Bucket
  /** Unplanned frames a second for one port. */
  readonly perPort: number
  /** An address that is listened for just now: another question would mix with its answers. */
  readonly isBusy: (ip: Ip) => boolean
  readonly nowMs: number
}

export interface Asked {
  readonly beside: Beside
  readonly sent: Bucket
  readonly questions: readonly Question[]
  /** When the next may leave; Infinity: none waits. */
  readonly wakeMs: number
}

/** While an address is busy. */
const LATER_MS = 250

/** All that may leave now, in their order. */
export function askBeside({ queue, answering }: Beside, allowed: Allowed): Asked {
  const { nowMs, isBusy } = allowed
  let { sent } = allowed
  const rated = ratedFor(queue, answering, allowed)
  const questions: Question[] = []
  const left: Question[] = []
  for (const one of queue) {
    const mayLeave = hasFrame(sent, nowMs) && hasFrame(rated.get(keyOf(one))!, nowMs) && !isBusy(one.ip)
    if (mayLeave) sent = spend(sent, nowMs)
    ;(mayLeave ? questions : left).push(one)
  }
  const wakeMs = Math.min(...left.map((one) => leaveAtMs(one, sent, rated, allowed)))
  return { beside: { queue: left, answering: rated }, sent, questions, wakeMs }
}

/** A reply to one of them has cost its port a frame. */
export function answeredBeside({ queue, answering }: Beside, keys: readonly string[], nowMs: number): Beside {
  const after = new Map(answering)
  for (const key of keys) if (after.has(key)) after.set(key, spend(after.get(key)!, nowMs))
  return { queue, answering: after }
}

/** Who owes something is remembered; all others may be asked at once. */
function ratedFor(
  queue: readonly Question[],
  answering: Beside['answering'],
  { perPort, nowMs }: Allowed,
): Map<string, Bucket> {
  const free: Bucket = { perSecond: perPort, tokens: 1, atMs: nowMs }
  const indebted = [...answering].filter(([, bucket]) => !hasFrame(bucket, nowMs))
  const all = new Map(queue.map((one) => [keyOf(one), free]))
  for (const [key, bucket] of indebted) all.set(key, rerated(bucket, perPort, nowMs))
  return all
}

function leaveAtMs(
  one: Question,
  sent: Bucket,
  rated: ReadonlyMap<string, Bucket>,
  { nowMs, isBusy }: Allowed,
): number {
  const busyMs = isBusy(one.ip) ? nowMs + LATER_MS : nowMs
  return Math.max(busyMs, frameAtMs(sent, nowMs), frameAtMs(rated.get(keyOf(one))!, nowMs))
}

function keyOf({ ip, to }: Question): string {
  return to === BROADCAST_MAC ? ip : to
}
