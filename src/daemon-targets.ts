import type { ClusterSide } from './core/cluster-side.ts'
import type { Ip } from './core/ip.ts'
import type { MacMap } from './core/macs.ts'
import { isOnLink, type Vantage } from './core/vantage.ts'
import { outsideTempo, type Tempo } from './core/watch/budget.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import { loadsOf, type Loads } from './core/watch/loads.ts'
import { planOf, type Plan, type Planned, type Target } from './core/watch/plan.ts'
import type { Place } from './core/watch/vantages.ts'
import { isSameJson, nodesIn, type Work } from './daemon-plan.ts'

export interface Targets {
  readonly work: Work
  readonly vantage: Vantage
  readonly side: ClusterSide
  readonly macs: MacMap
  readonly config: DaemonConfig
  readonly strangers: ReadonlyMap<Ip, readonly string[]>
}

/** What one interface asks for: its VIPs, the nodes that should answer for them, and what must answer in any case. */
export function portPlan({ work, vantage, side, macs, config, strangers }: Targets): Plan {
  const tempo = tempoOf(config, work.isNode)
  const nodes = new Map(
    side.cluster.nodes.flatMap(({ name, internalIps }) => {
      const ip = internalIps.find((one) => isOnLink(one, vantage.link))
      return ip === undefined || name === side.ownNode
        ? []
        : [[name, { ip, mac: macOf(name, macs) }] as const]
    }),
  )
  const plan = planOf({
    me: work.me,
    ...loaded(work, vantage, side, tempo),
    tempo,
    nodes,
    strangers,
    canaries: vantage.vips.some((vip) => isAsked(vip, work)) ? vantage.canaries : [],
    passive: config.passive,
  })
  const isHere = ({ ip, kind }: Target): boolean => kind !== 'vip' || vantage.vips.includes(ip)
  return { ...plan, targets: new Map([...plan.targets].filter(([, target]) => isHere(target))) }
}

function isAsked(vip: Ip, { assignment, me }: Work): boolean {
  return assignment.get(vip)?.vantages.includes(me) ?? false
}

export function tempoOf(config: DaemonConfig, isNode: boolean): Tempo {
  const tempo = {
    sweepMs: config.intervalMs,
    unicastMs: config.confirmIntervalMs,
    perPort: config.budgetPerSecond,
  }
  return isNode ? tempo : outsideTempo(tempo)
}

const loads = new WeakMap<Work['assignment'], { readonly key: string; readonly loads: Loads }>()

/**
 * Our places, and what all together cost. Of our own VIPs the speakers' views tell whom to ask alone; the rest is as all
 * daemons compute it, and is counted again only when one of these moved.
 */
function loaded(
  { mine, placeOf, places, assignment }: Work,
  { vips }: Vantage,
  side: ClusterSide,
  tempo: Tempo,
): Pick<Planned, 'mine' | 'loads'> {
  const here = new Set(vips)
  const ours = mine.map((vip) => (here.has(vip) ? asElected(placeOf.get(vip)!, side) : placeOf.get(vip)!))
  const moved = new Map(ours.filter((one) => one !== placeOf.get(one.vip)).map((one) => [one.vip, one]))
  const key = JSON.stringify([tempo, [...moved.values()]])
  const known = loads.get(assignment)
  if (known?.key === key) return { mine: ours, loads: known.loads }
  const all = moved.size === 0 ? places : places.map((place) => moved.get(place.vip) ?? place)
  const made = loadsOf(assignment, all, tempo)
  loads.set(assignment, { key, loads: made })
  return { mine: ours, loads: made }
}

function asElected(place: Place, side: ClusterSide): Place {
  const elected = side.expect(place.vip, new Set())?.elected
  const answerers = elected ? nodesIn(elected) : []
  return answerers.length === 0 || isSameJson(answerers, place.answerers) ? place : { ...place, answerers }
}

function macOf(node: string, { nodeOf }: MacMap) {
  return [...nodeOf].find(([, name]) => name === node)?.[0] ?? null
}
