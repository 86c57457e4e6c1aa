import type { ClusterSide } from './core/cluster-side.ts'
import type { Ip } from './core/ip.ts'
import { hasAnswered } from './core/round.ts'
import { groupByUsable, isUsable, viewsOf } from './core/views.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import { answeredLast } from './core/watch/address-looks.ts'
import type { InterfaceState, WatchState } from './core/watch/state.ts'
import type { Knowledge } from './daemon-cluster.ts'
import type { Work } from './daemon-plan.ts'
import { tempoOf } from './daemon-targets.ts'
import type { Gathered } from './daemon-gathered.ts'
import type { Port } from './daemon-port.ts'
import type { Verdicts } from './daemon-verdicts.ts'

/** All parts of a daemon, for whoever looks at them. */
export interface Parts {
  readonly startedAt: number
  readonly config: DaemonConfig
  readonly loaded: WatchState['config']
  readonly work: Work | null
  readonly ports: ReadonlyMap<string, Port>
  readonly knowledge: Knowledge
  readonly verdicts: Verdicts
  readonly gathered: Gathered
  readonly nowMs: number
}

/** What the daemon knows, as metrics, report and log read it. */
export function stateOf(parts: Parts, vips: WatchState['vips']): WatchState {
  const { startedAt, config, loaded, work, ports, knowledge } = parts
  const side = knowledge.sideSince(knowledge.look)
  return {
    startedAt,
    node: config.node,
    vips,
    nodes: nodesOf(side, ports),
    interfaces: new Map([...ports].map(([name, port]) => [name, interfaceState(port, parts)])),
    sources: knowledge.sources(),
    members: membersOf(side),
    membersDisagree: disagreement(side),
    daemons: daemonsOf(work),
    config: loaded,
  }
}

function interfaceState(port: Port, { config, work, gathered, nowMs }: Parts): InterfaceState {
  const { name, mac } = port.vantage.link
  const statistics = port.statistics()
  const kernel = new Map([
    ['kernel', statistics?.kernelDrops ?? 0],
    ['ring', statistics?.ringDrops ?? 0],
  ])
  const canaries = port.vantage.canaries.map((ip) => answeredLast(port.looks, ip))
  const asked = canaries.filter((one) => one !== null)
  return {
    name,
    mac,
    sent: port.counts.sent,
    results: port.counts.results,
    received: statistics?.received ?? 0,
    drops: new Map([...kernel, ...port.counts.dropped]),
    budgetPerSecond: tempoOf(config, work?.isNode ?? true).perPort,
    canaries: {
      mustAnswer: asked.length === 0 ? null : asked.includes(true),
      mustBeFree: isFree(gathered.free(name, nowMs)),
    },
  }
}

/** An answer is proof; silence is none where nobody at all was heard then. */
function isFree(free: ReturnType<Gathered['free']>): boolean | null {
  if (!free) return null
  if (free.ips.some((ip) => hasAnswered(free.past.round, ip))) return false
  return free.hears && free.past.loss !== 'lost' ? true : null
}

/** By its own address, wherever it was asked; nobody asks for our own. */
function nodesOf({ cluster }: ClusterSide, ports: ReadonlyMap<string, Port>): WatchState['nodes'] {
  const books = [...ports.values()].map(({ looks }) => looks)
  const answers = (ips: readonly Ip[]): NodeState => {
    let state = UNASKED
    for (const looks of books)
      for (const ip of ips) {
        const answered = answeredLast(looks, ip)
        if (answered === true) return ANSWERS
        if (answered === false) state = SILENT
      }
    return state
  }
  return new Map(cluster.nodes.map(({ name, internalIps }) => [name, answers(internalIps)]))
}

type NodeState = WatchState['nodes'] extends ReadonlyMap<string, infer S> ? S : never
/** The same objects for all: they are made each second, and a cluster may have hundreds of nodes. */
const UNASKED: NodeState = { answers: null }
const ANSWERS: NodeState = { answers: true }
const SILENT: NodeState = { answers: false }

function membersOf({ cluster, readings }: ClusterSide): WatchState['members'] {
  const { speakerPods, nodes } = cluster
  const counts = viewsOf(readings).map(({ members }) => members.filter(isUsable).length)
  return new Map([
    ['pods_listed', speakerPods.length],
    ['pods_ready', speakerPods.filter(({ ready }) => ready?.status === 'True').length],
    ['nodes_ready', nodes.filter(({ ready }) => ready?.status === 'True').length],
    ['read', counts.length === 0 ? null : Math.max(...counts)],
  ])
}

function daemonsOf(work: Work | null): WatchState['daemons'] {
  if (!work?.isNode) return null
  const { by, recorded, daemons } = work.fleet
  // our own is about to be written
  return { by, recorded: new Set([...recorded, work.me]).size, alive: daemons.length }
}

function disagreement({ readings }: ClusterSide): boolean | null {
  const views = viewsOf(readings)
  return views.length < 2 ? null : groupByUsable(views).length > 1
}
