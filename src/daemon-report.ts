import { clusterReport } from './cluster-report.ts'
import { assemble } from './core/assemble.ts'
import { metricsOf } from './core/claims.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import type { Finding } from './core/findings.ts'
import { judgeFree } from './core/free.ts'
import type { Ip } from './core/ip.ts'
import { nodeFactsOf } from './core/node-facts.ts'
import { ownMacs } from './core/outcome.ts'
import type { Report } from './core/report.ts'
import { evidenceOf, type Answer } from './core/round.ts'
import { allPast } from './core/watch/address-looks.ts'
import type { Port } from './daemon-port.ts'
import type { Parts } from './daemon-state.ts'
import type { Watched } from './daemon-verdicts.ts'
import { readingOf } from './elected.ts'
import { speakerFindings } from './speaker-findings.ts'

/** The report of this vantage, as a one-shot would give it. */
export function reportOf(parts: Parts, nowAt: number): Report {
  const { startedAt, ports, knowledge, verdicts, work, gathered, nowMs } = parts
  const claims = gathered.claims(nowMs)
  const side = {
    ...knowledge.sideSince(knowledge.look),
    claims: { before: new Map<string, never>(), after: metricsOf(claims) },
  }
  const watched = [...(work?.vips.keys() ?? [])].flatMap((vip) => verdicts.get(vip) ?? [])
  const vips = watched.flatMap(({ row }) => row ?? [])
  const reading = readingOf({ ...knowledge.look, claims: claims.length > 0 ? claims : null })
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
    findings: [
      ...all.flatMap((port) => freeFindings(port, parts)),
      ...speakerFindings(reading, side, nodesSeen(side, parts)),
    ],
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

function nodesSeen(side: ClusterSide, { ports, gathered, nowMs }: Parts) {
  const [port] = [...ports.values()]
  if (!port) return new Map<string, never>()
  return nodeFactsOf(side, port.vantage, allPast(port.looks), gathered.echo(nowMs))
}

/** Squatters, and who answers for whatever is asked. */
function freeFindings({ vantage }: Port, { gathered, knowledge, nowMs }: Parts): readonly Finding[] {
  const free = gathered.free(vantage.link.name, nowMs)
  if (!free) return []
  const own = ownMacs(knowledge.facts)
  const strangers = (ip: Ip): Answer[] =>
    evidenceOf(free.past.round, ip).answers.filter(({ mac }) => !own.has(mac))
  return judgeFree(new Map(free.ips.map((ip) => [ip, strangers(ip)]))).findings
}
