import type { Ip } from '../ip.ts'
import type { Mac } from '../mac.ts'
import { unaskedRound } from '../round.ts'
import type { PastRound } from '../rounds.ts'
import { PADDED } from '../sentences-answers.ts'
import type { Sighting } from './passive.ts'

/**
 * Who was heard for one VIP without being asked: all the evidence that a daemon has that only listens, or on the node that
 * should answer itself. Bounded, whatever comes.
 */
export type Hearsay = readonly Claimant[]

export interface Claimant {
  readonly mac: Mac
  readonly lastMs: number
  /** Its last announcement; -Infinity: it has only replied. */
  readonly announcedMs: number
  readonly frames: number
}

const MAX_CLAIMANTS = 8

/** The last heard is the last of the list; the one that has not been heard for the longest makes room. */
export function heard(hearsay: Hearsay, { mac, how, at, frames = 1 }: Sighting): Hearsay {
  const before = hearsay.find((one) => one.mac === mac)
  const claimant: Claimant = {
    mac,
    lastMs: at.ms,
    announcedMs: how === 'gratuitous' ? at.ms : (before?.announcedMs ?? -Infinity),
    frames: (before?.frames ?? 0) + frames,
  }
  return [...hearsay.filter((one) => one !== before), claimant].slice(-MAX_CLAIMANTS)
}

/** What is heard once of a deviation outlasts the hold-down, so that a fault that nobody mends is told. */
const PAST_THE_HOLD_DOWN_MS = 10_000

/** How long it counts that somebody was heard: for two intervals, as an answer does, and longer than any hold-down. */
export function countsForMs(intervalMs: number, holdDownMs: number): number {
  return Math.max(2 * intervalMs, holdDownMs + PAST_THE_HOLD_DOWN_MS)
}

/**
 * Who still claims it. An announcement says that a speaker takes over (internal/layer2/announcer.go), so that who was
 * heard before it, and not since, has given up; a reply takes nothing from anybody. No fail-over takes from a stranger.
 */
export function claimantsIn(
  hearsay: Hearsay,
  sinceMs: number,
  isStranger: (mac: Mac) => boolean,
): readonly Claimant[] {
  const lately = hearsay.filter(({ lastMs }) => lastMs >= sinceMs)
  return lately.filter(
    ({ mac, lastMs }) =>
      isStranger(mac) ||
      !lately.some((other) => other.mac !== mac && !isStranger(other.mac) && other.announcedMs > lastMs),
  )
}

/** As the judge reads it: no round heard anything where nobody was heard. What this host sends is seen before its NIC pads it. */
export function pastOf(vip: Ip, claimants: readonly Claimant[]): PastRound[] {
  if (claimants.length === 0) return []
  const answers = claimants.map(({ mac, frames }) => ({
    mac,
    ethSrcs: [mac],
    replies: frames,
    rttNs: null,
    shortestFrame: PADDED,
  }))
  return [{ round: unaskedRound(vip, answers), loss: 'none' }]
}
