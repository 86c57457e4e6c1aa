import type { RoundPlan } from './round.ts'
import { ANSWERED, LEDGER, SILENT, type Rows } from './rows.ts'

/**
 * Takes a frame where it lies, which costs no object; false: it was not taken, and has to be heard as any other. `words`: as
 * the machine reads them, from `at` on; `high` and `low` are the halves of its stamp.
 */
export type TakeInPlace = (
  words: Int32Array,
  at: number,
  captured: number,
  wireLength: number,
  high: number,
  low: number,
) => boolean

const [FRAME_BYTES, HALF] = [42, 0xffff]
/** Ethernet's type and the head of ARP for IPv4 on Ethernet, read from a machine whose lowest byte comes first. */
const [ARP_ETHERNET, IPV4_LENGTHS, WHO_HAS, REPLY] = [0x0100_0608, 0x0406_0008, 0x0100, 0x0200]

/**
 * For the frames that nearly all of a sweep are: our own broadcast, and the answers of one MAC to it, sent by itself to us.
 * Whatever differs is left to `hear`, which knows all cases.
 *
 *   0 ethDst 6 ethSrc 12 type hrd 16 pro hln pln 20 op 22 sha 28 spa 32 tha 38 tpa 42
 */
export function takerFor({ mac, timeoutNs: timeout }: RoundPlan, rows: Rows): TakeInPlace {
  const own = macWords(mac)
  const timeoutNs = Number(timeout)
  return (words, at, captured, wireLength, high, low) => {
    if (captured < FRAME_BYTES || words[at + 3] !== ARP_ETHERNET || words[at + 4] !== IPV4_LENGTHS)
      return false
    const [first, second, operation] = [words[at]!, words[at + 1]!, words[at + 5]!]
    const [sha, shaStart, spa] = [words[at + 6]!, operation >>> 16, words[at + 7]!]
    const tpa = (words[at + 9]! >>> 16) | (words[at + 10]! << 16)
    const isOurs = sha === own.end && shaStart === own.start
    const stamp = stampIn(rows, high, low)
    if (spa === tpa || !Number.isSafeInteger(stamp)) return false
    if ((operation & HALF) === WHO_HAS)
      return isOurs && first === -1 && (second & HALF) === HALF && takeQuestion(rows, tpa, spa, stamp)
    const isToUs = first === own.head && (second & HALF) === own.tail
    const isForUs = words[at + 8] === own.head && (words[at + 9]! & HALF) === own.tail
    const isItsOwn = second >>> 16 === shaStart && words[at + 2] === sha && !isOurs
    if ((operation & HALF) !== REPLY || !isToUs || !isForUs || !isItsOwn) return false
    // nobody, or a group
    if ((shaStart & 1) === 1 || (sha === 0 && shaStart === 0)) return false
    const row = rows.roster.rowAt(spa)
    if (row < 0 || rows.roster.senderWords[row] !== tpa || rows.asked[row] === 0) return false
    // also where nobody knows when the last question was
    if (!(stamp - rows.lastAskedAt <= timeoutNs)) return false
    return takeReply(rows, row, shaStart, sha, stamp, wireLength)
  }
}

function takeQuestion(rows: Rows, tpa: number, spa: number, stamp: number): boolean {
  const row = rows.roster.rowAt(tpa)
  if (row < 0 || rows.roster.senderWords[row] !== spa || rows.states[row] === LEDGER) return false
  rows.asked[row]!++
  rows.askedAt[row] = rows.lastAskedAt = stamp
  return true
}

function takeReply(
  rows: Rows,
  row: number,
  upper: number,
  lower: number,
  stamp: number,
  wireLength: number,
): boolean {
  if (rows.states[row] === SILENT) {
    rows.states[row] = ANSWERED
    rows.macUpper[row] = upper
    rows.macLower[row] = lower
    rows.rttNs[row] = stamp - rows.askedAt[row]!
    rows.wireLengths[row] = wireLength
  } else if (rows.states[row] !== ANSWERED || rows.macUpper[row] !== upper || rows.macLower[row] !== lower)
    return false
  rows.replies[row]!++
  rows.wireLengths[row] = Math.min(rows.wireLengths[row]!, wireLength)
  return true
}

/** Nanoseconds after the first stamp of all. */
function stampIn(rows: Rows, high: number, low: number): number {
  const start = (rows.start ??= { high, low })
  return (high - start.high) * 2 ** 32 + (low - start.low)
}

/** A MAC where a frame begins with it (`head`, `tail`), and where it lies two bytes before a word (`start`, `end`). */
function macWords(mac: string): { head: number; tail: number; start: number; end: number } {
  const [a, b, c, d, e, f] = mac.split(':').map((part) => Number.parseInt(part, 16)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return {
    head: a | (b << 8) | (c << 16) | (d << 24),
    tail: e | (f << 8),
    start: a | (b << 8),
    end: c | (d << 8) | (e << 16) | (f << 24),
  }
}
