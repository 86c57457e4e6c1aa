import type { Capture, CaptureEvents } from './capture/capture.ts'
import type { Clock } from './clock.ts'
import { decodeArp, framesOf, type ArpFrame, type CapturedFrame } from './core/arp.ts'
import type { Question as Beside } from './core/attribution.ts'
import type { Ip } from './core/ip.ts'
import { BROADCAST_MAC } from './core/mac.ts'
import { whoHasFrames } from './core/questions.ts'
import type { Random } from './core/random.ts'
import { countedIn, type Counted, type PastRound } from './core/rounds.ts'
import type { RoundPlan } from './core/round.ts'
import { senderFor, type Vantage } from './core/vantage.ts'
import {
  begin,
  end,
  keepOnly,
  newLooks,
  takeFrame,
  type AddressLook,
  type Looks,
} from './core/watch/address-looks.ts'
import { heardOf, sightingOf, type Ears, type Moment, type Sighting } from './core/watch/passive.ts'
import type { Plan } from './core/watch/plan.ts'
import {
  newSchedule,
  step,
  type Ended,
  type Happening,
  type Heard,
  type Missed,
  type Question,
} from './core/watch/schedule.ts'
import { spend } from './core/watch/bucket.ts'
import { newsIn, newWords, sightingsIn, takeNews, takeSighting, type Words } from './core/watch/words.ts'
import { TIMEOUT_MS } from './core/watch/timing.ts'
import { Inquiries } from './daemon-inquiry.ts'
import type { Look } from './elected.ts'
import { ArpcheckError } from './errors.ts'

/** Given as the reason, for which the runtime would else make an error with a stack. */
const OVERTAKEN = null

/** What one interface has done since it was opened. */
export interface PortCounts {
  readonly sent: Map<'broadcast' | 'unicast', number>
  readonly results: Map<string, number>
  readonly dropped: Map<string, number>
}

export interface PortOptions {
  readonly clock: Clock
  readonly random: Random
  readonly openCapture: (interfaceName: string, events: CaptureEvents) => Capture
  /** The cluster as it is known now. */
  readonly context: () => Look
  readonly onSighting: (sighting: Sighting) => void
  readonly onMissed: (port: Port, missed: Missed) => void
  /** The listening for one address is over. */
  readonly onEnded: (port: Port, ended: Ended, look: AddressLook<Look>) => void
  readonly onTrouble: (port: Port, error: ArpcheckError) => void
  readonly onFault: (error: unknown) => void
}

/** One interface: its open capture, what is asked there and when, and what was heard. */
export class Port {
  readonly looks: Looks<Look> = newLooks()
  readonly counts: PortCounts = { sent: new Map(), results: new Map(), dropped: new Map() }
  vantage: Vantage
  ears: Ears | null = null
  readonly #options: PortOptions
  readonly #capture: Capture
  readonly #inquiries = new Inquiries()
  readonly #closed = new AbortController()
  #schedule
  #alarm = new AbortController()
  #alarmMs = Infinity
  #naps = 0

  /** Throws an ArpcheckError where the interface cannot be opened. */
  constructor(vantage: Vantage, options: PortOptions) {
    this.vantage = vantage
    this.#options = options
    this.#schedule = newSchedule(options.clock.monotonicMs())
    this.#capture = options.openCapture(vantage.link.name, {
      onFrames: () => this.#guarded(() => this.#collect()),
      onTrouble: (error) => options.onTrouble(this, error),
    })
  }

  get plan(): Plan {
    return this.#schedule.plan
  }

  statistics(): ReturnType<Capture['statistics']> {
    return this.#capture.statistics()
  }

  retarget(plan: Plan): void {
    keepOnly(this.looks, plan.targets)
    this.#happen({ what: 'plan', plan })
  }

  /** Asks for these soon, as far as the budget goes. */
  makeSure(ips: Iterable<Ip>): void {
    this.#happen({ what: 'changed', ips })
  }

  /** One broadcast for these now, as far as the budget goes. */
  askNow(ips: Iterable<Ip>): void {
    this.#happen({ what: 'due', ips })
  }

  /** Asks these beside the plan, as far as the budget goes, and listens; null: nothing is asked here (any more). */
  async inquire(questions: readonly Beside[]): Promise<PastRound | null> {
    if (this.#closed.signal.aborted || this.plan.passive) return null
    const past = this.#inquiries.ask(questions, this.#roundOf(questions.map(({ ip }) => ip)))
    this.#happen({ what: 'time' })
    return past
  }

  nowMs(): number {
    return this.#options.clock.monotonicMs()
  }

  /** The kernel has sent so many frames for us. */
  charge(frames: number): void {
    const nowMs = this.nowMs()
    let { sent } = this.#schedule
    for (let left = frames; left > 0; left--) sent = spend(sent, nowMs)
    this.#schedule = { ...this.#schedule, sent }
  }

  close(): void {
    this.#closed.abort()
    this.#alarm.abort(OVERTAKEN)
    this.#inquiries.close()
    this.#capture.close()
  }

  #happen(happening: Happening): void {
    if (this.#closed.signal.aborted) return
    const { clock, random } = this.#options
    const nowMs = clock.monotonicMs()
    const { schedule, questions, missed, ended, slept } = step(this.#schedule, happening, nowMs, random)
    this.#schedule = schedule
    if (slept) this.#naps++
    for (const one of missed) this.#options.onMissed(this, one)
    for (const one of ended) this.#end(one, nowMs)
    if (questions.length > 0) this.#ask(questions, nowMs)
    this.#arm(Math.min(schedule.wakeMs, this.#askBeside(nowMs)), nowMs)
  }

  /** With what the plan has left; when to come again. */
  #askBeside(nowMs: number): number {
    const { sent: ours, plan } = this.#schedule
    if (plan.passive) this.#inquiries.close()
    const isBusy = (ip: Ip): boolean => this.looks.open.has(ip)
    const allowed = { sent: ours, perPort: plan.shares.unplanned, isBusy, nowMs }
    const { sent, questions, wakeMs } = this.#inquiries.step(allowed, () => this.#lost())
    this.#schedule = { ...this.#schedule, sent }
    for (const { to } of questions) increase(this.counts.sent, to === BROADCAST_MAC ? 'broadcast' : 'unicast')
    this.#send(questions)
    return wakeMs
  }

  /** One alarm at a time: whatever happens sooner sets another. */
  #arm(atMs: number, nowMs: number): void {
    if (atMs === this.#alarmMs || this.#closed.signal.aborted) return
    this.#alarm.abort(OVERTAKEN)
    this.#alarmMs = atMs
    if (atMs === Infinity) return
    const alarm = (this.#alarm = new AbortController())
    void this.#options.clock.sleep(Math.max(0, atMs - nowMs), alarm.signal).then(() => {
      if (alarm.signal.aborted) return
      this.#alarmMs = Infinity
      this.#guarded(() => this.#happen({ what: 'time' }))
    })
  }

  #ask(questions: readonly Question[], nowMs: number): void {
    const { context } = this.#options
    const lost = this.#lost()
    for (const { ip, mode } of questions) {
      begin(this.looks, { ip, mode, plan: this.#roundOf([ip]), context: context() }, nowMs, lost)
      increase(this.counts.sent, mode)
    }
    this.#send(questions)
  }

  #roundOf(ips: readonly Ip[]): RoundPlan {
    const { link } = this.vantage
    const senders = new Map(ips.map((ip) => [ip, senderFor(ip, link, 'auto')]))
    return { mac: link.mac, senders, timeoutNs: BigInt(TIMEOUT_MS) * 1_000_000n }
  }

  #send(questions: readonly Beside[]): void {
    if (questions.length === 0) return
    const { onTrouble } = this.#options
    const frames = whoHasFrames(questions, this.#roundOf(questions.map(({ ip }) => ip)))
    this.#capture.send(frames).catch((error: unknown) => {
      if (error instanceof ArpcheckError) onTrouble(this, error)
      else this.#options.onFault(error)
    })
  }

  #end(ended: Ended, nowMs: number): void {
    const look = end(this.looks, ended.ip, nowMs, this.#lost())
    increase(this.counts.results, `${ended.mode} ${ended.answered ? 'reply' : 'timeout'}`)
    if (look) this.#options.onEnded(this, ended, look)
  }

  /** All of one drain together: a flood is told of once, whatever it holds. */
  #collect(): void {
    const words = newWords()
    const ms = this.nowMs()
    for (const captured of this.#capture.drain()) {
      const frame = decodeArp(captured.bytes)
      if (typeof frame === 'string') increase(this.counts.dropped, 'malformed', framesOf(captured))
      else this.#take(words, frame, captured, { ms, ns: captured.atNs })
    }
    for (const sighting of sightingsIn(words)) this.#options.onSighting(sighting)
    for (const heard of newsIn(words)) this.#happen({ what: 'heard', heard })
  }

  #take(words: Words, frame: ArpFrame, captured: CapturedFrame, at: Moment): void {
    takeFrame(this.looks, frame, captured)
    this.#inquiries.hear(frame, captured, at.ms)
    const sighting = this.ears && sightingOf(frame, at, this.ears)
    if (sighting) takeSighting(words, { ...sighting, frames: framesOf(captured) })
    const heard = sighting ? this.#heardOf(sighting) : this.#controlOf(frame)
    if (heard) takeNews(words, heard)
  }

  /** Whoever answers while no MAC of those that should is known may be one of them: it is no news. */
  #heardOf(sighting: Sighting): Heard {
    const heard = heardOf(sighting)
    const isUntold = sighting.relation === 'unattributed' && !this.#knowsMacs(sighting.vip)
    return isUntold ? { ...heard, isExpected: true } : heard
  }

  #knowsMacs(vip: Ip): boolean {
    const { mayAnswer, macs } = this.ears!
    const nodes = mayAnswer(vip)?.nodes ?? []
    return [...macs.nodeOf.values()].some((node) => nodes.includes(node))
  }

  /** A reply of a node for its own address, or of the gateway. */
  #controlOf({ op, spa, sha, tha }: ArpFrame): Heard | null {
    const kind = this.plan.targets.get(spa)?.kind
    const isReply = op === 'reply' && tha === this.vantage.link.mac && sha !== tha
    return isReply && (kind === 'node' || kind === 'canary')
      ? { ip: spa, mac: sha, how: 'reply', isExpected: true }
      : null
  }

  /** Whatever came while we slept may have been too much for the buffers: it counts as a loss. */
  #lost(): Counted | null {
    const counted = countedIn(this.#capture.statistics())
    return counted && { ...counted, naps: this.#naps }
  }

  #guarded(run: () => void): void {
    try {
      if (!this.#closed.signal.aborted) run()
    } catch (error) {
      this.#options.onFault(error)
    }
  }
}

function increase<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}
