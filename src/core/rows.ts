import { macOf } from './mac.ts'
import { swapped, type Roster } from './roster.ts'
import type { Answer } from './round.ts'

/**
 * What was heard of each address of a sweep, as numbers: of most of them it is that one MAC has answered a broadcast, once.
 */
export interface Rows {
  readonly roster: Roster
  readonly asked: Uint32Array
  /** Of the last question, after the first stamp of all. */
  readonly askedAt: Float64Array
  readonly states: Uint8Array
  readonly macUpper: Uint16Array
  readonly macLower: Int32Array
  readonly replies: Uint32Array
  readonly rttNs: Float64Array
  readonly wireLengths: Uint32Array
  /** The first stamp of all: all others are nanoseconds after it. */
  start: { readonly high: number; readonly low: number } | null
  /** The last question of all; not a number: none, or the round itself knows. */
  lastAskedAt: number
}

/** `LEDGER`: more is to be told of it than a row holds, in a ledger of its own. */
export const SILENT = 0
export const ANSWERED = 1
export const LEDGER = 2

export function openRows(roster: Roster): Rows {
  const size = roster.ips.length
  return {
    roster,
    asked: new Uint32Array(size),
    askedAt: new Float64Array(size),
    states: new Uint8Array(size),
    macUpper: new Uint16Array(size),
    macLower: new Int32Array(size),
    replies: new Uint32Array(size),
    rttNs: new Float64Array(size),
    wireLengths: new Uint32Array(size),
    start: null,
    lastAskedAt: NaN,
  }
}

/** Who answered, where the row says so. */
export function answerIn(rows: Rows, row: number): Answer | null {
  if (rows.states[row] !== ANSWERED) return null
  const upper = rows.macUpper[row]!
  const mac = macOf(((upper & 0xff) << 8) | (upper >>> 8), swapped(rows.macLower[row]!))
  const shortestFrame = rows.wireLengths[row]!
  return { mac, ethSrcs: [mac], replies: rows.replies[row]!, rttNs: BigInt(rows.rttNs[row]!), shortestFrame }
}

/** The stamp behind a number of nanoseconds; null where there was none. */
export function stampAt({ start }: Rows, at: number): bigint | null {
  return start && !Number.isNaN(at) ? ((BigInt(start.high) << 32n) | BigInt(start.low)) + BigInt(at) : null
}
