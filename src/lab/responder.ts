import type { Capture } from '../capture/capture.ts'
import { openNative } from '../capture/native.ts'
import { RESPONDER_FILTER } from '../capture/filter.ts'
import { decodeArp, type ArpFrame } from '../core/arp.ts'
import type { Ip } from '../core/ip.ts'
import { seededRandom, type Random } from '../core/random.ts'
import type { Nic } from './hosts.ts'
import { startMemberlistPeer, type MemberlistPeer } from './memberlist-peer/peer.ts'
import { scriptOf, type PeerTold } from './memberlist-peer/told.ts'
import { Counters } from './metrics/counters.ts'
import type { MetricsServer } from './metrics/server.ts'
import { metricsText } from './metrics/text.ts'
import type { MetricsTold } from './metrics/told.ts'
import { GRATUITOUS_MS, gratuitousFrames, isAnnouncedOn, repliesTo, type SpeakerState } from './speaker.ts'

/** What the lab tells a host's responder: once whole, later its state alone; each order is answered by its number. */
export interface ResponderOrder {
  readonly number: number
  readonly state: SpeakerState
  readonly nics?: readonly Nic[]
  readonly seed?: number
  /** 0.1: announcements are repeated ten times as fast as MetalLB's. */
  readonly timeScale?: number
}

interface Port {
  readonly nic: Nic
  readonly capture: Capture
}

const ETHERTYPE_ARP = 0x0806
const KERNEL_BUFFER_BYTES = 1024 * 1024
const RING_FRAMES = 4096
const MEMBERLIST_PORT = 7946

/** The process on a host that answers as a speaker would: started by the lab, ends with it. */
export function respond(): void {
  // As MetalLB's process is called: arpcheck names who listens for ARP beside it
  process.title = 'speaker'
  const responder = new Responder()
  process.once('disconnect', () => process.exit(0))
  let turn = Promise.resolve()
  process.on('message', (order: ResponderOrder) => {
    turn = turn.then(async () => {
      await responder.obey(order)
      process.send!(order.number)
    })
  })
}

class Responder {
  #state: SpeakerState = { announces: [] }
  #random: Random = seededRandom(0)
  #timeScale = 1
  #ports: Port[] = []
  #peer: MemberlistPeer | null = null
  readonly #counters = new Counters()
  #metrics: MetricsServer | null = null
  #start: number | undefined
  /** Announcements that are still to come, by address: a new takeover starts them again. */
  readonly #timers = new Map<Ip, NodeJS.Timeout[]>()

  async obey({ state, nics, seed, timeScale }: ResponderOrder): Promise<void> {
    const taken = state.announces.filter((ip) => !this.#state.announces.includes(ip))
    const isStart = nics !== undefined
    this.#state = state
    if (seed !== undefined) this.#random = seededRandom(seed)
    if (timeScale !== undefined) this.#timeScale = timeScale
    if (isStart) this.#ports = nics.map((nic) => this.#open(nic))
    else for (const ip of taken) this.#announce(ip)
    await Promise.all([this.#gossip(state.memberlist ?? null), this.#tell(state.metrics ?? null)])
  }

  /** Says from now on what its metrics would; another start is another process. */
  async #tell(told: MetricsTold | null): Promise<void> {
    if (told?.start !== this.#start) this.#counters.clear()
    this.#start = told?.start
    if (!told && !this.#metrics) return
    // Loaded where it is needed: HTTP and TLS take as long as the rest of the start
    const { MetricsServer } = await import('./metrics/server.ts')
    this.#metrics ??= new MetricsServer((of) => metricsText(of, this.#state.announces, this.#counters.all))
    await this.#metrics.play(told)
  }

  /** Says from now on what its memberlist would. */
  async #gossip(told: PeerTold | null): Promise<void> {
    if (told && this.#peer) return this.#peer.play(scriptOf(told))
    await this.#peer?.close()
    this.#peer = told && (await startMemberlistPeer(scriptOf(told), told.address, MEMBERLIST_PORT))
  }

  #open(nic: Nic): Port {
    const capture = openNative(
      {
        device: nic.name,
        filter: RESPONDER_FILTER,
        // Like MetalLB's own socket: it hears nothing that this host itself sends
        etherType: ETHERTYPE_ARP,
        kernelBufferBytes: KERNEL_BUFFER_BYTES,
        ringFrames: RING_FRAMES,
      },
      { onFrames: () => this.#answer(nic, capture), onTrouble: () => {} },
    )
    return { nic, capture }
  }

  #answer(nic: Nic, capture: Capture): void {
    const requests = capture.drain().map(({ bytes }) => decodeArp(bytes))
    const frames = requests.flatMap((request) =>
      typeof request === 'string' ? [] : this.#repliesTo(request, nic),
    )
    const send = () => void capture.send({ frames, gapNs: 0 })
    if (frames.length === 0 || this.#state.gagged) return
    if (this.#state.delayMs === undefined) send()
    else setTimeout(send, this.#state.delayMs)
  }

  #repliesTo(request: ArpFrame, nic: Nic): Uint8Array[] {
    const frames = repliesTo(request, this.#state, nic, this.#random)
    this.#counters.count(request, { state: this.#state, nic, replies: frames.length })
    return frames
  }

  #announce(ip: Ip): void {
    for (const timer of this.#timers.get(ip) ?? []) clearTimeout(timer)
    const burst = () => {
      if (this.#state.muted || this.#state.gagged) return
      for (const { nic, capture } of this.#ports.filter((port) => isAnnouncedOn(port.nic, ip, this.#state)))
        void capture.send({ frames: gratuitousFrames(ip, this.#state, nic), gapNs: 0 })
    }
    this.#timers.set(
      ip,
      GRATUITOUS_MS.map((ms) => setTimeout(burst, ms * this.#timeScale)),
    )
  }
}
