import type { Capture, CaptureEvents } from './capture/capture.ts'
import type { Clock } from './clock.ts'
import { macMapFor } from './core/attribution.ts'
import type { HostFacts } from './core/host.ts'
import type { Ip } from './core/ip.ts'
import type { Mac } from './core/mac.ts'
import { knowsEveryNic } from './core/macs.ts'
import { ownMacs } from './core/outcome.ts'
import type { Random } from './core/random.ts'
import { evidenceOf } from './core/round.ts'
import type { Vantage } from './core/vantage.ts'
import { isFault } from './core/verdict.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import { allPast, type AddressLook } from './core/watch/address-looks.ts'
import { isOfNobody } from './core/watch/needs.ts'
import type { Plan } from './core/watch/plan.ts'
import type { Ended } from './core/watch/schedule.ts'
import type { DaemonCluster, Knowledge } from './daemon-cluster.ts'
import { nodesIn, type Work } from './daemon-plan.ts'
import { portPlan } from './daemon-targets.ts'
import { Port } from './daemon-port.ts'
import type { Verdicts } from './daemon-verdicts.ts'
import type { Look } from './elected.ts'
import { ArpcheckError, messageOf, type ErrorCode } from './errors.ts'
import type { Log } from './log.ts'
import type { CheckEdges } from './options.ts'

/** What the watching is done with; tests bring their own. */
export interface WatchEdges {
  readonly clock: Clock
  readonly random: Random
  readonly hostFacts: () => HostFacts
  readonly openCapture: (interfaceName: string, events: CaptureEvents) => Capture
  /** Tells that links, addresses or routes of this host changed. */
  readonly watchHost: (onChange: () => void) => { close(): void }
  /** Whether hosts answer ICMP echo; absent, or null, where that cannot be asked. Never rejects for what the world does. */
  readonly echo?: CheckEdges['echo']
  readonly cluster: DaemonCluster & { readonly ready: (signal: AbortSignal) => Promise<void> }
  readonly log: Log
}

/** Who answers so long after a look was asked beside it. */
const WITNESS_MS = 4000
/** A look that shows how it is now. */
const RECENT_MS = 10_000
/** What no waiting mends. */
const FATAL: readonly ErrorCode[] = ['no-permission', 'engine-unavailable', 'host-unreadable']

export interface PortsHooks {
  readonly isOurs: (vip: Ip) => boolean
  /** Something befell an interface: the host's facts are to be read again. */
  readonly onTrouble: () => void
  /** A broadcast look at a VIP is over, and judged. */
  readonly onLooked: (vip: Ip) => void
}

/** The interfaces that we ask from: opened and closed as the host changes, aimed as the work does. */
export class Ports {
  readonly #open = new Map<string, Port>()
  readonly #edges: WatchEdges
  readonly #knowledge: Knowledge
  readonly #verdicts: Verdicts
  readonly #hooks: PortsHooks

  constructor(edges: WatchEdges, knowledge: Knowledge, verdicts: Verdicts, hooks: PortsHooks) {
    this.#edges = edges
    this.#knowledge = knowledge
    this.#verdicts = verdicts
    this.#hooks = hooks
  }

  /** By name. */
  get all(): ReadonlyMap<string, Port> {
    return this.#open
  }

  /** The one that asks for a VIP. */
  of(vip: Ip): Port | undefined {
    return [...this.#open.values()].find(({ plan }) => plan.targets.get(vip)?.kind === 'vip')
  }

  /** Whether anything that is said of a VIP is heard, asked for or not. */
  hears(vip: Ip): boolean {
    return [...this.#open.values()].some(({ ears, vantage }) => ears !== null && vantage.vips.includes(vip))
  }

  makeSure(vips: readonly Ip[]): void {
    if (vips.length === 0) return
    for (const port of this.#open.values())
      port.makeSure(vips.filter((vip) => port.vantage.vips.includes(vip)))
  }

  /** One broadcast for each of these now. */
  askNow(vips: readonly Ip[]): void {
    if (vips.length === 0) return
    for (const port of this.#open.values()) port.askNow(vips.filter((vip) => port.vantage.vips.includes(vip)))
  }

  /** What is not asked for from here is judged by what is heard of it. */
  listen(intervalMs: number, isReplanned: boolean): void {
    for (const { vantage, plan, ears } of this.#open.values()) {
      if (!ears) continue
      const isStranger = (mac: Mac): boolean => !ears.macs.nodeOf.has(mac)
      for (const vip of vantage.vips)
        if ((plan.passive || !plan.targets.has(vip)) && this.#hooks.isOurs(vip))
          this.#verdicts.overheard(vip, { vantage, intervalMs, isStranger, isReplanned })
    }
  }

  close(): void {
    for (const port of this.#open.values()) port.close()
    this.#open.clear()
  }

  /** Opens what is wanted and not open yet, and closes the rest. Throws where no waiting mends why the first cannot be opened. */
  open(vantages: readonly Vantage[], isFirst: boolean): void {
    const wanted = new Map(vantages.map((vantage) => [vantage.link.name, vantage]))
    for (const [name, port] of this.#open) {
      const vantage = wanted.get(name)
      if (vantage && isSameLink(vantage, port.vantage)) port.vantage = vantage
      else this.#closePort(port)
    }
    for (const [name, vantage] of wanted) if (!this.#open.has(name)) this.#openOne(vantage, isFirst)
  }

  #openOne(vantage: Vantage, isFirst: boolean): void {
    const { clock, random, openCapture, log } = this.#edges
    try {
      const port = new Port(vantage, {
        clock,
        random,
        openCapture,
        context: () => this.#knowledge.look,
        onSighting: (sighting) => this.#hooks.isOurs(sighting.vip) && this.#verdicts.sighted(sighting),
        onMissed: (one, { ip, sinceMs }) => this.#missed(one, ip, sinceMs),
        onEnded: (one, ended, look) => this.#ended(one, ended, look),
        onTrouble: (one, error) => this.#trouble(one, error),
        onFault: (error) => log.error?.('a mistake of ours', { error: messageOf(error) }),
      })
      this.#open.set(vantage.link.name, port)
    } catch (error) {
      if (!(error instanceof ArpcheckError) || (isFirst && FATAL.includes(error.code))) throw error
      this.#tellTrouble(vantage.link.name, error)
    }
  }

  #closePort(port: Port): void {
    port.close()
    this.#open.delete(port.vantage.link.name)
  }

  /** What is gone or changed is opened anew once the host's facts say so; one that is down waits for its carrier. */
  #trouble(port: Port, error: ArpcheckError): void {
    this.#tellTrouble(port.vantage.link.name, error)
    this.#hooks.onTrouble()
    if (error.code !== 'interface-down') this.#closePort(port)
  }

  #tellTrouble(name: string, { code, message }: ArpcheckError): void {
    this.#edges.log.warn?.('trouble with an interface', { interface: name, code, why: message })
  }

  retarget(work: Work, config: DaemonConfig): void {
    for (const port of this.#open.values()) this.#retarget(port, work, config)
  }

  #retarget(port: Port, work: Work, config: DaemonConfig): void {
    const side = this.#knowledge.sideSince(this.#knowledge.look)
    this.#listen(port)
    const plan = portPlan({
      work,
      vantage: port.vantage,
      side,
      macs: port.ears!.macs,
      config,
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
      knowsAll: knowsEveryNic({
        nodes: side.cluster.nodes,
        records: side.cluster.nicRecords,
        own: { node: side.ownNode, macs: own },
      }),
      mayAnswer: (vip) => mayAnswer.get(vip),
    }
  }

  /** Raw silence begins at once, whatever else is asked to be sure of it. */
  #missed({ plan }: Port, ip: Ip, sinceMs: number): void {
    if (plan.targets.get(ip)?.kind === 'vip') this.#verdicts.missed(ip, sinceMs)
  }

  /** A fault is explained better now than when it was judged. Nothing becomes one by a look that is old. */
  explainAgain(vip: Ip): void {
    const port = this.of(vip)
    const look = port?.looks.broadcast.get(vip)
    if (!port || !look || !isFault(this.#verdicts.get(vip)?.row?.verdict ?? 'ok')) return
    const hasMoved = this.#knowledge.sideSince(look.context).expect(vip, new Set())?.moved
    if (!hasMoved) this.#verdicts.judgeAgain(vip, port, look)
  }

  /** Whose a MAC is, or that it answers for what nobody has, was found out: by a look of a moment ago, or another one now. */
  learned(port: Port): void {
    if (this.#open.get(port.vantage.link.name) !== port) return
    this.#listen(port)
    const sinceMs = port.nowMs() - RECENT_MS
    for (const vip of port.vantage.vips) {
      const { row } = this.#verdicts.get(vip) ?? {}
      const look = port.looks.broadcast.get(vip)
      if (!row || !look || !row.answered.some(isOfNobody)) continue
      if (row.verdict !== 'settling' && look.endedMs! >= sinceMs) this.#verdicts.judgeAgain(vip, port, look)
      else port.askNow([vip])
    }
  }

  #ended(port: Port, { ip, mode, answered }: Ended, look: AddressLook<Look>): void {
    const kind = port.plan.targets.get(ip)?.kind
    const isSweep = kind === 'vip' && mode === 'broadcast'
    if (isSweep) this.#verdicts.lookedAt(ip, port, look)
    if (isSweep) this.#hooks.onLooked(ip)
    // a step of the schedule is not over yet
    if (isSweep) queueMicrotask(() => this.askNow(this.#verdicts.due()))
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
}

function isSameLink(a: Vantage, b: Vantage): boolean {
  return a.link.index === b.link.index && a.link.mac === b.link.mac
}

function textOf({ targets, shares, passive }: Plan): string {
  return JSON.stringify([[...targets], shares.sent, [...shares.caused], shares.unplanned, passive])
}
