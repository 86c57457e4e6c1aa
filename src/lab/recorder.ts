import { openNative } from '../capture/native.ts'
import { decodeArp, isGratuitous, type CapturedFrame } from '../core/arp.ts'
import type { Ip } from '../core/ip.ts'
import { ArpcheckError } from '../errors.ts'
import { pcapHeader, pcapRecord } from '../capture/pcap.ts'

const KERNEL_BUFFER_BYTES = 4 * 1024 * 1024
const RING_FRAMES = 65_536
const UNTIL_MS = 20_000

/** Sees all ARP on one switch port: keeps it as a pcap file, and counts questions for those who wait for one. */
export class Recorder {
  readonly #capture
  readonly #onBytes: (bytes: Uint8Array) => void
  readonly #asked = new Map<Ip, number>()
  readonly #waiting = new Set<() => void>()

  constructor(port: string, onBytes: (bytes: Uint8Array) => void) {
    this.#onBytes = onBytes
    onBytes(pcapHeader())
    this.#capture = openNative(
      { device: port, filter: 'arp', kernelBufferBytes: KERNEL_BUFFER_BYTES, ringFrames: RING_FRAMES },
      { onFrames: () => this.#collect(), onTrouble: () => {} },
    )
  }

  /** Who-has for `ip` that have passed the port so far. */
  asked(ip: Ip): number {
    return this.#asked.get(ip) ?? 0
  }

  /** Resolves when `count` who-has for `ip` have passed the port, counted from the beginning. */
  async untilAsked(ip: Ip, count: number): Promise<void> {
    const deadline = performance.now() + UNTIL_MS
    while (this.asked(ip) < count) {
      const left = deadline - performance.now()
      if (left <= 0)
        throw new ArpcheckError(
          'lab-unavailable',
          `${ip} was asked for ${this.asked(ip)} times, not ${count}.`,
        )
      await this.#somethingHeard(left)
    }
  }

  /** Takes what is already on the wire, then ends. */
  stop(): void {
    this.#collect()
    this.#capture.close()
  }

  #collect(): void {
    const frames = this.#capture.drain()
    for (const frame of frames) this.#count(frame)
    if (frames.length > 0) this.#onBytes(Buffer.concat(frames.map(pcapRecord)))
    for (const wake of this.#waiting) wake()
  }

  #count({ bytes }: CapturedFrame): void {
    const arp = decodeArp(bytes)
    const isQuestion = typeof arp !== 'string' && arp.op === 'who-has' && !isGratuitous(arp)
    if (isQuestion) this.#asked.set(arp.tpa, this.asked(arp.tpa) + 1)
  }

  #somethingHeard(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(wake, withinMs)
      const waiting = this.#waiting
      waiting.add(wake)
      function wake(): void {
        clearTimeout(timer)
        waiting.delete(wake)
        resolve()
      }
    })
  }
}
