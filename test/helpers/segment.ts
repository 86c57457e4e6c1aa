import type {
  Abilities,
  Batch,
  Capture,
  CaptureEvents,
  CaptureStatistics,
} from '../../src/capture/capture.ts'
import { decodeArp, encodeArp, type ArpFrame, type CapturedFrame } from '../../src/core/arp.ts'
import type { HostFacts, Link } from '../../src/core/host.ts'
import { parseIp, type Ip } from '../../src/core/ip.ts'
import { parseMac, type Mac } from '../../src/core/mac.ts'
import type { ArpcheckError } from '../../src/errors.ts'
import { FakeClock } from './clock.ts'

export const mac = (text: string): Mac => parseMac(text)!
export const ip = (text: string): Ip => parseIp(text)!

export const OWN_MAC = mac('1c:69:7a:aa:03:10')
export const GATEWAY = { ip: ip('192.168.1.1'), mac: mac('24:6f:28:00:00:01') }

/** What a machine on the segment says to a who-has of ours: frames, in order. */
export type Responder = (question: ArpFrame) => readonly Uint8Array[]

/** A machine that answers for one address with one MAC, by broadcast and unicast, as MetalLB does. */
export function answers(address: string, hardware: string): Responder {
  const [spa, sha] = [ip(address), mac(hardware)]
  return (question) => (question.tpa === spa ? [replyTo(question, { sha })] : [])
}

/** A reply to `question`, padded to 60 bytes; `change` makes it lie. */
export function replyTo(question: ArpFrame, change: Partial<ArpFrame>): Uint8Array {
  const sha = change.sha ?? OWN_MAC
  const reply = {
    op: 'reply',
    ethDst: question.sha,
    ethSrc: sha,
    sha,
    spa: question.tpa,
    tha: question.sha,
    tpa: question.spa,
  } as const
  return padded(encodeArp({ ...reply, ...change }))
}

export function padded(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(60)
  bytes.set(frame)
  return bytes
}

/** A segment in memory, on one interface: what we send is stamped and heard by every responder. */
export class FakeSegment {
  readonly clock = new FakeClock()
  readonly sent: ArpFrame[] = []
  responders: Responder[] = [answers(GATEWAY.ip, GATEWAY.mac)]
  facts: HostFacts = hostFacts()
  /** Drops that the statistics show after this many sent frames. */
  kernelDrops: (sent: number) => number = () => 0
  /** So many frames are received for each that is sent. */
  framesEach = 1
  countsFrames = true
  opened = 0
  closed = 0
  #events: CaptureEvents | undefined
  #queue: CapturedFrame[] = []
  #sentBefore = 0

  readonly open = (_name: string, _frames: number, events: CaptureEvents): Capture => {
    this.opened++
    this.#sentBefore = this.sent.length
    this.#events = events
    const can: Abilities = { statistics: this.countsFrames, timestamps: true, survivesDown: true }
    return {
      engine: 'native',
      can,
      send: async (batch) => this.#send(batch),
      drain: () => this.#queue.splice(0),
      statistics: () => this.#statistics(),
      close: () => void this.closed++,
    }
  }

  /** A frame from the wire at this moment, after `delayNs`. */
  push(bytes: Uint8Array, delayNs = 200_000n): void {
    this.#queue.push({ bytes, wireLength: bytes.length, atNs: this.clock.wallNs() + delayNs })
    this.#events?.onFrames()
  }

  trouble(error: ArpcheckError): void {
    this.#events?.onTrouble(error)
  }

  #send({ frames }: Batch): void {
    for (const bytes of frames) {
      const question = decodeArp(bytes)
      if (typeof question === 'string') throw new Error(`we sent a frame that is ${question}`)
      this.sent.push(question)
      this.push(bytes, 0n)
      for (const reply of this.responders.flatMap((respond) => respond(question))) this.push(reply)
    }
  }

  #statistics(): CaptureStatistics | null {
    const sent = this.sent.length - this.#sentBefore
    if (!this.countsFrames) return null
    return {
      received: sent * this.framesEach,
      kernelDrops: this.kernelDrops(sent),
      ringDrops: 0,
      sent,
      sendErrors: 0,
    }
  }
}

export function link(change: Partial<Link> = {}): Link {
  return {
    index: 2,
    name: 'eno1',
    mac: OWN_MAC,
    ethernet: true,
    loopback: false,
    up: true,
    carrier: true,
    arp: true,
    kind: null,
    master: null,
    lower: null,
    vlanId: null,
    wireless: false,
    mtu: 1500,
    addresses: [{ ip: ip('192.168.1.13'), bits: 24 }],
    ...change,
  }
}

export function hostFacts(change: Partial<HostFacts> = {}): HostFacts {
  const gateways = [{ ip: GATEWAY.ip, interface: 'eno1' }]
  return {
    hostname: 'nuc-3',
    links: [link()],
    gateways,
    neighbours: [],
    arpListeners: [],
    ignored: {},
    ...change,
  }
}
