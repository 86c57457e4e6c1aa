import type { SpeakerMetrics } from './claims.ts'
import type { ClusterSnapshot, Node } from './cluster.ts'
import type { HostFacts } from './host.ts'
import type { Ip } from './ip.ts'
import type { ElectedExpectation } from './case.ts'
import type { MacMap } from './macs.ts'
import type { Records } from './records.ts'
import type { Refusal } from './refusal.ts'
import type { CandidateReport, ExcludedReport, VipReport } from './report.ts'
import type { Change } from './motions.ts'
import type { SpeakerReading } from './views.ts'

/** What a cluster brings to the judgement of what one vantage has seen. */
export interface ClusterSide {
  readonly cluster: ClusterSnapshot
  /** How reading each speaker's own view went; empty where none was asked. */
  readonly readings: readonly SpeakerReading[]
  /** The speakers' metrics by node, before our questions and after them. */
  readonly claims: {
    readonly before: ReadonlyMap<string, SpeakerMetrics>
    readonly after: ReadonlyMap<string, SpeakerMetrics>
  }
  readonly timing: Timing
  /** The node that this host is; null outside of the cluster. */
  readonly ownNode: string | null
  /** What was found out of MACs before, and still holds: for a daemon, which does not ask the same again in each look. */
  readonly told?: MacMap | undefined
  readonly vips: ReadonlyMap<Ip, VipSide>
  /** Who should answer (undefined: no VIP of the cluster), given the nodes whose own address keeps silent here. */
  readonly expect: (vip: Ip, silentNodes: ReadonlySet<string>) => ElectedExpectation | undefined
}

/** The announcer's own clocks. */
export interface Timing {
  readonly holdDownMs: number
  /** From the death of a node to the last moment at which a healthy cluster may still elect it; null: for ever. */
  readonly failoverMaxMs: number | null
  /** How long memberlist keeps the dead in its list. */
  readonly gossipToTheDeadMs: number
}

export interface VipSide {
  readonly services: readonly string[]
  readonly pool: string | null
  readonly records: Records
  /** Other controllers that announce it too. */
  readonly others: readonly Other[]
  /** Whatever changed that bears on it, newest first; read where a deviation is to be dated alone. */
  readonly changes: () => readonly Change[]
  readonly candidates: readonly CandidateReport[]
  readonly excluded: readonly ExcludedReport[]
  readonly policies: VipReport['policies']
  /** Why no speaker announces it, whoever is a member. */
  readonly refusal: Refusal | null
}

/** Another controller's mark on a Service. */
export interface Other {
  readonly by: 'servicelb' | 'kube-vip' | 'cilium'
  readonly what: 'lease' | 'annotation' | 'class' | 'status-writer'
  /** The node that announces it, where that is told. */
  readonly node: string | null
}

/** Names of a node and of its host may differ; an address of its own cannot lie. */
export function ownNodeOf(nodes: readonly Node[], { links, hostname }: HostFacts): string | null {
  const own = new Set(links.flatMap(({ addresses }) => addresses.map(({ ip }) => ip)))
  const byAddress = nodes.find(({ internalIps }) => internalIps.some((ip) => own.has(ip)))
  return (byAddress ?? nodes.find(({ name }) => name === hostname))?.name ?? null
}
