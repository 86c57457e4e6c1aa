import { assemble } from './core/assemble.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import { nodeFactsOf } from './core/cluster-side.ts'
import type { Ip } from './core/ip.ts'
import type { Report } from './core/report.ts'
import { groupByUsable, isUsable, viewsOf } from './core/views.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import { allPast, answeredLast } from './core/watch/address-looks.ts'
import type { InterfaceState, WatchState } from './core/watch/state.ts'
import type { Knowledge } from './daemon-cluster.ts'
import { tempoOf, type Work } from './daemon-plan.ts'
import type { Port } from './daemon-port.ts'
import type { Verdicts, Watched } from './daemon-verdicts.ts'
import { clusterReport, readingOf } from './elected.ts'
import { speakerFindings } from './speaker-findings.ts'

/** All parts of a daemon, for whoever looks at them. */
export interface Parts {
  readonly startedAt: number
  readonly config: DaemonConfig
  readonly loaded: WatchState['config']
  readonly work: Work | null
  readonly ports: ReadonlyMap<string, Port>
  readonly knowledge: Knowledge
  readonly verdicts: Verdicts
}

/** What the daemon knows, as metrics, report and log read it. */
export function stateOf(parts: Parts, vips: WatchState['vips']): WatchState {
  const { startedAt, config, loaded, ports, knowledge } = parts
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
    config: loaded,
  }
}

function interfaceState(port: Port, { config, work }: Parts): InterfaceState {
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
    canaries: { mustAnswer: asked.length === 0 ? null : asked.includes(true), mustBeFree: null },
  }
}

/** By its own address, wherever it was asked; nobody asks for our own. */
function nodesOf({ cluster }: ClusterSide, ports: ReadonlyMap<string, Port>): WatchState['nodes'] {
  const answers = (ips: readonly Ip[]): boolean | null => {
    const all = [...ports.values()].flatMap(({ looks }) => ips.map((ip) => answeredLast(looks, ip)))
    return all.includes(true) ? true : all.includes(false) ? false : null
  }
  return new Map(cluster.nodes.map(({ name, internalIps }) => [name, { answers: answers(internalIps) }]))
}

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

function disagreement({ readings }: ClusterSide): boolean | null {
  const views = viewsOf(readings)
  return views.length < 2 ? null : groupByUsable(views).length > 1
}

/** The report of this vantage, as a one-shot would give it. */
export function reportOf(parts: Parts, nowAt: number): Report {
  const { startedAt, ports, knowledge, verdicts, work } = parts
  const side = knowledge.sideSince(knowledge.look)
  const watched = [...(work?.vips.keys() ?? [])].flatMap((vip) => verdicts.get(vip) ?? [])
  const vips = watched.flatMap(({ row }) => row ?? [])
  const reading = readingOf(knowledge.look)
  const node = parts.config.node ?? side.ownNode ?? knowledge.facts.hostname
  const all = [...ports.values()]
  return assemble({
    startedAt: new Date(startedAt),
    durationMs: nowAt - startedAt,
    interrupted: false,
    errors: [],
    vantage: all.map(({ vantage: { link, ip } }) => ({ node, interface: link.name, mac: link.mac, ip })),
    canaries: canariesOf(watched),
    frames: framesOf(all),
    vips,
    ...clusterReport(reading, vips),
    findings: speakerFindings(reading, side, nodesSeen(side, all)),
  })
}

function canariesOf(watched: readonly Watched[]): Report['canaries'] {
  const all = watched.flatMap(({ canaries }) => canaries)
  return [...new Map(all.map((one) => [`${one.interface} ${one.ip}`, one])).values()]
}

function framesOf(ports: readonly Port[]): Report['frames'] {
  const all = ports.flatMap((port) => port.statistics() ?? [])
  const sum = (pick: (one: (typeof all)[number]) => number): number =>
    all.reduce((total, one) => total + pick(one), 0)
  const malformed = ports.reduce((total, { counts }) => total + (counts.dropped.get('malformed') ?? 0), 0)
  return {
    sent: sum(({ sent }) => sent),
    received: sum(({ received }) => received),
    kernelDrops: sum(({ kernelDrops }) => kernelDrops),
    ringDrops: sum(({ ringDrops }) => ringDrops),
    ignored: malformed > 0 ? { malformed } : {},
  }
}

function nodesSeen(side: ClusterSide, [port]: readonly Port[]) {
  if (!port) return new Map<string, never>()
  return nodeFactsOf(side, port.vantage, allPast(port.looks), new Map())
}
