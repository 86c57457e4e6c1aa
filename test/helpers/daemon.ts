import type { Capture, CaptureEvents } from '../../src/capture/capture.ts'
import { decodeArp, encodeArp, type ArpFrame, type CapturedFrame } from '../../src/core/arp.ts'
import type { SpeakerClaim } from '../../src/core/claims.ts'
import type { ClusterSnapshot, NicRecord, NodeNic, Readable } from '../../src/core/cluster.ts'
import type { HostFacts } from '../../src/core/host.ts'
import type { Ip } from '../../src/core/ip.ts'
import { BROADCAST_MAC, type Mac } from '../../src/core/mac.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { VerdictName } from '../../src/core/verdict.ts'
import type { DaemonConfig } from '../../src/core/watch/config.ts'
import type { Observation, VipState } from '../../src/core/watch/state.ts'
import { Watch, type WatchEdges } from '../../src/daemon-watch.ts'
import type { ViewsReading } from '../../src/elected.ts'
import type { ArpcheckError } from '../../src/errors.ts'
import type { Log } from '../../src/log.ts'
import { cluster, NOW } from './cluster.ts'
import {
  addressOf,
  calmCluster,
  NUC_MACS,
  NUCS,
  nucViews,
  withNodes,
  withOwners,
  type NucName,
} from './nucs.ts'
import { answers, GATEWAY, hostFacts, mac, padded, type Responder } from './segment.ts'
import { VirtualClock } from './virtual-clock.ts'

export const CONFIG: DaemonConfig = {
  interfaces: [],
  intervalMs: 30_000,
  confirmIntervalMs: 5000,
  vantages: 'all',
  budgetPerSecond: 10,
  passive: false,
  mustBeFree: [],
  namespaces: [],
  kubeconfig: null,
  context: null,
  metallbNamespace: null,
  namespace: null,
  node: 'nuc-3',
  memberlist: 'auto',
  memberlistKeyFile: null,
  speakerMetrics: false,
  listen: { host: '127.0.0.1', port: 0 },
  healthListen: { host: '127.0.0.1', port: 0 },
  webConfigFile: null,
  metricsMaxVips: 500,
  logLevel: 'info',
  logFormat: 'json',
}

/** What each daemon wrote down of its node. */
export function nicRecords(names: readonly NucName[] = NUCS): NicRecord[] {
  return names.map((node) => ({
    node,
    nics: [
      { name: 'eno1', mac: mac(NUC_MACS[node]), addresses: [{ ip: addressOf(node), bits: 24 }], state: 'up' },
    ],
    changedAt: NOW - 3_600_000,
  }))
}

/** nuc-3's daemon in a home lab in memory, in a time that the test drives. */
export class DaemonWorld {
  readonly clock = new VirtualClock()
  responders: Responder[] = [answers(GATEWAY.ip, GATEWAY.mac)]
  cluster: ClusterSnapshot = { ...calmCluster(), nicRecords: nicRecords() }
  /** Monotonic; null: it answers. */
  apiAwaySinceMs: number | null = null
  /** Where nothing could be read yet. */
  unread: ClusterSnapshot['inputs'] | null = null
  views: ViewsReading = nucViews(NUCS, NUCS)
  facts: HostFacts = hostFacts()
  readonly sent: (ArpFrame & { readonly atMs: number })[] = []
  readonly asked: { readonly speaker: string; readonly atMs: number }[] = []
  readonly published: (readonly NodeNic[])[] = []
  readonly observed: Observation[] = []
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[] = []
  readonly open = new Set<CaptureEvents>()
  readonly #wires = new Set<(bytes: Uint8Array) => void>()
  /** Every verdict that stood, by VIP, in its order. */
  readonly verdicts = new Map<string, (VerdictName | null)[]>()
  readonly stop = new AbortController()
  /** Speakers' claims by node, who lives by ICMP echo; null: that cannot be asked. */
  claims: ((node: string) => SpeakerClaim['reading']) | null = null
  echo: ((address: Ip) => 'alive' | 'silent') | null = null
  /** Frames that the kernel dropped so far. */
  drops: () => number = () => 0
  readonly scraped: number[] = []
  readonly echoed: { readonly ip: Ip; readonly atMs: number }[] = []
  refuses: ArpcheckError | null = null
  hostRefuses: ArpcheckError | null = null
  onHostChange: () => void = () => {}
  onClusterChange: () => void = () => {}
  ended: Promise<void> = Promise.resolve()
  watch!: Watch

  constructor() {
    withNodes(this)
    withOwners(this)
  }

  start(config: Partial<DaemonConfig> = {}): void {
    this.watch = new Watch({ ...CONFIG, ...config }, this.edges())
    this.ended = this.watch.run((one) => void this.observed.push(one), this.stop.signal)
    this.ended.catch(() => {})
  }

  /** Until it has ended by itself. */
  async end(): Promise<void> {
    this.stop.abort()
    await this.clock.run(5000)
    await this.ended
  }

  /** Lets time run, and keeps what it says each second. */
  async run(seconds: number): Promise<void> {
    for (let left = seconds; left > 0; left--) {
      await this.clock.run(1000)
      for (const [vip, { row }] of this.watch.state().vips) {
        const before = this.verdicts.get(vip) ?? []
        if (before.at(-1) !== (row?.verdict ?? null))
          this.verdicts.set(vip, [...before, row?.verdict ?? null])
      }
    }
  }

  vip(ip: string): VipState {
    return this.watch.state().vips.get(ip as Ip)!
  }

  lose(name: NucName): void {
    const hardware = mac(NUC_MACS[name])
    const before = this.responders
    this.responders = before.map((respond) => (question) => {
      const replies = respond(question)
      return replies.filter((bytes) => (decodeArp(bytes) as ArpFrame).sha !== hardware)
    })
  }

  /** A frame that nobody asked for, on every capture. */
  overhear(frame: ArpFrame): void {
    for (const come of this.#wires) come(padded(encodeArp(frame)))
  }

  /** A gratuitous ARP, as a speaker sends it. */
  announce(vip: Ip, sha: Mac): void {
    this.overhear({
      op: 'reply',
      ethDst: BROADCAST_MAC,
      ethSrc: sha,
      sha,
      spa: vip,
      tha: BROADCAST_MAC,
      tpa: vip,
    })
  }

  edges(): WatchEdges {
    return {
      clock: this.clock,
      random: seededRandom(7),
      hostFacts: () => {
        if (this.hostRefuses) throw this.hostRefuses
        return this.facts
      },
      openCapture: (_name, events) => this.#openCapture(events),
      watchHost: (onChange) => {
        this.onHostChange = onChange
        return { close: () => (this.onHostChange = () => {}) }
      },
      cluster: {
        watch: {
          snapshot: () => this.#snapshot(),
          onChange: (listener) => {
            this.onClusterChange = listener
            return () => (this.onClusterChange = () => {})
          },
          status: () => [],
        },
        ready: async () => {},
        readViews: async ({ speakerPods }) => {
          const names = speakerPods.map(({ nodeName }) => nodeName)
          for (const name of names) this.asked.push({ speaker: name!, atMs: this.clock.monotonicMs() })
          return {
            ...this.views,
            readings: this.views.readings.filter(({ speaker }) => names.includes(speaker.name)),
          }
        },
        readClaims:
          this.claims &&
          (async ({ speakerPods }) => {
            this.scraped.push(this.clock.monotonicMs())
            return speakerPods.map(({ nodeName }) => ({ node: nodeName!, reading: this.claims!(nodeName!) }))
          }),
        publish: async (nics) => void this.published.push(nics),
      },
      ...(this.echo ? { echo: async (ips: readonly Ip[]) => this.#echo(ips) } : {}),
      log: this.#log(),
    }
  }

  #echo(ips: readonly Ip[]): ReadonlyMap<Ip, 'alive' | 'silent'> {
    for (const ip of ips) this.echoed.push({ ip, atMs: this.clock.monotonicMs() })
    return new Map(ips.map((ip) => [ip, this.echo!(ip)]))
  }

  #snapshot(): ClusterSnapshot {
    const ms = this.clock.monotonicMs()
    if (this.unread) return { ...cluster(), inputs: this.unread, takenAt: NOW + ms, metallbNamespace: null }
    const ageMs = this.apiAwaySinceMs === null ? 0 : ms - this.apiAwaySinceMs
    const readable: Readable = 'yes'
    const inputs = Object.keys(this.cluster.inputs).map((name) => [name, { readable, ageMs }])
    return {
      ...this.cluster,
      inputs: Object.fromEntries(inputs) as ClusterSnapshot['inputs'],
      takenAt: NOW + ms,
    }
  }

  #openCapture(events: CaptureEvents): Capture {
    if (this.refuses) throw this.refuses
    this.open.add(events)
    const queue: CapturedFrame[] = []
    let [sent, received] = [0, 0]
    const come = (bytes: Uint8Array): void => {
      queue.push({ bytes, wireLength: bytes.length, atNs: this.clock.wallNs() })
      received++
      if (this.open.has(events)) events.onFrames()
    }
    this.#wires.add(come)
    return {
      engine: 'native',
      can: { statistics: true, timestamps: true, survivesDown: true },
      send: async ({ frames }) => {
        for (const bytes of frames) {
          const question = decodeArp(bytes) as ArpFrame
          sent++
          this.sent.push({ ...question, atMs: this.clock.monotonicMs() })
          const replies = this.responders.flatMap((respond) => respond(question))
          void this.clock.sleep(0).then(() => come(bytes))
          for (const reply of replies) void this.clock.sleep(0.3).then(() => come(reply))
        }
      },
      drain: () => queue.splice(0),
      statistics: () => ({ received, kernelDrops: this.drops(), ringDrops: 0, sent, sendErrors: 0 }),
      close: () => {
        this.open.delete(events)
        this.#wires.delete(come)
      },
    }
  }

  #log(): Log {
    const write =
      (level: string) =>
      (message: string, fields: object = {}) =>
        void this.lines.push({ level, message, fields })
    return { debug: null, info: write('info'), warn: write('warn'), error: write('error') }
  }
}
