import type { Capture, CaptureStatistics } from './capture/capture.ts'
import type { Clock } from './clock.ts'
import type { CheckEdges, CheckOptions } from './options.ts'
import { framesOf, type CapturedFrame } from './core/arp.ts'
import { isIpv4, type Ip } from './core/ip.ts'
import {
  attributionQuestions,
  echoQuestions,
  macMapFor,
  nodeAddresses,
  type Question,
} from './core/attribution.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import { silentNodesOf } from './core/node-facts.ts'
import { suspectsOf } from './core/expectation.ts'
import { crossAddresses } from './core/macs.ts'
import type { Mac } from './core/mac.ts'
import { paceOf } from './core/pace.ts'
import { whoHasFrames, whoHasRows, type Packed } from './core/questions.ts'
import type { FrameCounts } from './core/report.ts'
import { hasAnswered, hear, openSweep, type Sweep } from './core/round.ts'
import { Roster } from './core/roster.ts'
import {
  hearing,
  countedIn,
  lossBetween,
  mergeEvidence,
  mustAskAgain,
  type PastRound,
} from './core/rounds.ts'
import { firstSilent, silentOf, windowMs } from './core/sweep.ts'
import { isOnLink, senderOn, type Vantage } from './core/vantage.ts'
import type { ArpcheckError } from './errors.ts'

/** Questions that are made while those before them are sent. */
const PIECE = 1024

/** Rows of the roster, asked by broadcast, or whom to ask alone. */
type Questions = Int32Array | readonly Question[]

/** What to ask from one interface, and with what. */
export interface Task {
  readonly vantage: Vantage
  readonly options: CheckOptions
  readonly edges: CheckEdges
  /** What the API tells: whom to ask, and which MACs are whose. */
  readonly cluster: ClusterSide | null
  /** With the speakers' views, when they are there: who should answer. */
  readonly whole: () => Promise<ClusterSide | null>
  readonly ownMacs: ReadonlySet<Mac>
  readonly signal: AbortSignal
}

export interface Asked {
  readonly past: readonly PastRound[]
  readonly frames: Frames
  /** Nodes' addresses that were asked by ICMP echo; missing: not asked. */
  readonly echo: ReadonlyMap<Ip, 'alive' | 'silent'>
  /** What the interface did to us; what was heard before it stands. */
  readonly trouble: ArpcheckError | null
}

/** Counted by the engine; where it keeps no statistics, what was handed to it and what came out. */
export type Frames = Omit<FrameCounts, 'ignored'>

/** Asks from one interface: broadcasts, again where frames were lost, unicast where a given MAC kept silent. */
export async function askVantage(task: Task): Promise<Asked> {
  const asker = new Asker(task)
  const past: PastRound[] = []
  let echo: Asked['echo'] = new Map()
  try {
    do past.push(await asker.round())
    while (asker.canAskAgain() && mustAskAgain(past))
    ;[echo] = await Promise.all([echoes(task, past, asker), askAlone(task, past, asker)])
  } finally {
    asker.close()
  }
  return { past, frames: asker.frames(), echo, trouble: asker.trouble }
}

/** By unicast: those that kept silent, and MACs of nobody. */
async function askAlone(task: Task, past: readonly PastRound[], asker: Asker): Promise<void> {
  if (asker.isStopped()) return
  await asker.pass([...(await unicastQuestions(task, past)), ...attributionOf(task, past)])
}

/** An open capture and the round that it feeds. An abort or trouble closes it, so that nothing more is sent. */
class Asker {
  trouble: ArpcheckError | null = null
  #statistics: CaptureStatistics | null = null
  #handedOver = 0
  #drained = 0
  readonly #task: Task
  readonly #plan: Roster
  readonly #questioned: readonly Ip[]
  readonly #capture: Capture
  readonly #stop = new AbortController()
  readonly #clock: Clock
  #current: Sweep
  #onHeard = (): void => {}

  constructor(task: Task) {
    const { vantage, options, edges, signal } = task
    this.#task = task
    this.#clock = edges.clock
    this.#questioned = questionedIps(task)
    this.#plan = rosterOf(task, this.#questioned)
    this.#current = openSweep(new Roster(this.#plan, [], senderOn(vantage.link, 'zero'))) // until the first begins
    this.#stop.signal.addEventListener('abort', () => this.#end(), { once: true })
    this.#capture = edges.openCapture(vantage.link.name, this.#plan.ips.length * options.count, {
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
    this.#current = openSweep(this.#plan)
    const before = this.#readStatistics()
    // behind them are those that are only asked alone
    const rows = Int32Array.from(this.#questioned, (_, row) => row)
    await (this.#task.options.sweep ? this.#sweep(rows) : this.#times(rows))
    return { round: this.#current, loss: lossBetween(countedIn(before), countedIn(this.#readStatistics())) }
  }

  /** Sends the questions `count` times, an interval apart, then listens for the timeout. */
  async pass(questions: readonly Question[]): Promise<void> {
    await this.#times(questions)
  }

  async #times(questions: Questions): Promise<void> {
    const { count } = this.#task.options
    for (let left = questions.length > 0 ? count : 0; left > 0 && !this.isStopped(); left--)
      await this.#clock.sleep(await this.#ask(questions, left === 1), this.#stop.signal)
    if (!this.isStopped()) this.#collect()
  }

  /** Asks again only those that keep silent; where nobody does, listens for a second answer and is done. */
  async #sweep(rows: Int32Array): Promise<void> {
    const { count, timeoutMs } = this.#task.options
    let silent = rows
    for (let left = count; left > 0 && silent.length > 0 && !this.isStopped(); left--) {
      const waiting = this.#untilAnswered(silent)
      await this.#clock.sleep(await this.#ask(silent, left === 1), waiting)
      if (!this.isStopped()) this.#collect()
      silent = silentOf(this.#current, silent)
    }
    if (silent.length > 0 || this.isStopped()) return
    await this.#clock.sleep(windowMs(this.#current, timeoutMs), this.#stop.signal)
    if (!this.isStopped()) this.#collect()
  }

  /** Aborts when all questions are answered, or the asking stops. */
  #untilAnswered(rows: Int32Array): AbortSignal {
    const [answered, round] = [new AbortController(), this.#current]
    let next = 0
    this.#onHeard = () => {
      next = firstSilent(round, rows, next)
      if (next === rows.length) answered.abort()
    }
    return AbortSignal.any([answered.signal, this.#stop.signal])
  }

  /** Sends the questions once; returns how long to listen then. */
  async #ask(questions: Questions, isLast: boolean): Promise<number> {
    const { timeoutMs, intervalMs, rate } = this.#task.options
    const { gapNs, passMs } = paceOf(questions.length, intervalMs, rate)
    const startMs = this.#clock.monotonicMs()
    if (this.#capture.engine !== 'replay') this.#handedOver += questions.length
    await this.#send(questions, gapNs)
    const waitMs = isLast ? timeoutMs : startMs + passMs - this.#clock.monotonicMs()
    return Math.max(0, waitMs)
  }

  /** At full speed in pieces: while one is on its way the next is made, and memory stays as it is. */
  async #send(questions: Questions, gapNs: number): Promise<void> {
    const most = gapNs > 0 ? questions.length : PIECE
    let sent: Promise<void> = Promise.resolve()
    for (let from = 0; from < questions.length && !this.isStopped(); from += most) {
      const batch = this.#framesOf(questions, from, from + most, gapNs)
      const [before, sending] = [sent, this.#capture.send(batch)]
      sent = sending
      await before
    }
    await sent
  }

  #framesOf(questions: Questions, from: number, to: number, gapNs: number): Packed {
    return questions instanceof Int32Array
      ? whoHasRows(this.#plan, questions.subarray(from, to), gapNs)
      : whoHasFrames(questions.slice(from, to), this.#plan, gapNs)
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
    if (this.#capture.drainInPlace)
      this.#drained += this.#capture.drainInPlace(this.#current.take, this.#hear)
    else for (const frame of this.#capture.drain()) this.#hear(frame)
    this.#onHeard()
  }

  readonly #hear = (frame: CapturedFrame): void => {
    this.#drained += framesOf(frame)
    hear(this.#current, frame)
  }
}

/** Each address once, those that are asked by broadcast first. */
function rosterOf(task: Task, questioned: readonly Ip[]): Roster {
  const { vantage, options } = task
  const senderOf = senderOn(vantage.link, options.sender)
  const alone = controlIps(task)
  const ips = alone.length > 0 ? [...new Set([...questioned, ...alone])] : questioned
  const timeoutNs = BigInt(options.timeoutMs) * 1_000_000n
  return new Roster(
    { mac: vantage.link.mac, timeoutNs },
    ips,
    (ip) => options.senders?.get(ip) ?? senderOf(ip),
  )
}

/** Nodes first: a dead one is known before its VIPs are asked for. */
function questionedIps({ vantage, options, cluster }: Task): readonly Ip[] {
  const free = options.mustBeFree.filter((ip) => isOnLink(ip, vantage.link))
  const nodes = cluster ? nodeAddresses(cluster, vantage).filter(isIpv4) : []
  if (vantage.canaries.length + nodes.length + free.length === 0) return vantage.vips
  return [...new Set([...vantage.canaries, ...nodes, ...vantage.vips, ...free])]
}

/** Asked by unicast alone, and only where a MAC is unknown. */
function controlIps({ cluster }: Task): Ip[] {
  return cluster?.cluster.nodes.flatMap((node) => [...crossAddresses(node)]) ?? []
}

/**
 * Where somebody kept silent on a vantage that hears: does the MAC that should answer do so when asked alone (rule 6,
 * ARP107)? It is the one that was given, or that of a node that is elected.
 */
async function unicastQuestions(task: Task, past: readonly PastRound[]): Promise<Question[]> {
  const silent = silentVips(task, past)
  if (silent.length === 0) return []
  const { options, vantage, ownMacs } = task
  const given = new Map(options.targets.map(({ vip, macs }) => [vip, macs]))
  const elected = electedMacs(await task.whole(), ownMacs, past)
  const found = silent.flatMap((ip) =>
    (given.get(ip) ?? elected(ip)).filter((mac) => mac !== vantage.link.mac).map((to) => ({ ip, to })),
  )
  return [...found, ...lifeQuestions(task, new Set(found.map(({ to }) => to)), past)]
}

/** Whether the nodes that should answer still live: each MAC is asked for the own address that it answered for. */
function lifeQuestions({ cluster }: Task, macs: ReadonlySet<Mac>, past: readonly PastRound[]): Question[] {
  const own = cluster?.cluster.nodes.flatMap(({ internalIps }) => internalIps) ?? []
  return own.flatMap((ip) =>
    mergeEvidence(past, ip)
      .answers.filter(({ mac }) => macs.has(mac))
      .map(({ mac }) => ({ ip, to: mac })),
  )
}

function silentVips({ vantage }: Task, past: readonly PastRound[]): Ip[] {
  if (!hearing(past).hears) return []
  return vantage.vips.filter((vip) => !past.some(({ round }) => hasAnswered(round, vip)))
}

/** MACs that are known of the nodes that should answer. */
function electedMacs(
  cluster: ClusterSide | null,
  ownMacs: ReadonlySet<Mac>,
  past: readonly PastRound[],
): (vip: Ip) => readonly Mac[] {
  if (!cluster) return () => []
  const nodeOf = [...macMapFor(cluster, ownMacs, past).nodeOf]
  const silentNodes = silentNodesOf(cluster, past)
  return (vip) => {
    const elected = cluster.expect(vip, silentNodes)?.elected
    const names = elected?.kind === 'somebody' ? suspectsOf(elected) : []
    return nodeOf.filter(([, node]) => names.includes(node)).map(([mac]) => mac)
  }
}

function attributionOf({ cluster, ownMacs }: Task, past: readonly PastRound[]): Question[] {
  return cluster ? attributionQuestions(cluster, ownMacs, past) : []
}

/** Tells a dead node from one that is alive elsewhere; asked only where a VIP kept silent, and never of a file. */
async function echoes(task: Task, past: readonly PastRound[], asker: Asker): Promise<Asked['echo']> {
  const { cluster, edges, signal } = task
  if (!cluster || !edges.echo || !asker.canAskAgain() || silentVips(task, past).length === 0) return new Map()
  const ips = echoQuestions(cluster, past).slice(0, MAX_ECHOES)
  return (ips.length > 0 && (await edges.echo(ips, signal))) || new Map()
}

/** More nodes than that do not die at once, and a storm would help nobody. */
const MAX_ECHOES = 64
