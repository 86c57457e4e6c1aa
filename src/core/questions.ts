import { ARP_FRAME_BYTES, encodeArp } from './arp.ts'
import type { Question } from './attribution.ts'
import { ipv4Number, UNSPECIFIED_IPV4, type Ip } from './ip.ts'
import { BROADCAST_MAC, ZERO_MAC, type Mac } from './mac.ts'
import type { Roster } from './roster.ts'
import type { RoundPlan } from './round.ts'

const SPA_OFFSET = 28
const TPA_OFFSET = 38

/** Frames of one length, one behind the other; made into single ones for whoever asks for these. */
export class Packed {
  readonly packed: Uint8Array
  readonly frameBytes = ARP_FRAME_BYTES
  readonly gapNs: number

  constructor(packed: Uint8Array, gapNs: number) {
    this.packed = packed
    this.gapNs = gapNs
  }

  get frames(): Uint8Array[] {
    const count = this.packed.length / ARP_FRAME_BYTES
    return Array.from({ length: count }, (_, i) =>
      this.packed.subarray(i * ARP_FRAME_BYTES, (i + 1) * ARP_FRAME_BYTES),
    )
  }
}

/** The who-has of each question. Neighbours in the list differ in the address alone: what one has is copied from the other. */
export function whoHasFrames(
  questions: readonly Question[],
  { mac, senders }: Pick<RoundPlan, 'mac' | 'senders'>,
  gapNs = 0,
): Packed {
  const bytes = new Uint8Array(questions.length * ARP_FRAME_BYTES)
  let [at, lastTo, lastSpa] = [0, ZERO_MAC, UNSPECIFIED_IPV4]
  for (const { ip, to } of questions) {
    const spa = senders.get(ip)!
    if (at > 0 && to === lastTo && spa === lastSpa) bytes.copyWithin(at, at - ARP_FRAME_BYTES, at)
    else bytes.set(whoHas(ip, to, mac, spa), at)
    lastTo = to
    lastSpa = spa
    putIpv4(ip, bytes, at + TPA_OFFSET)
    at += ARP_FRAME_BYTES
  }
  return new Packed(bytes, gapNs)
}

/** The broadcast who-has of each of these rows. */
export function whoHasRows(roster: Roster, rows: Int32Array, gapNs: number): Packed {
  const bytes = new Uint8Array(rows.length * ARP_FRAME_BYTES)
  let at = 0
  for (const row of rows) {
    if (at > 0) bytes.copyWithin(at, at - ARP_FRAME_BYTES, at)
    else bytes.set(whoHas(roster.ips[row]!, BROADCAST_MAC, roster.mac, roster.senderAt(row)))
    putWord(roster.senderWords[row]!, bytes, at + SPA_OFFSET)
    putWord(roster.words[row]!, bytes, at + TPA_OFFSET)
    at += ARP_FRAME_BYTES
  }
  return new Packed(bytes, gapNs)
}

function putWord(word: number, bytes: Uint8Array, at: number): void {
  bytes[at] = word
  bytes[at + 1] = word >>> 8
  bytes[at + 2] = word >>> 16
  bytes[at + 3] = word >>> 24
}

function putIpv4(ip: Ip, bytes: Uint8Array, at: number): void {
  const number = ipv4Number(ip)
  bytes[at] = number >>> 24
  bytes[at + 1] = number >>> 16
  bytes[at + 2] = number >>> 8
  bytes[at + 3] = number
}

function whoHas(tpa: Ip, ethDst: Mac, mac: Mac, spa: Ip): Uint8Array {
  return encodeArp({ op: 'who-has', ethDst, ethSrc: mac, sha: mac, spa, tha: ZERO_MAC, tpa })
}
