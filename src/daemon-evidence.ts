import type { Clock } from './clock.ts'
import type { Ip } from './core/ip.ts'
import { BROADCAST_MAC } from './core/mac.ts'
import { isOnLink } from './core/vantage.ts'
import { hasHeardSince } from './core/watch/address-looks.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import {
  againMs,
  askedInVain,
  askedNow,
  FREE_INTERVALS,
  isTime,
  needsOf,
  NOTHING_WANTED,
  wanting,
  type Need,
  type Wanting,
} from './core/watch/needs.ts'
import { toAskFor } from './core/watch/told.ts'
import { attributed, sideUntold, unrecordedOthers } from './daemon-attribution.ts'
import type { Knowledge } from './daemon-cluster.ts'
import type { Gathered } from './daemon-gathered.ts'
import type { Port } from './daemon-port.ts'
import type { Ports, WatchEdges } from './daemon-ports.ts'
import { lastLooks, rowsOf, suspectsIn, type Row } from './daemon-rows.ts'
import type { Verdicts } from './daemon-verdicts.ts'
import { messageOf } from './errors.ts'

export interface EvidenceParts {
  readonly edges: Pick<WatchEdges, 'clock' | 'cluster' | 'echo' | 'log'>
  readonly config: () => DaemonConfig
  readonly knowledge: Knowledge
  readonly ports: Ports
  readonly verdicts: Verdicts
  readonly gathered: Gathered
}

/** What is lacking, in a word that changes when something else is; how often it is asked for; false: it was in vain. */
interface Lack {
  readonly need: Need
  readonly port: Port | null
  readonly what: string | null
  readonly everyMs: number
  readonly ask: () => Promise<boolean>
}

/** At a time: each one that is dead costs three broadcasts of the kernel's (mcast_solicit). */
const MOST_ECHOES = 4
const SOLICITED = 3

/** What a one-shot asks besides: whose a strange MAC is, what must be free, who lives, who claims. On need, one at a time of each. */
export class Evidence {
  readonly #parts: EvidenceParts
  readonly #clock: Clock
  readonly #wantings = new Map<string, Wanting>()
  readonly #running = new Map<string, Promise<void>>()
  #signal: AbortSignal | null = null

  constructor(parts: EvidenceParts) {
    this.#parts = parts
    this.#clock = parts.edges.clock
  }

  /** Looks at the rows as they are; what they lack is asked for in its time. */
  step(signal: AbortSignal): void {
    const { ports, config, gathered } = this.#parts
    this.#signal = signal
    gathered.keepInterfaces(ports.all)
    this.#keepInterfaces()
    if (config().passive) return
    const lacks = [...ports.all.values()].flatMap((port) => [this.#attribution(port), this.#free(port)])
    for (const lack of [...lacks, this.#echo(signal), this.#claims(signal)]) this.#see(lack)
  }

  /** When all that was begun is over. */
  async ended(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  #keepInterfaces(): void {
    const { all } = this.#parts.ports
    for (const key of this.#wantings.keys()) {
      const [, name] = key.split(' ')
      if (name !== undefined && !all.has(name)) this.#wantings.delete(key)
    }
  }

  #attribution(port: Port): Lack {
    const { knowledge, ports, verdicts } = this.#parts
    const answers = rowsOf(port, verdicts).flatMap(({ row }) => row.answered)
    const macs = toAskFor(answers, knowledge.told, this.#clock.monotonicMs())
    const isOpen = macs.length > 0 && unrecordedOthers(knowledge).length > 0
    return {
      need: 'attribution',
      port,
      what: isOpen ? macs.join() : null,
      everyMs: againMs('attribution'),
      ask: async () => {
        const told = await attributed(port, knowledge)
        if (told) knowledge.told = told
        if (told) ports.learned(port)
        return told !== null
      },
    }
  }

  #free(port: Port): Lack {
    const { config, verdicts } = this.#parts
    const { mustBeFree, intervalMs } = config()
    const ips = mustBeFree.filter((ip) => isOnLink(ip, port.vantage.link) && this.#isNobodys(ip))
    const isStrange = rowsOf(port, verdicts).some(({ row }) => needsOf(row).includes('free'))
    const normalMs = FREE_INTERVALS * intervalMs
    return {
      need: 'free',
      port,
      what: ips.length === 0 ? null : `${isStrange} ${ips.join()}`,
      everyMs: isStrange ? Math.min(againMs('free'), normalMs) : normalMs,
      ask: () => this.#askFree(port, ips, normalMs),
    }
  }

  async #askFree(port: Port, ips: readonly Ip[], everyMs: number): Promise<boolean> {
    const { gathered, ports, config } = this.#parts
    const past = await port.inquire(ips.map((ip) => ({ ip, to: BROADCAST_MAC })))
    if (!past) return false
    const nowMs = this.#clock.monotonicMs()
    const hears = hasHeardSince(port.looks, nowMs - config().intervalMs)
    gathered.heardFree(port.vantage.link.name, { ips, past, hears, everyMs }, nowMs)
    ports.learned(port)
    return true
  }

  /** What became a VIP or a node since it was written down is no stranger's any more. */
  #isNobodys(ip: Ip): boolean {
    const { vips, cluster } = sideUntold(this.#parts.knowledge)
    const { links } = this.#parts.knowledge.facts
    const isOurs = links.some(({ addresses }) => addresses.some((one) => one.ip === ip))
    return !isOurs && !vips.has(ip) && !cluster.nodes.some(({ internalIps }) => internalIps.includes(ip))
  }

  #echo(signal: AbortSignal): Lack {
    const silent = this.#parts.edges.echo ? this.#needing('echo') : []
    return {
      need: 'echo',
      port: null,
      what: silent.length > 0 ? 'silent' : null,
      everyMs: againMs('echo'),
      ask: () => this.#askEcho(silent, signal),
    }
  }

  async #askEcho(silent: readonly Row[], signal: AbortSignal): Promise<boolean> {
    const { edges, gathered, ports, knowledge } = this.#parts
    const suspects = suspectsIn(silent, knowledge).slice(0, MOST_ECHOES)
    if (suspects.length === 0) return false
    const ips = suspects.map(({ ip }) => ip)
    const lives = await edges.echo!(ips, signal)
    for (const { ip, port } of suspects)
      if (isOnLink(ip, port.vantage.link)) port.charge(lives?.get(ip) === 'silent' ? SOLICITED : 1)
    if (!lives || signal.aborted) return true
    gathered.heardEcho(lives, this.#clock.monotonicMs())
    for (const { vip } of silent) ports.explainAgain(vip)
    return true
  }

  #claims(signal: AbortSignal): Lack {
    const { edges, knowledge } = this.#parts
    const deviating = edges.cluster.readClaims ? this.#needing('claims') : []
    return {
      need: 'claims',
      port: null,
      what: deviating.length > 0 ? 'deviates' : null,
      everyMs: againMs('claims', knowledge.look.cluster.speakerPods.length),
      ask: () => this.#askClaims(deviating, signal),
    }
  }

  async #askClaims(deviating: readonly Row[], signal: AbortSignal): Promise<boolean> {
    const { edges, gathered, ports, knowledge } = this.#parts
    const beganMs = this.#clock.monotonicMs()
    const looks = lastLooks(deviating, beganMs)
    const claims = await edges.cluster.readClaims!(knowledge.look.cluster, signal)
    if (signal.aborted) return true
    gathered.heardClaims({ claims, beganMs, endedMs: this.#clock.monotonicMs(), looks })
    for (const { vip } of deviating) ports.explainAgain(vip)
    return true
  }

  /** One at a time of each kind and place. */
  #see({ need, port, what, everyMs, ask }: Lack): void {
    const key = port ? `${need} ${port.vantage.link.name}` : need
    const nowMs = this.#clock.monotonicMs()
    const now = wanting(this.#wantings.get(key) ?? NOTHING_WANTED, what, nowMs)
    const isDue = !this.#running.has(key) && isTime(need, now, nowMs, everyMs)
    this.#wantings.set(key, isDue ? askedNow(now, nowMs) : now)
    if (isDue) this.#running.set(key, this.#run(key, ask, everyMs))
  }

  async #run(key: string, ask: () => Promise<boolean>, everyMs: number): Promise<void> {
    const { log } = this.#parts.edges
    try {
      const wanted = (await ask()) ? undefined : this.#wantings.get(key)
      if (wanted) this.#wantings.set(key, askedInVain(wanted, this.#clock.monotonicMs(), everyMs))
    } catch (error) {
      if (!this.#signal?.aborted) log.error?.('a mistake of ours', { error: messageOf(error) })
    } finally {
      this.#running.delete(key)
    }
  }

  #needing(need: Need): Row[] {
    const { ports, verdicts } = this.#parts
    const rows = [...ports.all.values()].flatMap((port) => rowsOf(port, verdicts))
    return rows.filter(({ row }) => needsOf(row).includes(need))
  }
}
