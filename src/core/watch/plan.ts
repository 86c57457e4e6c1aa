import type { Ip } from '../ip.ts'
import type { Mac } from '../mac.ts'
import { sharesOf, stretchOf, type Shares, type Stretch, type Tempo } from './budget.ts'
import type { Loads } from './loads.ts'
import type { Place } from './vantages.ts'

/** What one daemon asks for, how often, and what it may cost whom. */
export interface Plan {
  readonly targets: ReadonlyMap<Ip, Target>
  readonly shares: Shares
  /** Only listens. */
  readonly passive: boolean
}

export interface Target {
  readonly ip: Ip
  readonly kind: 'vip' | 'node' | 'canary'
  /** Whose life it hangs on: the node itself, or the one that should answer for the VIP. */
  readonly node: string | null
  /** That node's own address; null where it has none here. */
  readonly host: Ip | null
  /** Its node is asked before it between sweeps, so that a dead node costs one frame: where that saves any. */
  readonly isGuarded: boolean
  /** Ports that an answer may come from: nodes, or the address of what is none. */
  readonly ports: readonly string[]
  /** Whom to ask alone, where that is known; else it is learnt from answers. */
  readonly mac: Mac | null
  /** Effective, from one broadcast to the next. */
  readonly sweepMs: number
  /** The first broadcast comes within this time: at once where that costs little. */
  readonly firstMs: number
  /** Effective; null: never asked alone on its own account. */
  readonly unicastMs: number | null
}

/** What a plan is made of. */
export interface Planned {
  /** This daemon, as the assignment names it. */
  readonly me: string
  /** VIPs that this daemon watches. */
  readonly mine: readonly Place[]
  /** What all daemons together ask for. */
  readonly loads: Loads
  readonly tempo: Tempo
  /** Nodes' own addresses on our segments, and their MACs there. */
  readonly nodes: ReadonlyMap<string, { readonly ip: Ip; readonly mac: Mac | null }>
  /** Who answers for a VIP besides those that should, as far as was seen from here. */
  readonly strangers: ReadonlyMap<Ip, readonly string[]>
  /** The gateway, an address that must be free. */
  readonly canaries: readonly Ip[]
  readonly passive: boolean
}

export function planOf(planned: Planned): Plan {
  const { me, mine, loads, tempo, passive, canaries } = planned
  const stretch = (...ports: string[]): Stretch => stretchOf(loads, tempo, [me, ...ports])
  const perNode = byNode(mine)
  const targets = [
    ...nodeTargets(planned, perNode, stretch),
    ...mine.map((place) => vipTarget(planned, place, perNode, stretch)),
    ...canaries.map((ip) => canaryTarget(ip, tempo.sweepMs, stretch())),
  ]
  return {
    targets: new Map(targets.map((target) => [target.ip, target])),
    shares: sharesOf(loads, tempo, me),
    passive,
  }
}

/** By the one that is asked alone, and whose own address tells whether it lives. */
function byNode(places: readonly Place[]): PerNode {
  const groups = new Map<string | null, Place[]>()
  for (const place of places) {
    const node = place.answerers[0] ?? null
    groups.set(node, [...(groups.get(node) ?? []), place])
  }
  return groups
}

type PerNode = ReadonlyMap<string | null, readonly Place[]>
type StretchAt = (...ports: string[]) => Stretch

function nodeTargets({ nodes, tempo }: Planned, perNode: PerNode, stretch: StretchAt): Target[] {
  return [...perNode.keys()].flatMap((node): Target[] => {
    const found = node === null ? undefined : nodes.get(node)
    if (node === null || !found) return []
    const slower = stretch(node)
    const sweepMs = tempo.sweepMs * slower.sweep
    const firstMs = tempo.sweepMs * slower.once
    return [
      {
        ...found,
        kind: 'node',
        node,
        host: null,
        isGuarded: false,
        ports: [node],
        firstMs,
        sweepMs,
        unicastMs: null,
      },
    ]
  })
}

function vipTarget(
  { nodes, tempo, strangers }: Planned,
  { vip, answerers }: Place,
  perNode: PerNode,
  stretch: StretchAt,
): Target {
  const node = answerers[0] ?? null
  const host = node === null ? undefined : nodes.get(node)
  const slower = stretch(...answerers)
  const sweepMs = tempo.sweepMs * slower.sweep
  return {
    ip: vip,
    kind: 'vip',
    node,
    host: host?.ip ?? null,
    isGuarded: host !== undefined && (perNode.get(node)?.length ?? 0) > 1,
    ports: [...new Set([...answerers, ...(strangers.get(vip) ?? [])])],
    mac: host?.mac ?? null,
    sweepMs,
    firstMs: tempo.sweepMs * slower.once,
    unicastMs: node === null ? null : unicastOf(tempo, slower, sweepMs),
  }
}

/** What would come no more often than the sweep tells nothing that the sweep does not. */
function unicastOf({ unicastMs }: Tempo, { unicast }: Stretch, sweepMs: number): number | null {
  if (unicastMs === null || unicastMs * unicast >= sweepMs) return null
  return unicastMs * unicast
}

function canaryTarget(ip: Ip, sweepMs: number, { sweep, once }: Stretch): Target {
  return {
    ip,
    kind: 'canary',
    node: null,
    host: null,
    isGuarded: false,
    ports: [ip],
    mac: null,
    sweepMs: sweepMs * sweep,
    firstMs: sweepMs * once,
    unicastMs: null,
  }
}
