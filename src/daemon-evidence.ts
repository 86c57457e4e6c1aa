import type { Clock } from './clock.ts'
import { echoQuestions } from './core/cluster-side.ts'
import { suspectsOf } from './core/expectation.ts'
import type { Ip } from './core/ip.ts'
import { BROADCAST_MAC } from './core/mac.ts'
import type { VipReport } from './core/report.ts'
import { isOnLink } from './core/vantage.ts'
import { hasHeardSince, pastFor } from './core/watch/address-looks.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import {
  againMs,
  askedNow,
  FREE_INTERVALS,
  isStranger,
  isTime,
  KNOWN_AGAIN_MS,
  needsOf,
  NOTHING_WANTED,
  wanting,
  type Need,
  type Wanting,
} from './core/watch/needs.ts'
import { attributed, sideUntold, unrecordedOthers } from './daemon-attribution.ts'
import type { Knowledge } from './daemon-cluster.ts'
import type { Gathered } from './daemon-gathered.ts'
import type { Port } from './daemon-port.ts'
import type { Ports, WatchEdges } from './daemon-ports.ts'
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

/** Each one that is dead costs three broadcasts of the kernel's. */
const MOST_ECHOES = 4
/** For a silent neighbour (mcast_solicit, ARP's default). */
const SOLICITED = 3
/** Next in line, for whom it matters whether they live. */
const SUCCESSORS = 2

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
    if (config().passive) return
    for (const port of ports.all.values()) {
      this.#attribution(port)
      this.#free(port)
    }
    this.#echo(signal)
    this.#claims(signal)
  }

  /** When all that was begun is over. */
  async ended(): Promise<void> {
    await Promise.all(this.#running.values())
  }

  #attribution(port: Port): void {
    const { told: known } = this.#parts.knowledge
    const answered = rowsOf(port, this.#parts.verdicts).flatMap(({ row }) => row.answered)
    const open = answered.some((one) => isStranger(one) && !known.has(one.mac))
    const macs = answered.filter((one) => isStranger(one) || known.has(one.mac)).map(({ mac }) => mac)
    const { knowledge, ports } = this.#parts
    const isOpen = unrecordedOthers(knowledge).length > 0
    const what = macs.length > 0 && isOpen ? [...new Set(macs)].toSorted().join() : null
    const everyMs = open ? againMs('attribution') : KNOWN_AGAIN_MS
    this.#when('attribution', port.vantage.link.name, { what, everyMs }, async () => {
      const told = await attributed(port, knowledge)
      if (!told) return
      knowledge.told = told
      ports.learned(port)
    })
  }

  #free(port: Port): void {
    const { config, verdicts } = this.#parts
    const { mustBeFree, intervalMs } = config()
    const ips = mustBeFree.filter((ip) => isOnLink(ip, port.vantage.link) && this.#isNobodys(ip))
    const isStrange = rowsOf(port, verdicts).some(({ row }) => needsOf(row).includes('free'))
    const normalMs = FREE_INTERVALS * intervalMs
    const what = ips.length === 0 ? null : `${isStrange} ${ips.join()}`
    const everyMs = isStrange ? Math.min(againMs('free'), normalMs) : normalMs
    this.#when('free', port.vantage.link.name, { what, everyMs }, async () => {
      const past = await port.inquire(ips.map((ip) => ({ ip, to: BROADCAST_MAC })))
      if (!past) return
      const nowMs = this.#clock.monotonicMs()
      const hears = hasHeardSince(port.looks, nowMs - intervalMs)
      const heard = { ips, past, hears, everyMs: normalMs }
      this.#parts.gathered.heardFree(port.vantage.link.name, heard, nowMs)
      this.#parts.ports.learned(port)
    })
  }

  /** What became a VIP or a node since it was written down is no stranger's any more. */
  #isNobodys(ip: Ip): boolean {
    const { vips, cluster } = sideUntold(this.#parts.knowledge)
    const { links } = this.#parts.knowledge.facts
    const isOurs = links.some(({ addresses }) => addresses.some((one) => one.ip === ip))
    return !isOurs && !vips.has(ip) && !cluster.nodes.some(({ internalIps }) => internalIps.includes(ip))
  }

  #echo(signal: AbortSignal): void {
    const { edges, gathered, ports } = this.#parts
    const silent = this.#needing('echo')
    const ips = edges.echo ? this.#suspects(silent).slice(0, MOST_ECHOES) : []
    const what =
      ips.length > 0
        ? ips
            .map(({ ip }) => ip)
            .toSorted()
            .join()
        : null
    this.#when('echo', '', { what, everyMs: againMs('echo') }, async () => {
      const lives = await edges.echo!(
        ips.map(({ ip }) => ip),
        signal,
      )
      for (const { ip, port } of ips)
        if (isOnLink(ip, port.vantage.link)) port.charge(lives?.get(ip) === 'silent' ? SOLICITED : 1)
      if (!lives || signal.aborted) return
      gathered.heardEcho(lives, this.#clock.monotonicMs())
      for (const { vip } of silent) ports.judgeAgain(vip)
    })
  }

  /** Addresses of nodes that should answer or are next in line, and did not answer by ARP. */
  #suspects(silent: readonly Row[]): { readonly ip: Ip; readonly port: Port }[] {
    const found = silent.flatMap(({ vip, port, row }) => {
      const side = sideUntold(this.#parts.knowledge)
      const elected = side.expect(vip, new Set())?.elected
      const next = row.expected.candidates.map(({ node }) => node)
      const names = [...(elected?.kind === 'somebody' ? suspectsOf(elected) : []), ...next]
      const near = [...new Set(names)].slice(0, 1 + SUCCESSORS)
      const bearing = side.cluster.nodes.filter(({ name }) => near.includes(name))
      const ips = new Set(bearing.flatMap(({ internalIps }) => internalIps))
      return echoQuestions(side, pastFor(port.looks, vip))
        .filter((ip) => ips.has(ip))
        .map((ip) => ({ ip, port }))
    })
    return [...new Map(found.map((one) => [one.ip, one])).values()]
  }

  #claims(signal: AbortSignal): void {
    const { edges, knowledge, gathered, ports } = this.#parts
    const { readClaims } = edges.cluster
    const deviating = readClaims ? this.#needing('claims') : []
    const what = deviating.length > 0 ? deviating.map(({ vip }) => vip).join() : null
    const { cluster } = knowledge.look
    const everyMs = againMs('claims', cluster.speakerPods.length)
    this.#when('claims', '', { what, everyMs }, async () => {
      const beganMs = this.#clock.monotonicMs()
      const looks = lastLooks(deviating, beganMs)
      const claims = await readClaims!(cluster, signal)
      if (signal.aborted) return
      gathered.heardClaims({ claims, beganMs, endedMs: this.#clock.monotonicMs(), looks })
      for (const { vip } of deviating) ports.judgeAgain(vip)
    })
  }

  /** One at a time of each kind and place. */
  #when(
    need: Need,
    where: string,
    { what, everyMs }: { readonly what: string | null; readonly everyMs: number },
    job: () => Promise<void>,
  ): void {
    const key = `${need} ${where}`
    const nowMs = this.#clock.monotonicMs()
    const now = wanting(this.#wantings.get(key) ?? NOTHING_WANTED, what, nowMs)
    const isDue = !this.#running.has(key) && isTime(need, now, nowMs, everyMs)
    this.#wantings.set(key, isDue ? askedNow(now, nowMs) : now)
    if (!isDue) return
    this.#running.set(
      key,
      job()
        .catch((error: unknown) => this.#fault(error))
        .finally(() => this.#running.delete(key)),
    )
  }

  #fault(error: unknown): void {
    const { log } = this.#parts.edges
    if (!this.#signal?.aborted) log.error?.('a mistake of ours', { error: messageOf(error) })
  }

  #needing(need: Need): Row[] {
    const { ports, verdicts } = this.#parts
    const rows = [...ports.all.values()].flatMap((port) => rowsOf(port, verdicts))
    return rows.filter(({ row }) => needsOf(row).includes(need))
  }
}

interface Row {
  readonly vip: Ip
  readonly port: Port
  readonly row: VipReport
}

function rowsOf(port: Port, verdicts: Verdicts): Row[] {
  return port.vantage.vips.flatMap((vip) => {
    const row = verdicts.get(vip)?.row
    return row ? [{ vip, port, row }] : []
  })
}

function lastLooks(rows: readonly Row[], beforeMs: number): ReadonlyMap<Ip, number> {
  const looks = rows.flatMap(({ vip, port }) => port.looks.broadcast.get(vip) ?? [])
  return new Map(looks.filter(({ endedMs }) => endedMs! <= beforeMs).map(({ ip, sinceMs }) => [ip, sinceMs]))
}
