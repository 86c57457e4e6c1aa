import { ipv4Number, type Ip } from './ip.ts'
import { macOf } from './mac.ts'
import type { Answer } from './round.ts'

/**
 * What was heard of each address of a sweep, as numbers: of most of them it is that one MAC has answered a broadcast, once.
 * Addresses are words as the machine reads them from a frame.
 */
export interface Rows {
  /** From a word to its row, plus one; 0: free. A word leads to its own place or one behind it. */
  readonly places: Int32Array
  readonly words: Int32Array
  /** Whom we ask from. */
  readonly senders: Int32Array
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

export function openRows(senders: ReadonlyMap<Ip, Ip>): Rows {
  const size = senders.size
  const rows: Rows = {
    places: new Int32Array(2 ** Math.ceil(Math.log2(2 * size + 2))),
    words: new Int32Array(size),
    senders: new Int32Array(size),
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
  addAll(rows, senders)
  return rows
}

function addAll({ places, words, senders: from }: Rows, senders: ReadonlyMap<Ip, Ip>): void {
  let row = 0
  let last = '' as Ip
  let lastWord = 0
  for (const [ip, sender] of senders) {
    if (sender !== last) lastWord = swapped(ipv4Number(sender))
    last = sender
    const number = ipv4Number(ip)
    if (number < 0) continue
    words[row] = swapped(number)
    from[row] = lastWord
    places[placeOf(places, words, words[row]!)] = ++row
  }
}

/** The row of the address with this word; -1 where it was not asked for. */
export function rowAt({ places, words }: Rows, word: number): number {
  return places[placeOf(places, words, word)]! - 1
}

/** Neighbours differ in the upper bits, which lead each to a place of its own. */
function placeOf(places: Int32Array, words: Int32Array, word: number): number {
  const mask = places.length - 1
  let place = (Math.imul(word, 0x9e3779b1) >>> Math.clz32(mask)) & mask
  while (places[place] !== 0 && words[places[place]! - 1] !== word) place = (place + 1) & mask
  return place
}

/** IPv6 has none: it is never asked for by ARP. */
export function rowOf(rows: Rows, ip: Ip): number {
  const number = ipv4Number(ip)
  return number < 0 ? -1 : rowAt(rows, swapped(number))
}

/** As the machine reads it from a frame: its first byte is the lowest. */
function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
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
