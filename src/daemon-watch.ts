import type { Capture, CaptureEvents } from './capture/capture.ts'
import type { Clock } from './clock.ts'
import { macMapFor } from './core/cluster-side.ts'
import type { HostFacts } from './core/host.ts'
import type { Ip } from './core/ip.ts'
import { offSegment } from './core/judge.ts'
import { ownMacs } from './core/outcome.ts'
import { evidenceOf } from './core/round.ts'
import type { Random } from './core/random.ts'
import type { Report } from './core/report.ts'
import { planVantages, type Vantage } from './core/vantage.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import { changesBetween } from './core/watch/log-lines.ts'
import { allPast, type AddressLook } from './core/watch/looks.ts'
import type { Plan } from './core/watch/plan.ts'
import type { Ended } from './core/watch/schedule.ts'
import type { Observation, WatchState } from './core/watch/state.ts'
import { Knowledge, type DaemonCluster } from './daemon-cluster.ts'
import { nodesIn, portPlan, workOf, type Work } from './daemon-plan.ts'
import { Port } from './daemon-port.ts'
import { reportOf, stateOf, type Parts } from './daemon-state.ts'
import { Verdicts } from './daemon-verdicts.ts'
import type { Look } from './elected.ts'
import { ArpcheckError, messageOf, type ErrorCode } from './errors.ts'
import type { Log } from './log.ts'

/** What the watching is done with; tests bring their own. */
export interface WatchEdges {
  readonly clock: Clock
  readonly random: Random
  readonly hostFacts: () => HostFacts
  readonly openCapture: (interfaceName: string, events: CaptureEvents) => Capture
  /** Tells that links, addresses or routes of this host changed. */
  readonly watchHost: (onChange: () => void) => { close(): void }
  readonly cluster: DaemonCluster & { readonly ready: (signal: AbortSignal) => Promise<void> }
  readonly log: Log
}

const TICK_MS = 1000
/** Lists grow old without telling; what was opened in vain is tried again. */
const REFRESH_MS = 10_000
const REFRESH_AT_LEAST_MS = 60_000
/** A storm of changes in a large cluster must not take more than this part of a core. */
const MOST_OF_A_CORE = 0.05
/** Who answers so long after a look was asked beside it. */
const WITNESS_MS = 4000
/** The API may be away when we start: what can be watched then is nothing, and that is told. */
const START_MS = 15_000
/** What no waiting mends. */
const FATAL: readonly ErrorCode[] = ['no-permission', 'engine-unavailable', 'host-unreadable']

/**
 * The loop: what the cluster says becomes work, work becomes plans of interfaces, their looks become verdicts. It polls
 * itself once a second for what changed, so that a storm of changes costs one step.
 */
export class Watch {
  readonly #edges: WatchEdges
  readonly #knowledge: Knowledge
  readonly #verdicts: Verdicts
  readonly #ports = new Map<string, Port>()
  readonly #essences = new Map<Ip, string>()
  readonly #waiting = new Map<Ip, Set<() => void>>()
  readonly #startedAt: number
  #observations: Observation[] = []
  #config: DaemonConfig
  #loaded: WatchState['config']
  #work: Work | null = null
  #logged: WatchState
  #refreshedMs = -Infinity
  #tookMs = 0
  #hasNews = true
  #factsChanged = false

  constructor(config: DaemonConfig, edges: WatchEdges) {
    this.#edges = edges
    this.#config = config
    const { clock, cluster, random } = edges
    this.#startedAt = this.#at()
    this.#loaded = { loadedAt: this.#startedAt, successful: true }
    this.#knowledge = new Knowledge(cluster, edges.hostFacts(), clock, random)
    const now = (): { ms: number; at: number } => ({ ms: clock.monotonicMs(), at: this.#at() })
    this.#verdicts = new Verdicts(this.#knowledge, now, (one) => void this.#observations.push(one))
    this.#logged = this.state()
  }

  /** Until the signal; then every capture is closed. `observe` hears what histograms count. */
  async run(observe: (observation: Observation) => void, signal: AbortSignal): Promise<void> {
    const { clock, cluster, watchHost } = this.#edges
    const stopped = new AbortController()
    const ended = AbortSignal.any([signal, stopped.signal])
    const host = watchHost(() => (this.#factsChanged = true))
    const unlisten = cluster.watch.onChange(() => (this.#hasNews = true))
    const beside: Promise<void>[] = []
    try {
      await Promise.race([cluster.ready(ended), clock.sleep(START_MS, ended)])
      beside.push(
        this.#knowledge.readViews(() => (this.#hasNews = true), ended),
        this.#publish(ended),
      )
      for (let isFirst = true; !signal.aborted; isFirst = false) {
        this.#step(isFirst)
        for (const one of this.#observations.splice(0)) observe(one)
        this.#tellChanges()
        await clock.sleep(Math.min(TICK_MS, this.#verdicts.dueInMs()), ended)
      }
    } finally {
      stopped.abort()
      unlisten()
      host.close()
      for (const port of this.#ports.values()) port.close()
      this.#ports.clear()
      await Promise.all(beside)
    }
  }

  state(): WatchState {
    return stateOf(this.#parts())
  }

  report(): Report {
    return reportOf(this.#parts(), this.#at())
  }

  /** Null: it watches what it should. */
  unready(): string | null {
    if (this.#work === null) return 'The cluster has not been read yet.'
    const isReadable = this.#knowledge.look.cluster.inputs.services.ageMs !== null
    if (!isReadable) return 'Which addresses are VIPs has never been read.'
    const wanted = this.#work.vantages.length
    return wanted > 0 && this.#ports.size === 0 ? 'No interface could be opened.' : null
  }

  /** Asks for one VIP now; resolves when its look is over. */
  async look(vip: Ip, signal: AbortSignal): Promise<void> {
    const port = this.#portOf(vip)
    if (!port || this.#config.passive) throw notFromHere(vip, this.#work)
    await new Promise<void>((resolve, reject) => {
      const waiting = this.#waiting.get(vip) ?? new Set()
      this.#waiting.set(vip, waiting.add(done))
      signal.addEventListener('abort', late, { once: true })
      port.makeSure([vip])
      function done(): void {
        signal.removeEventListener('abort', late)
        resolve()
      }
      function late(): void {
        waiting.delete(done)
        const message = `The budget did not allow to ask for ${vip} in time.`
        reject(new ArpcheckError('capture-failed', message, { remedy: ['Ask less often.'] }))
      }
    })
  }

  /** Another configuration; null: it was refused, and the one in force stays. */
  reconfigure(config: DaemonConfig | null): void {
    this.#loaded = config
      ? { loadedAt: this.#at(), successful: true }
      : { ...this.#loaded, successful: false }
    if (config) this.#config = config
    this.#hasNews = true
  }

  #step(isFirst: boolean): void {
    const { clock, hostFacts } = this.#edges
    if (this.#factsChanged) {
      this.#factsChanged = false
      this.#knowledge.facts = hostFacts()
      this.#hasNews = true
    }
    if (this.#isTime(clock.monotonicMs())) this.#replan(isFirst)
    for (const vip of this.#verdicts.due()) this.#portOf(vip)?.askNow([vip])
  }

  #isTime(nowMs: number): boolean {
    const sinceMs = nowMs - this.#refreshedMs
    if (sinceMs < this.#tookMs / MOST_OF_A_CORE) return false
    if (this.#hasNews || sinceMs >= REFRESH_AT_LEAST_MS) return true
    const isLacking = (this.#work?.vantages.length ?? 0) > this.#ports.size
    return sinceMs >= REFRESH_MS && (isLacking || this.#knowledge.isAgeing())
  }

  /** The whole assignment anew, as every daemon computes it, and our part of it to each interface. */
  #replan(isFirst: boolean): void {
    this.#hasNews = false
    this.#refreshedMs = this.#edges.clock.monotonicMs()
    const look = this.#knowledge.refresh()
    const side = this.#knowledge.sideSince(look)
    const { facts } = this.#knowledge
    const fleet = this.#work?.fleet ?? null
    const work = workOf({ config: this.#config, facts, look, side, fleet, nowMs: this.#refreshedMs })
    this.#work = work
    this.#knowledge.wanted = work.speakers
    this.#openPorts(work.vantages, isFirst)
    for (const port of this.#ports.values()) this.#retarget(port, work)
    this.#verdicts.keepOnly(new Set(work.places.map(({ vip }) => vip).filter((vip) => this.#isOurs(vip))))
    this.#tellMoves(work)
    this.#rowsOfUntested(work)
    this.#tookMs = this.#edges.clock.monotonicMs() - this.#refreshedMs
  }

  #openPorts(vantages: readonly Vantage[], isFirst: boolean): void {
    const wanted = new Map(vantages.map((vantage) => [vantage.link.name, vantage]))
    for (const [name, port] of this.#ports) {
      const vantage = wanted.get(name)
      if (vantage && isSameLink(vantage, port.vantage)) port.vantage = vantage
      else this.#closePort(port)
    }
    for (const [name, vantage] of wanted) if (!this.#ports.has(name)) this.#openPort(vantage, isFirst)
  }

  #openPort(vantage: Vantage, isFirst: boolean): void {
    const { clock, random, openCapture, log } = this.#edges
    try {
      const port = new Port(vantage, {
        clock,
        random,
        openCapture,
        context: () => this.#knowledge.look,
        onSighting: (sighting) => this.#isOurs(sighting.vip) && this.#verdicts.sighted(sighting),
        onEnded: (one, ended, look) => this.#ended(one, ended, look),
        onTrouble: (one, error) => this.#trouble(one, error),
        onFault: (error) => log.error?.('a mistake of ours', { error: messageOf(error) }),
      })
      this.#ports.set(vantage.link.name, port)
    } catch (error) {
      if (!(error instanceof ArpcheckError) || (isFirst && FATAL.includes(error.code))) throw error
      this.#tellTrouble(vantage.link.name, error)
    }
  }

  #closePort(port: Port): void {
    port.close()
    this.#ports.delete(port.vantage.link.name)
  }

  /** What is gone or changed is opened anew once the host's facts say so; one that is down waits for its carrier. */
  #trouble(port: Port, error: ArpcheckError): void {
    this.#tellTrouble(port.vantage.link.name, error)
    this.#factsChanged = true
    if (error.code !== 'interface-down') this.#closePort(port)
  }

  #tellTrouble(name: string, { code, message }: ArpcheckError): void {
    this.#edges.log.warn?.('trouble with an interface', { interface: name, code, why: message })
  }

  #retarget(port: Port, work: Work): void {
    const side = this.#knowledge.sideSince(this.#knowledge.look)
    this.#listen(port)
    const plan = portPlan({
      work,
      vantage: port.vantage,
      side,
      macs: port.ears!.macs,
      config: this.#config,
      strangers: this.#strangers(port),
    })
    if (textOf(plan) !== textOf(port.plan)) port.retarget(plan)
  }

  /** Who answers besides those that should costs somebody's port too. */
  #strangers({ vantage }: Port): ReadonlyMap<Ip, readonly string[]> {
    return new Map(
      vantage.vips.map((vip) => {
        const answered = this.#verdicts.get(vip)?.row?.answered ?? []
        const others = answered.filter(({ relation }) => relation !== 'elected' && relation !== 'self')
        return [vip, others.slice(0, 4).map(({ node, mac }) => node ?? mac)]
      }),
    )
  }

  #listen(port: Port): void {
    const side = this.#knowledge.sideSince(this.#knowledge.look)
    const own = ownMacs(this.#knowledge.facts)
    const mayAnswer = new Map(
      port.vantage.vips.map((vip) => {
        const elected = side.expect(vip, new Set())?.elected
        return [vip, { nodes: elected ? nodesIn(elected) : [], macs: [] }]
      }),
    )
    port.ears = {
      ownMacs: own,
      ownNode: side.ownNode,
      macs: macMapFor(side, own, allPast(port.looks)),
      mayAnswer: (vip) => mayAnswer.get(vip),
    }
  }

  #ended(port: Port, { ip, mode, sinceMs, answered }: Ended, look: AddressLook<Look>): void {
    const kind = port.plan.targets.get(ip)?.kind
    const isSweep = kind === 'vip' && mode === 'broadcast'
    if (isSweep) this.#verdicts.lookedAt(ip, port, look)
    else if (kind === 'vip' && !answered) this.#verdicts.missed(ip, sinceMs)
    if (isSweep) this.#release(ip)
    if (!answered) return
    const isNews = kind === 'node' && !this.#isKnown(port, look)
    if (isNews) this.#listen(port)
    this.#judgeAgain(port, ip, isNews)
  }

  /** Whether the map of MACs holds who answered. */
  #isKnown({ ears }: Port, { round, ip }: AddressLook<Look>): boolean {
    const { answers, unicastAnswers } = evidenceOf(round, ip)
    return [...answers, ...unicastAnswers].every(({ mac }) => ears?.macs.nodeOf.has(mac))
  }

  /** Who was heard just now proves that we hear; a MAC that is known now may be the one that nobody knew. */
  #judgeAgain(port: Port, heard: Ip, isNews: boolean): void {
    const nowMs = this.#edges.clock.monotonicMs()
    for (const vip of port.vantage.vips) {
      const reason = this.#verdicts.get(vip)?.row?.reason
      const look = vip === heard ? undefined : port.looks.broadcast.get(vip)
      if (!look) continue
      const wasDeaf = reason === 'deaf-vantage' && nowMs - look.endedMs! <= WITNESS_MS
      if (wasDeaf || (isNews && reason === 'answerer-unattributed'))
        this.#verdicts.judgeAgain(vip, port, look)
    }
  }

  #release(vip: Ip): void {
    const waiting = this.#waiting.get(vip)
    this.#waiting.delete(vip)
    for (const done of waiting ?? []) done()
  }

  /** Another owner, by what API and views say now: made sure of at once, and lawful for a while. */
  #tellMoves(work: Work): void {
    const side = this.#knowledge.sideSince(this.#knowledge.look)
    const ours = work.vantages.flatMap(({ vips }) => vips)
    const moved = ours.flatMap((vip) => {
      const elected = side.expect(vip, new Set())?.elected
      const essence = JSON.stringify([elected?.kind, elected ? nodesIn(elected) : []])
      const before = this.#essences.get(vip)
      this.#essences.set(vip, essence)
      return before !== undefined && before !== essence ? [vip] : []
    })
    const known = new Set(ours)
    for (const vip of this.#essences.keys()) if (!known.has(vip)) this.#essences.delete(vip)
    if (moved.length === 0) return
    this.#verdicts.moved(moved)
    for (const port of this.#ports.values())
      port.makeSure(moved.filter((vip) => port.vantage.vips.includes(vip)))
  }

  /** What cannot be tested from here, though it is ours to tell: said, never left as it was. */
  #rowsOfUntested({ me, isNode, places, assignment }: Work): void {
    for (const { vip, answerers } of places) {
      if (this.#portOf(vip) || !this.#isOurs(vip)) continue
      if (answerers.includes(me)) this.#verdicts.untested(vip, this.#vantageFor(vip))
      else if (!isNode && assignment.get(vip)!.untestable === 'off-segment' && !this.#wasWatched(vip))
        this.#verdicts.untested(vip, null, offSegment(vip))
      else this.#verdicts.untested(vip, null)
    }
  }

  #wasWatched(vip: Ip): boolean {
    const reason = this.#verdicts.get(vip)?.row?.reason
    return reason !== undefined && reason !== 'vantage-off-segment' && reason !== 'ndp-not-probed'
  }

  #vantageFor(vip: Ip): Vantage | null {
    const plan = planVantages([vip], [], this.#knowledge.facts)
    return 'code' in plan ? null : (plan.vantages[0] ?? null)
  }

  /** Assigned to us, or nobody's and to be told by us: who should answer, whoever watched it, a host that is no node. */
  #isOurs(vip: Ip): boolean {
    const { me, isNode, assignment, places } = this.#work!
    const watch = assignment.get(vip)
    if (!watch) return false
    if (watch.vantages.includes(me) || this.#portOf(vip)) return true
    if (watch.vantages.length > 0) return false
    if (!isNode || (this.#verdicts.get(vip)?.row ?? null) !== null) return true
    return places.find((place) => place.vip === vip)?.answerers.includes(me) ?? false
  }

  #portOf(vip: Ip): Port | undefined {
    return [...this.#ports.values()].find(({ plan }) => plan.targets.get(vip)?.kind === 'vip')
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { log } = this.#edges
    const { node } = this.#config
    if (node === null) return
    await this.#knowledge.publishRecord(
      node,
      (error) => log.warn?.('our NIC record could not be written', { why: messageOf(error) }),
      signal,
    )
  }

  #tellChanges(): void {
    const state = this.state()
    for (const { level, message, fields } of changesBetween(this.#logged, state))
      this.#edges.log[level]?.(message, fields)
    this.#logged = state
  }

  #parts(): Parts {
    return {
      startedAt: this.#startedAt,
      config: this.#config,
      loaded: this.#loaded,
      work: this.#work,
      ports: this.#ports,
      knowledge: this.#knowledge,
      verdicts: this.#verdicts,
    }
  }

  #at(): number {
    return Number(this.#edges.clock.wallNs() / 1_000_000n)
  }
}

function isSameLink(a: Vantage, b: Vantage): boolean {
  return a.link.index === b.link.index && a.link.mac === b.link.mac
}

function textOf({ targets, shares, passive }: Plan): string {
  return JSON.stringify([[...targets], shares.sent, [...shares.caused], shares.unplanned, passive])
}

function notFromHere(vip: Ip, work: Work | null): ArpcheckError {
  const vantages = work?.assignment.get(vip)?.vantages ?? []
  const others = vantages.length > 0 ? `; ${vantages.join(', ')} can` : ''
  return new ArpcheckError('no-such-interface', `${vip} is not asked for from here${others}.`)
}
