import { ipv4Number, ipv4Of, type Ip } from './ip.ts'
import type { Mac } from './mac.ts'
import type { RoundPlan } from './round.ts'

/** Addresses of one cache line stay together: those that are asked for are neighbours as a rule. */
const LINE = 16

/**
 * Whom a sweep asks, each in a row of its own, found by number: texts of thousands would be looked up in memory that no cache
 * holds. Addresses are words as the machine reads them from a frame. IPv6 is left out: it is never asked for by ARP.
 */
export class Roster implements RoundPlan {
  readonly mac: Mac
  readonly timeoutNs: bigint
  readonly ips: readonly Ip[]
  readonly words: Int32Array
  /** Whom we ask from. */
  readonly senderWords: Int32Array
  /** From a word to its row, plus one; 0: free. */
  readonly #places: Int32Array
  #senders: ReadonlyMap<Ip, Ip> | null = null

  constructor({ mac, timeoutNs }: Omit<RoundPlan, 'senders'>, ips: readonly Ip[], senderOf: (ip: Ip) => Ip) {
    this.mac = mac
    this.timeoutNs = timeoutNs
    this.ips = ips.some((ip) => ipv4Number(ip) < 0) ? ips.filter((ip) => ipv4Number(ip) >= 0) : ips
    this.words = new Int32Array(this.ips.length)
    this.senderWords = new Int32Array(this.ips.length)
    this.#places = new Int32Array(LINE * 2 ** Math.ceil(Math.log2((2 * this.ips.length) / LINE + 1)))
    this.#fill(senderOf)
  }

  /** Made for whoever wants it: a sweep without surprises does not. */
  get senders(): ReadonlyMap<Ip, Ip> {
    return (this.#senders ??= new Map(this.ips.map((ip, row) => [ip, this.senderAt(row)])))
  }

  senderAt(row: number): Ip {
    return ipv4Of(swapped(this.senderWords[row]!))
  }

  /** -1 where it is not asked for. */
  rowOf(ip: Ip): number {
    const number = ipv4Number(ip)
    return number < 0 ? -1 : this.rowAt(swapped(number))
  }

  rowAt(word: number): number {
    return this.#places[this.#placeOf(word)]! - 1
  }

  #fill(senderOf: (ip: Ip) => Ip): void {
    let last = ''
    let lastWord = 0
    for (let row = 0; row < this.ips.length; row++) {
      const sender = senderOf(this.ips[row]!)
      if (sender !== last) lastWord = swapped(ipv4Number(sender))
      last = sender
      this.words[row] = swapped(ipv4Number(this.ips[row]!))
      this.senderWords[row] = lastWord
      this.#places[this.#placeOf(this.words[row]!)] = row + 1
    }
  }

  /** Lines are spread; what finds its place taken goes on by steps that come to every place, half of which are free. */
  #placeOf(word: number): number {
    const [places, words, number] = [this.#places, this.words, swapped(word)]
    const mask = places.length - 1
    let place = (((Math.imul(number >>> 4, 0x9e3779b1) >>> 4) & -LINE) | (number & (LINE - 1))) & mask
    for (let row = places[place]!; row !== 0 && words[row - 1] !== word; row = places[place]!)
      place = (place + LINE + 1) & mask
    return place
  }
}

/** The bytes of a word in the other order. */
export function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
}
