import type { Vip } from './announcers/announcer.ts'
import type { Ip } from './core/ip.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import type { VipState } from './core/watch/state.ts'
import type { Plan } from './core/watch/plan.ts'
import type { Watch } from './core/watch/vantages.ts'
import type { Work } from './daemon-plan.ts'
import type { Port } from './daemon-port.ts'
import type { Verdicts, Watched } from './daemon-verdicts.ts'

export interface VipParts {
  readonly config: DaemonConfig
  readonly work: Work | null
  readonly ports: ReadonlyMap<string, Port>
  readonly verdicts: Verdicts
}

/** States as they were and as they are now, of those VIPs alone whose state is another. */
export interface VipStep {
  readonly before: ReadonlyMap<Ip, VipState>
  readonly after: ReadonlyMap<Ip, VipState>
}

interface Entry {
  readonly vip: Vip
  readonly watch: Watch | undefined
  readonly known: Watched | undefined
  readonly intervalMs: number
  readonly passive: boolean
  readonly state: VipState
}

/** The states of all VIPs, each made again only when something of it moved: most are watched by others. */
export class VipStates {
  readonly #entries = new Map<Ip, Entry>()
  #of: readonly unknown[] = []
  #plans: readonly Plan[] = []
  #judged: ReadonlySet<Ip> = new Set()

  get all(): Map<Ip, VipState> {
    return new Map([...this.#entries].map(([vip, { state }]) => [vip, state]))
  }

  get size(): number {
    return this.#entries.size
  }

  update(parts: VipParts): VipStep {
    const [before, after] = [new Map<Ip, VipState>(), new Map<Ip, VipState>()]
    for (const ip of this.#mayDiffer(parts)) {
      const old = this.#entries.get(ip)
      const entry = entryOf(ip, parts, old)
      if (entry === old) continue
      if (old) before.set(ip, old.state)
      if (entry) after.set(ip, entry.state)
      if (entry) this.#entries.set(ip, entry)
      else this.#entries.delete(ip)
    }
    return { before, after }
  }

  /** While the work stays, only verdicts move, and the intervals of what is asked for. */
  #mayDiffer({ config, work, ports, verdicts }: VipParts): Iterable<Ip> {
    const plans = [...ports.values()].map(({ plan }) => plan)
    const of = [config, work?.vips, work?.assignment, work?.own]
    const isSame = of.every((one, i) => one === this.#of[i])
    const isSettled = verdicts.all.size === this.#judged.size && isSameList(plans, this.#plans)
    const before =
      isSame && !isSettled ? [...this.#judged, ...targetsOf(this.#plans), ...targetsOf(plans)] : []
    this.#of = of
    this.#plans = plans
    if (!isSame || !isSettled) this.#judged = new Set(verdicts.all.keys())
    if (!isSame) return new Set([...(work?.vips.keys() ?? []), ...this.#entries.keys()])
    return isSettled ? verdicts.all.keys() : new Set([...before, ...verdicts.all.keys()])
  }
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i])
}

function targetsOf(plans: readonly Plan[]): Ip[] {
  return plans.flatMap(({ targets }) => [...targets.keys()])
}

/** Undefined: it is no VIP any more. */
function entryOf(
  ip: Ip,
  { config, work, ports, verdicts }: VipParts,
  old: Entry | undefined,
): Entry | undefined {
  const [vip, watch, known] = [work?.vips.get(ip), work?.assignment.get(ip), verdicts.get(ip)]
  if (!vip) return undefined
  const intervalMs = targetOf(ip, ports)?.sweepMs ?? config.intervalMs
  const isSame = old?.vip === vip && old.watch === watch && old.known === known
  const { passive } = config
  if (isSame && old.intervalMs === intervalMs && old.passive === passive) return old
  const one = { vip, watch, known, intervalMs, passive }
  return { ...one, state: vipState(one) }
}

function targetOf(ip: Ip, ports: ReadonlyMap<string, Port>) {
  for (const { plan } of ports.values()) if (plan.targets.has(ip)) return plan.targets.get(ip)
  return undefined
}

function vipState({ vip, watch, known, intervalMs, passive }: Omit<Entry, 'state'>): VipState {
  const { ip, holders, pool } = vip
  return {
    vip: ip,
    services: holders.map(({ key }) => key),
    pool,
    row: known?.row ?? null,
    testable: !passive && watch?.untestable === null && known?.row?.verdict !== 'self',
    vantages: watch?.vantages ?? [],
    intervalMs,
    lastAnswerAt: known?.lastAnswerAt ?? null,
    silentSinceMs: known ? silentSince(known) : null,
    ownerChanges: known?.history.ownerChanges ?? 0,
    probes: known?.probes ?? NO_PROBES,
    firedFindings: known?.firedFindings ?? NO_FINDINGS,
    gratuitous: known?.history.gratuitous ?? NO_FRAMES,
    replies: known?.history.replies ?? NO_FRAMES,
  }
}

const NO_PROBES: VipState['probes'] = { good: 0, bad: 0, excluded: 0 }
const NO_FINDINGS: VipState['firedFindings'] = new Map()
const NO_FRAMES: VipState['gratuitous'] = new Map()

/** Since the last good answer; whoever hears nothing at all knows of no silence, nor does one who should answer itself. */
function silentSince({ row, history: { silentSinceMs, lastGood } }: Watched): number | null {
  if (silentSinceMs === null || row?.reason === 'deaf-vantage' || row?.verdict === 'idle') return null
  if (row?.verdict === 'self') return null
  return Math.min(silentSinceMs, lastGood?.ms ?? Infinity)
}
