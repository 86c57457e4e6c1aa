import type { Capture, CaptureStatistics } from './capture/capture.ts'
import type { CheckEdges, CheckOptions } from './options.ts'
import { encodeArp } from './core/arp.ts'
import type { Ip } from './core/ip.ts'
import { attributionQuestions, nodeAddresses, type ClusterSide, type Question } from './core/cluster-side.ts'
import { crossAddresses } from './core/macs.ts'
import type { Loss } from './core/case.ts'
import { BROADCAST_MAC, ZERO_MAC, type Mac } from './core/mac.ts'
import { paceOf } from './core/pace.ts'
import type { FrameCounts } from './core/report.ts'
import { hear, openRound, type Round, type RoundPlan } from './core/round.ts'
import { hearing, mergeEvidence, mustAskAgain, type PastRound } from './core/rounds.ts'
import { isOnLink, senderFor, type Vantage } from './core/vantage.ts'
import type { ArpcheckError } from './errors.ts'

/** What to ask from one interface, and with what. */
export interface Task {
  readonly vantage: Vantage
  readonly options: CheckOptions
  readonly edges: CheckEdges
  readonly cluster: ClusterSide | null
  readonly ownMacs: ReadonlySet<Mac>
  readonly signal: AbortSignal
}

export interface Asked {
  readonly past: readonly PastRound[]
  readonly frames: Frames
  /** What the interface did to us; what was heard before it stands. */
  readonly trouble: ArpcheckError | null
}

/** Counted by the engine; where it keeps no statistics, what was handed to it and what came out. */
export type Frames = Omit<FrameCounts, 'ignored'>

/** Asks from one interface: broadcasts, again where frames were lost, unicast where a given MAC kept silent. */
export async function askVantage(task: Task): Promise<Asked> {
  const asker = new Asker(task)
  const past: PastRound[] = []
  try {
    do past.push(await asker.round())
    while (asker.canAskAgain() && mustAskAgain(past))
    await asker.pass(unicastQuestions(task, past))
    if (task.cluster) await asker.pass(attributionQuestions(task.cluster, task.ownMacs, past))
  } finally {
    asker.close()
  }
  return { past, frames: asker.frames(), trouble: asker.trouble }
}

/** An open capture and the round that it feeds. An abort or trouble closes it, so that nothing more is sent. */
class Asker {
  trouble: ArpcheckError | null = null
  #statistics: CaptureStatistics | null = null
  #handedOver = 0
  #drained = 0
  readonly #task: Task
  readonly #plan: RoundPlan
  readonly #capture: Capture
  readonly #stop = new AbortController()
  #current: Round

  constructor(task: Task) {
    const { vantage, options, edges, signal } = task
    this.#task = task
    const senders = [...questionedIps(task), ...controlIps(task)].map(
      (ip) => [ip, options.senders?.get(ip) ?? senderFor(ip, vantage.link, options.sender)] as const,
    )
    this.#plan = {
      mac: vantage.link.mac,
      senders: new Map(senders),
      timeoutNs: BigInt(options.timeoutMs) * 1_000_000n,
    }
    this.#current = openRound(this.#plan)
    this.#stop.signal.addEventListener('abort', () => this.#end(), { once: true })
    this.#capture = edges.openCapture(vantage.link.name, senders.length * options.count, {
      onFrames: () => this.#collect(),
      onTrouble: (error) => {
        this.trouble ??= error
        this.close()
      },
    })
    signal.addEventListener('abort', this.close, { once: true })
    if (signal.aborted) this.close()
  }

  isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  /** A file says what it holds once. */
  canAskAgain(): boolean {
    return !this.isStopped() && this.#capture.engine !== 'replay'
  }

  /** Asks for every address by broadcast, `count` times, and listens. */
  async round(): Promise<PastRound> {
    this.#current = openRound(this.#plan)
    const before = this.#readStatistics()
    await this.pass(questionedIps(this.#task).map((ip) => ({ ip, to: BROADCAST_MAC })))
    return { round: this.#current, loss: lossBetween(before, this.#readStatistics()) }
  }

  /** Sends the questions `count` times, an interval apart, then listens for the timeout. */
  async pass(questions: readonly Question[]): Promise<void> {
    const { options, edges } = this.#task
    const { gapNs, passMs } = paceOf(questions.length, options.intervalMs, options.rate)
    const frames = questions.map((question) => this.#whoHas(question))
    for (let left = frames.length > 0 ? options.count : 0; left > 0 && !this.isStopped(); left--) {
      const startMs = edges.clock.monotonicMs()
      if (this.#capture.engine !== 'replay') this.#handedOver += frames.length
      await this.#capture.send({ frames, gapNs })
      const waitMs = left === 1 ? options.timeoutMs : startMs + passMs - edges.clock.monotonicMs()
      await edges.clock.sleep(Math.max(0, waitMs), this.#stop.signal)
    }
    if (!this.isStopped()) this.#collect()
  }

  /** When it is closed. */
  frames(): Frames {
    if (!this.#statistics)
      return { sent: this.#handedOver, received: this.#drained, kernelDrops: null, ringDrops: null }
    const { sent, received, kernelDrops, ringDrops } = this.#statistics
    return { sent, received, kernelDrops, ringDrops }
  }

  /** Idempotent; an arrow, so that it can be the abort's listener. */
  readonly close = (): void => this.#stop.abort()

  #end(): void {
    this.#task.signal.removeEventListener('abort', this.close)
    this.#collect()
    this.#statistics = this.#capture.statistics()
    this.#capture.close()
  }

  #readStatistics(): CaptureStatistics | null {
    return this.isStopped() ? this.#statistics : this.#capture.statistics()
  }

  #collect(): void {
    const frames = this.#capture.drain()
    this.#drained += frames.length
    for (const frame of frames) hear(this.#current, frame)
  }

  #whoHas({ ip, to }: Question): Uint8Array {
    const { mac, senders } = this.#plan
    return encodeArp({
      op: 'who-has',
      ethDst: to,
      ethSrc: mac,
      sha: mac,
      spa: senders.get(ip)!,
      tha: ZERO_MAC,
      tpa: ip,
    })
  }
}

/** Nodes first: a dead one is known before its VIPs are asked for. */
function questionedIps({ vantage, options, cluster }: Task): Ip[] {
  const free = options.mustBeFree.filter((ip) => isOnLink(ip, vantage.link))
  const nodes = cluster ? nodeAddresses(cluster, vantage) : []
  return [...new Set([...vantage.canaries, ...nodes, ...vantage.vips, ...free])]
}

/** Asked by unicast alone, and only where a MAC is unknown. */
function controlIps({ cluster }: Task): Ip[] {
  return cluster?.nodes.flatMap((node) => [...crossAddresses(node)]) ?? []
}

/** Only where a given MAC kept silent on a vantage that hears: does it answer when asked alone (rule 6, ARP107)? */
function unicastQuestions({ vantage, options }: Task, past: readonly PastRound[]): Question[] {
  if (!hearing(past).hears) return []
  const given = new Map(options.targets.map(({ vip, macs }) => [vip, macs ?? []]))
  return vantage.vips
    .filter((vip) => mergeEvidence(past, vip).answers.length === 0)
    .flatMap((ip) =>
      (given.get(ip) ?? []).filter((mac) => mac !== vantage.link.mac).map((to) => ({ ip, to })),
    )
}

function lossBetween(before: CaptureStatistics | null, after: CaptureStatistics | null): Loss {
  if (!before || !after) return 'uncounted'
  return after.kernelDrops + after.ringDrops > before.kernelDrops + before.ringDrops ? 'lost' : 'none'
}
