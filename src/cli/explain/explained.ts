import type { Vip } from '../../announcers/announcer.ts'
import { advertisementsFor } from '../../announcers/metallb/candidates.ts'
import { hashOf } from '../../announcers/metallb/order.ts'
import { groundOf } from '../../announcers/metallb/ground.ts'
import { explain, metallb, releases, type Explanation } from '../../announcers/metallb/metallb.ts'
import type { ClusterSnapshot } from '../../core/cluster.ts'
import type { StatusRecord } from '../../core/records.ts'
import type { RefusalName } from '../../core/refusal.ts'
import type { ClaimReport, VipReport } from '../../core/report.ts'
import { EXCLUDED } from './words.ts'

/** All that is known of one VIP. */
export interface Explained {
  readonly vip: Vip
  /** What was asked and judged; null where nothing was asked. */
  readonly row: VipReport | null
  readonly without: readonly string[]
  readonly release: string
  readonly services: readonly ExplainedService[]
  readonly records: readonly StatusRecord[]
  readonly recordsReadable: boolean
  /** How reading each speaker's metrics went; empty where none was asked. */
  readonly claims: readonly ClaimReport[]
}

/** The election for one of the Services that hold the address. */
export interface ExplainedService {
  readonly key: string
  readonly policy: 'Cluster' | 'Local'
  readonly pool: string | null
  readonly advertisements: readonly string[]
  readonly hashed: string
  readonly refusal: RefusalName | null
  /** Every node, in the order of the election. */
  readonly nodes: readonly ExplainedNode[]
  readonly base: Explanation['rules']['base']
}

export interface ExplainedNode {
  readonly name: string
  readonly hash: string
  readonly score: number
  readonly ready: 'yes' | 'no' | '-'
  readonly speaker: 'ready' | 'listed' | '-'
  /** Null for a candidate, else why it is none. */
  readonly excluded: string | null
}

/** What is known beside the cluster. */
export interface Beside {
  readonly row: VipReport | null
  readonly without: readonly string[]
  /** Nodes that some speaker's own view counts; empty where no view was read. */
  readonly members: readonly string[]
  readonly claims: readonly ClaimReport[]
}

/** Takes an election apart. Where no view was read, the speakers whose pods are listed stand for the members. */
export function explainVip(
  vip: Vip,
  cluster: ClusterSnapshot,
  { row, without, members, claims }: Beside,
): Explained {
  const listed = cluster.speakerPods.flatMap(({ nodeName }) => nodeName ?? [])
  const elections = explain(vip, cluster, { members: members.length > 0 ? members : listed, without })
  const { statuses, readable } = metallb.recorded(vip, cluster)
  return {
    vip,
    row,
    without,
    release: releases(cluster).join(', ') || (elections[0]?.rules.version ?? ''),
    services: vip.holders.flatMap(({ key }) => {
      const found = elections.find(({ service }) => service === key)
      return found ? [serviceOf(vip, found, cluster)] : []
    }),
    records: statuses,
    recordsReadable: readable.statuses === 'yes',
    claims,
  }
}

function serviceOf(
  vip: Vip,
  { service: key, rules, election }: Explanation,
  cluster: ClusterSnapshot,
): ExplainedService {
  const { pool, service } = groundOf(cluster).standings.get(key)!
  const hashed = election.hashed ?? vip.ip
  const nodeOf = (name: string, score: number, excluded: string | null): ExplainedNode => ({
    name,
    hash: hashOf(name, hashed),
    score,
    ...stateOf(name, cluster),
    excluded,
  })
  const nodes = [
    ...election.candidates.map(({ node, score }) => nodeOf(node, score, null)),
    ...election.excluded.map(({ node, why }) => nodeOf(node, 0, EXCLUDED[why])),
  ]
  return {
    key,
    policy: service.externalTrafficPolicy,
    pool: pool?.name ?? null,
    advertisements: pool ? advertisementsFor(pool, service, rules).map(({ name }) => name) : [],
    hashed,
    refusal: election.refusal?.why ?? null,
    nodes: nodes.toSorted((a, b) => b.score - a.score || (a.hash < b.hash ? -1 : 1)),
    base: rules.base,
  }
}

function stateOf(
  name: string,
  { nodes, speakerPods }: ClusterSnapshot,
): Pick<ExplainedNode, 'ready' | 'speaker'> {
  const ready = nodes.find((node) => node.name === name)?.ready
  const pods = speakerPods.filter(({ nodeName }) => nodeName === name)
  const speaks = pods.some((pod) => pod.ready?.status === 'True')
  return {
    ready: ready ? (ready.status === 'True' ? 'yes' : 'no') : '-',
    speaker: speaks ? 'ready' : pods.length > 0 ? 'listed' : '-',
  }
}
