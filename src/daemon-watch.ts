import { prepareElections } from './announcers/metallb/metallb.ts'
import type { Ip } from './core/ip.ts'
import { offSegment } from './core/judge.ts'
import type { Report } from './core/report.ts'
import { planVantages, unusableOf, type Vantage } from './core/vantage.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import { changesBetween } from './core/watch/log-lines.ts'
import { stanceOf, turnOf, type Stance, type Turn } from './core/watch/stance.ts'
import type { Observation, VipState, WatchState } from './core/watch/state.ts'
import { Knowledge } from './daemon-cluster.ts'
import { Evidence } from './daemon-evidence.ts'
import { Gathered } from './daemon-gathered.ts'
import { nodesIn, workOf, type Work } from './daemon-plan.ts'
import { Ports, type WatchEdges } from './daemon-ports.ts'
import { reportOf } from './daemon-report.ts'
import { stateOf, type Parts } from './daemon-state.ts'
import { Verdicts } from './daemon-verdicts.ts'
import { VipStates } from './daemon-vip-states.ts'
import { ArpcheckError, messageOf } from './errors.ts'

export type { WatchEdges } from './daemon-ports.ts'

const TICK_MS = 1000
/** Lists grow old without telling; what was opened in vain is tried again. */
const REFRESH_MS = 10_000
const REFRESH_AT_LEAST_MS = 60_000
/** A storm of changes in a large cluster must not take more than this part of a core. */
const MOST_OF_A_CORE = 0.05
/** Under load a plan takes long by the clock; no longer than this is gone by the one before. */
const PLAN_AT_LEAST_MS = 10_000
/** Daemons that start together know of each other when each has written its record: so long we only listen. */
const QUIET_MS = 11_000
/** A record that cannot be written holds nobody up for longer. */
const QUIET_AT_MOST_MS = 30_000
/** The API may be away when we start: what can be watched then is nothing, and that is told. */
const START_MS = 15_000
/** Nothing else happens meanwhile. */
const SLICE_MS = 20

/**
 * The loop: what the cluster says becomes work, work becomes plans of interfaces, their looks become verdicts. It polls
 * itself once a second for what changed, so that a storm of changes costs one step.
 */
export class Watch {
  readonly #edges: WatchEdges
  readonly #knowledge: Knowledge
  readonly #verdicts: Verdicts
  readonly #ports: Ports
  readonly #gathered = new Gathered()
  readonly #evidence: Evidence
  readonly #stances = new Map<Ip, Stance>()
  readonly #states = new VipStates()
  readonly #waiting = new Map<Ip, Set<() => void>>()
  readonly #startedAt: number
  #observations: Observation[] = []
  #config: DaemonConfig
  #loaded: WatchState['config']
  #work: Work | null = null
  #logged: WatchState
  #untold = { before: new Map<Ip, VipState>(), after: new Map<Ip, VipState>() }
  #refreshedMs = -Infinity
  #tookMs = 0
  #quietSinceMs: number | null = null
  #hasNews = true
  #factsChanged = false
  #factsTrouble = ''
  #unusable: ReturnType<typeof unusableOf> = new Map()

  constructor(config: DaemonConfig, edges: WatchEdges) {
    this.#edges = edges
    this.#config = config
    const { clock, cluster, random } = edges
    this.#startedAt = this.#at()
    this.#loaded = { loadedAt: this.#startedAt, successful: true }
    const trust = { infers: config.memberlist !== 'require', isPatient: config.passive }
    this.#knowledge = new Knowledge(cluster, edges.hostFacts(), clock, random, trust)
    const now = (): { ms: number; at: number } => ({ ms: clock.monotonicMs(), at: this.#at() })
    this.#verdicts = new Verdicts(
      this.#knowledge,
      this.#gathered,
      now,
      (one) => void this.#observations.push(one),
    )
    this.#ports = new Ports(edges, this.#knowledge, this.#verdicts, {
      isOurs: (vip) => this.#isOurs(vip),
      onTrouble: () => (this.#factsChanged = true),
      onLooked: (vip) => this.#release(vip),
    })
    this.#evidence = new Evidence({
      edges,
      config: () => this.#config,
      knowledge: this.#knowledge,
      ports: this.#ports,
      verdicts: this.#verdicts,
      gathered: this.#gathered,
    })
    this.#logged = stateOf(this.#parts(), this.#untold.before)
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
        await this.#prepare(ended)
        this.#step(isFirst)
        this.#evidence.step(ended)
        for (const one of this.#observations.splice(0)) observe(one)
        this.#tellChanges()
        await clock.sleep(Math.min(TICK_MS, this.#verdicts.dueInMs()), ended)
      }
    } finally {
      stopped.abort()
      unlisten()
      host.close()
      this.#ports.close()
      await Promise.all([...beside, this.#evidence.ended()])
    }
  }

  state(): WatchState {
    this.#follow()
    return stateOf(this.#parts(), this.#states.all)
  }

  report(): Report {
    return reportOf(this.#parts(), this.#at())
  }

  /** Null: it watches what it should. */
  unready(): string | null {
    if (this.#work === null) return 'The cluster has not been read yet.'
    const isReadable = this.#knowledge.look.cluster.inputs.services.ageMs !== null
    if (!isReadable) return 'Which addresses are VIPs has never been read.'
    if (this.#ports.all.size > 0) return null
    if (this.#work.vantages.length > 0) return 'No interface could be opened.'
    const [problem] = this.#unusable.values()
    return problem && this.#work.mine.length > 0 ? problem.message : null
  }

  /** Asks for one VIP now; resolves when its look is over. */
  async look(vip: Ip, signal: AbortSignal): Promise<void> {
    const port = this.#ports.of(vip)
    if (!port || this.#config.passive) throw notFromHere(vip, this.#work)
    await new Promise<void>((resolve, reject) => {
      const known = this.#waiting
      const waiting = known.get(vip) ?? new Set()
      known.set(vip, waiting.add(done))
      signal.addEventListener('abort', late, { once: true })
      port.makeSure([vip])
      function done(): void {
        signal.removeEventListener('abort', late)
        resolve()
      }
      function late(): void {
        waiting.delete(done)
        if (waiting.size === 0 && known.get(vip) === waiting) known.delete(vip)
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

  /** What takes longest of a plan, bit by bit, so that frames and scrapes are seen to in between. */
  async #prepare(signal: AbortSignal): Promise<void> {
    const { clock, cluster } = this.#edges
    if (!this.#isTime(clock.monotonicMs())) return
    let sinceMs = clock.monotonicMs()
    for (const _ of prepareElections(cluster.watch.snapshot())) {
      if (clock.monotonicMs() - sinceMs < SLICE_MS) continue
      await clock.sleep(0, signal)
      if (signal.aborted) return
      sinceMs = clock.monotonicMs()
    }
  }

  #step(isFirst: boolean): void {
    const { clock } = this.#edges
    if (this.#factsChanged) this.#readFacts()
    this.#knowledge.speakers.answering = this.#config.passive ? new Map() : this.#unelected()
    const isTime = this.#isTime(clock.monotonicMs())
    if (isTime) this.#replan(isFirst)
    this.#ports.askNow(this.#verdicts.due())
    this.#ports.listen(this.#config.intervalMs, isTime)
  }

  /** In a large cluster views are read seldom: who took over lawfully must not be called wrong by an old one. */
  #unelected(): Map<string, number> {
    const vips = this.#work?.vantages.flatMap((one) => one.vips) ?? []
    const deviating = vips.flatMap((vip) => {
      const { row, history } = this.#verdicts.get(vip) ?? {}
      return row && (row.faultVerdict || row.verdict === 'settling') ? (history?.owner ?? []) : []
    })
    const newest = new Map<string, number>()
    for (const { who, sinceMs } of deviating) newest.set(who, Math.max(sinceMs, newest.get(who) ?? -Infinity))
    return newest
  }

  /** Out of descriptors, say: what was known holds, and it is tried again in the next step. */
  #readFacts(): void {
    try {
      this.#knowledge.facts = this.#edges.hostFacts()
      this.#factsChanged = false
      this.#hasNews = true
      this.#factsTrouble = ''
    } catch (error) {
      if (!(error instanceof ArpcheckError)) throw error
      if (error.message !== this.#factsTrouble)
        this.#edges.log.warn?.('this host could not be read', { why: error.message })
      this.#factsTrouble = error.message
    }
  }

  #isTime(nowMs: number): boolean {
    const sinceMs = nowMs - this.#refreshedMs
    if (sinceMs < Math.min(this.#tookMs / MOST_OF_A_CORE, PLAN_AT_LEAST_MS)) return false
    const quietMs = this.#quietSinceMs === null ? 0 : nowMs - this.#quietSinceMs
    if (quietMs >= QUIET_MS || this.#hasNews || sinceMs >= REFRESH_AT_LEAST_MS) return true
    if (nowMs >= (this.#work?.fleet.dueMs ?? Infinity)) return true
    const isLacking = (this.#work?.vantages.length ?? 0) > this.#ports.all.size
    return sinceMs >= REFRESH_MS && (isLacking || this.#knowledge.isAgeing())
  }

  /** The whole assignment anew, as every daemon computes it, and our part of it to each interface. */
  #replan(isFirst: boolean): void {
    this.#hasNews = false
    this.#refreshedMs = this.#edges.clock.monotonicMs()
    const look = this.#knowledge.refresh()
    const side = this.#knowledge.sideSince(look)
    const { facts } = this.#knowledge
    const work = workOf({
      config: this.#config,
      facts,
      look,
      side,
      before: this.#work,
      nowMs: this.#refreshedMs,
    })
    this.#work = work
    this.#knowledge.speakers.wanted = work.speakers
    this.#ports.open(work.vantages, isFirst)
    this.#tellUnusable()
    if (this.#isQuiet(work, isFirst)) return
    this.#ports.retarget(work, this.#config)
    this.#verdicts.keepOnly(new Set(work.places.map(({ vip }) => vip).filter((vip) => this.#isOurs(vip))))
    this.#tellMoves(work)
    this.#rowsOfUntested(work)
    this.#tookMs = this.#edges.clock.monotonicMs() - this.#refreshedMs
  }

  /** A name that was typed wrong would else look like a network that keeps silent. */
  #tellUnusable(): void {
    const { log } = this.#edges
    const now = unusableOf(this.#config.interfaces, this.#knowledge.facts)
    for (const [name, { message }] of now)
      if (this.#unusable.get(name)?.message !== message)
        log.warn?.('interface cannot be used', { interface: name, why: message })
    for (const name of this.#unusable.keys())
      if (!now.has(name)) log.info?.('interface can be used again', { interface: name })
    this.#unusable = now
  }

  /** A node that nobody counts yet asks for nothing: its share of every budget is still somebody else's. */
  #isQuiet({ me, isNode }: Work, isFirst: boolean): boolean {
    const nowMs = this.#edges.clock.monotonicMs()
    const { nicRecords, inputs } = this.#knowledge.look.cluster
    const isCounted = nicRecords.some(({ node }) => node === me)
    if (isFirst && isNode && !isCounted && inputs.nicRecords.readable === 'yes') this.#quietSinceMs = nowMs
    if (this.#quietSinceMs === null) return false
    const forMs = nowMs - this.#quietSinceMs
    if (forMs >= QUIET_AT_MOST_MS || (isCounted && forMs >= QUIET_MS)) this.#quietSinceMs = null
    return this.#quietSinceMs !== null
  }

  #release(vip: Ip): void {
    const waiting = this.#waiting.get(vip)
    this.#waiting.delete(vip)
    for (const done of waiting ?? []) done()
  }

  /** Another owner, by what API and views say now, is lawful for a while; that, and another member, is made sure of at once. */
  #tellMoves(work: Work): void {
    const side = this.#knowledge.sideSince(this.#knowledge.look)
    const ours = work.vantages.flatMap(({ vips }) => vips)
    const turns = ours.map((vip): readonly [Ip, Turn] => {
      const elected = side.expect(vip, new Set())?.elected
      const stance = stanceOf(elected, elected ? nodesIn(elected) : [])
      const turn = turnOf(this.#stances.get(vip), stance)
      this.#stances.set(vip, stance)
      return [vip, turn]
    })
    const known = new Set(ours)
    for (const vip of this.#stances.keys()) if (!known.has(vip)) this.#stances.delete(vip)
    this.#verdicts.moved(turns.filter(([, turn]) => turn === 'owner').map(([vip]) => vip))
    this.#ports.makeSure(turns.filter(([, turn]) => turn !== 'none').map(([vip]) => vip))
  }

  /** What cannot be tested from here, though it is ours to tell: said, never left as it was. */
  #rowsOfUntested({ me, isNode, places, assignment }: Work): void {
    for (const { vip, answerers } of places) {
      if (this.#ports.hears(vip) || !this.#isOurs(vip)) continue
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

  /** Assigned to us, or our own, or nobody's and to be told by us: who should answer, whoever watched it, a host that is no node. */
  #isOurs(vip: Ip): boolean {
    const { me, isNode, assignment, placeOf, own } = this.#work!
    const watch = assignment.get(vip)
    if (!watch) return false
    if (watch.vantages.includes(me) || own.has(vip) || this.#ports.of(vip)) return true
    if (watch.vantages.length > 0) return false
    if (!isNode || (this.#verdicts.get(vip)?.row ?? null) !== null) return true
    return placeOf.get(vip)?.answerers.includes(me) ?? false
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
    this.#follow()
    const { before, after } = this.#untold
    const state = stateOf(this.#parts(), after)
    for (const { level, message, fields } of changesBetween({ ...this.#logged, vips: before }, state))
      this.#edges.log[level]?.(message, fields)
    this.#untold = { before: new Map(), after: new Map() }
    this.#logged = state
  }

  /** What moved since the log was told: of each VIP the state that was told, and the newest. */
  #follow(): void {
    const { before, after } = this.#states.update(this.#parts())
    const { before: told, after: newest } = this.#untold
    for (const [vip, state] of before) if (!told.has(vip) && !newest.has(vip)) told.set(vip, state)
    for (const vip of before.keys()) newest.delete(vip)
    for (const [vip, state] of after) newest.set(vip, state)
  }

  #parts(): Parts {
    return {
      startedAt: this.#startedAt,
      config: this.#config,
      loaded: this.#loaded,
      work: this.#work,
      ports: this.#ports.all,
      knowledge: this.#knowledge,
      verdicts: this.#verdicts,
      gathered: this.#gathered,
      nowMs: this.#edges.clock.monotonicMs(),
    }
  }

  #at(): number {
    return Number(this.#edges.clock.wallNs() / 1_000_000n)
  }
}

function notFromHere(vip: Ip, work: Work | null): ArpcheckError {
  const vantages = work?.assignment.get(vip)?.vantages ?? []
  const others = vantages.length > 0 ? `; ${vantages.join(', ')} can` : ''
  return new ArpcheckError('no-such-interface', `${vip} is not asked for from here${others}.`)
}
