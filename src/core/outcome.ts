import { vipReport } from './assemble.ts'
import { macMapFor, nodeAddresses, silentNodesOf, type ClusterSide } from './cluster-side.ts'
import type { Finding } from './findings.ts'
import { judgeFree } from './free.ts'
import { listenersOn, type HostFacts } from './host.ts'
import type { Ip } from './ip.ts'
import { judge } from './judge.ts'
import type { Case, Expectation } from './case.ts'
import type { Mac } from './mac.ts'
import { NO_MACS } from './macs.ts'
import type { CanaryReport, VipReport } from './report.ts'
import { hearing, mergeEvidence, type PastRound } from './rounds.ts'
import { deafVantage } from './sentences.ts'
import { isOnLink, type Vantage } from './vantage.ts'

/** All that one vantage has seen when its rounds are over. */
export interface Seen {
  readonly vantage: Vantage
  readonly facts: HostFacts
  /** What the user gave; it overrides the cluster. */
  readonly expectations: ReadonlyMap<Ip, Expectation>
  readonly cluster: ClusterSide | null
  readonly mustBeFree: readonly Ip[]
  readonly past: readonly PastRound[]
  /** The listening ended early: what has not answered yet is left out instead of being called silent. */
  readonly interrupted: boolean
}

export interface Outcome {
  readonly vips: readonly VipReport[]
  readonly canaries: readonly CanaryReport[]
  readonly findings: readonly Finding[]
}

/** Judges what one vantage has seen. */
export function outcomeOf(seen: Seen): Outcome {
  const { vantage, mustBeFree, past, cluster } = seen
  const free = mustBeFree.filter((ip) => isOnLink(ip, vantage.link))
  const squatting = judgeFree(new Map(free.map((ip) => [ip, strangers(seen, ip)])))
  const shared = {
    ...hearing(past),
    ownMacs: ownMacs(seen.facts),
    proxies: squatting.proxies,
    macs: cluster ? macMapFor(cluster, ownMacs(seen.facts), past) : NO_MACS,
    ownNode: cluster?.ownNode ?? null,
    silentNodes: cluster ? silentNodesOf(cluster, past) : new Set<string>(),
  }
  const vips = vantage.vips
    .map((vip) => caseOf(seen, vip, shared))
    .filter(({ evidence }) => !seen.interrupted || evidence.answers.length > 0)
    .map((item) => vipReport(item, judge(item), cluster?.vips.get(item.vip)))
  const canaries = [...vantage.canaries, ...(cluster ? nodeAddresses(cluster, vantage) : [])]
  const isDeaf = vips.some(({ reason }) => reason === 'deaf-vantage')
  return {
    vips,
    canaries: [...canaryReports(seen, canaries, 'must-answer'), ...canaryReports(seen, free, 'must-be-free')],
    findings: [...squatting.findings, ...(isDeaf ? [deafVantage(vantage.link.name, canaries)] : [])],
  }
}

type Shared = Pick<Case, 'hears' | 'loss' | 'ownMacs' | 'proxies' | 'macs' | 'ownNode' | 'silentNodes'>

function caseOf({ vantage, facts, expectations, past, cluster }: Seen, vip: Ip, shared: Shared): Case {
  const { name } = vantage.link
  return {
    ...shared,
    vip,
    interface: name,
    expected: expectations.get(vip) ?? cluster?.expect(vip, shared.silentNodes) ?? { source: 'any' },
    evidence: mergeEvidence(past, vip),
    ownAddress: facts.links.some(({ addresses }) => addresses.some(({ ip }) => ip === vip)),
    listeners: listenersOn(name, facts),
    neighbour: facts.neighbours.find((entry) => entry.ip === vip && entry.interface === name) ?? null,
  }
}

function canaryReports(
  { vantage, past }: Seen,
  ips: readonly Ip[],
  kind: CanaryReport['kind'],
): CanaryReport[] {
  const answered = (ip: Ip) => mergeEvidence(past, ip).answers.length > 0
  return ips.map((ip) => ({ ip, interface: vantage.link.name, kind, answered: answered(ip) }))
}

function strangers({ facts, past }: Seen, ip: Ip) {
  const own = ownMacs(facts)
  return mergeEvidence(past, ip).answers.filter(({ mac }) => !own.has(mac))
}

export function ownMacs({ links }: HostFacts): ReadonlySet<Mac> {
  return new Set(links.flatMap(({ mac }) => (mac ? [mac] : [])))
}
