import type { Announcer, Evidence, Inventory, Vip } from './announcers/announcer.ts'
import { metallb } from './announcers/metallb/metallb.ts'
import { gossipOf } from './announcers/metallb/gossip.ts'
import { metricsOf, type SpeakerClaim } from './core/claims.ts'
import type { Place } from './core/cluster-findings.ts'
import type { ClusterSide, Timing } from './core/cluster-side.ts'
import { ownNodeOf } from './core/cluster-side.ts'
import type { ElectedExpectation } from './core/case.ts'
import type { ClusterSnapshot } from './core/cluster.ts'
import type { ClusterExpectation } from './core/expectation.ts'
import type { HostFacts } from './core/host.ts'
import type { Ip } from './core/ip.ts'
import { Made } from './core/made.ts'
import type { Target } from './core/targets.ts'
import { viewsOf, type SpeakerReading } from './core/views.ts'
import { vipSideOf } from './vip-side.ts'

/** The announcer that is known today. */
const announcer: Announcer = metallb
/** A one-shot reads the cluster seconds before it judges: an hour-old list would be a mistake of ours. */
export const MAX_AGE_MS = 60_000
/** In commands, where nothing tells another. */
const USUAL_NAMESPACE = 'metallb-system'

/** One look at the cluster: what the API holds, and what its speakers believe. */
export interface Look {
  readonly cluster: ClusterSnapshot
  /** Null where no speaker was asked. */
  readonly views: ViewsReading | null
  /** What its speakers claim; null where they were not asked. */
  readonly claims: readonly SpeakerClaim[] | null
  /** On a clock that never steps back. */
  readonly atMs: number
}

/** What the speakers said when asked for their own member lists. */
export interface ViewsReading {
  readonly readings: readonly SpeakerReading[]
  /** Whether we asked with a key. */
  readonly sealed: boolean
}

/** The cluster before the questions and after them. */
export interface Reading {
  readonly before: Look
  /** Null while the questions are still out, or where the second look failed. */
  readonly after: Look | null
  readonly inventory: Inventory
}

export function readingOf(before: Look): Reading {
  return { before, after: null, inventory: announcer.vips(before.cluster) }
}

/**
 * What the judge needs of a cluster; an expectation that differs between the two looks has moved (rule 7). A node that
 * was given with a target takes the elected one's place.
 */
export function clusterSideOf(
  { before, after, inventory }: Reading,
  facts: HostFacts,
  targets: readonly Target[] = [],
): ClusterSide {
  const last = after ?? before
  const given = new Map(targets.flatMap(({ vip, node }) => (node === undefined ? [] : [[vip, node]])))
  const [was, is] = [byIp(inventory), byIp(after ? announcer.vips(after.cluster) : inventory)]
  // a Service that is gone by now is told by what it was
  const latest = (ip: Ip): { readonly vip: Vip; readonly look: Look } | undefined => {
    const [then, now] = [was.get(ip), is.get(ip)]
    return then && (now ? { vip: now, look: last } : { vip: then, look: before })
  }
  const place = { ...placeOf(last.cluster), takenAt: last.cluster.takenAt, timing: timingOf(last.cluster) }
  return {
    cluster: last.cluster,
    readings: last.views?.readings ?? [],
    claims: { before: metricsOf(before.claims ?? []), after: metricsOf(last.claims ?? []) },
    timing: place.timing,
    ownNode: ownNodeOf(last.cluster.nodes, facts),
    vips: new Made(was, (ip) => {
      const { vip, look } = latest(ip)!
      return vipSideOf(vip, look.cluster)
    }),
    expect: (ip, silentNodes) => {
      const [found, node] = [latest(ip), given.get(ip)]
      const elected = found && elect(found.vip, found.look, silentNodes)
      if (node !== undefined) return { ...place, ...givenExpectation(node, elected) }
      if (!elected) return undefined
      const moved =
        !is.has(ip) ||
        (after !== null && essence(elect(was.get(ip)!, before, silentNodes)) !== essence(elected))
      return { ...place, source: 'cluster', elected, moved }
    },
  }
}

function elect(vip: Vip, look: Look, silentNodes: ReadonlySet<string>): ClusterExpectation {
  return announcer.elect(vip, look.cluster, evidenceFor(look, silentNodes))
}

const evidences = new WeakMap<Look, Map<string, Evidence>>()
/** Who keeps silent differs little within one look. */
const MOST_EVIDENCES = 64

/** The same for all VIPs of a look: who elects is worked out once for each. */
function evidenceFor(look: Look, silentNodes: ReadonlySet<string>): Evidence {
  const known = evidences.get(look) ?? new Map<string, Evidence>()
  evidences.set(look, known)
  const key = [...silentNodes].toSorted().join()
  const evidence = known.get(key) ?? evidenceOf(look, silentNodes)
  if (known.size >= MOST_EVIDENCES) known.clear()
  known.set(key, evidence)
  return evidence
}

const indexes = new WeakMap<Inventory, ReadonlyMap<Ip, Vip>>()

function byIp(inventory: Inventory): ReadonlyMap<Ip, Vip> {
  const index = indexes.get(inventory) ?? new Map(inventory.vips.map((vip) => [vip.ip, vip]))
  indexes.set(inventory, index)
  return index
}

/** Expects the node that a person named; whom the cluster elects stays to be told. */
function givenExpectation(
  node: string,
  elected: ClusterExpectation | undefined,
): Pick<ElectedExpectation, 'source' | 'moved' | 'elected'> {
  return {
    source: 'cluster',
    moved: false,
    elected: {
      kind: 'somebody',
      membership: 'given',
      answerers: [node],
      possible: [],
      silence: 'fault',
      interfaces: new Map([[node, 'all']]),
      barred: [],
      shares: elected && elected.kind !== 'undecided' ? elected.shares : [],
      assumed: [],
    },
  }
}

/** Where MetalLB runs, and what runs its speakers, for commands. */
export function placeOf(cluster: ClusterSnapshot): Place {
  const { speakerPods, speakerDaemonSets } = cluster
  const daemonSet = speakerPods.find((pod) => pod.daemonSet !== null)?.daemonSet ?? speakerDaemonSets[0]?.name
  return { namespace: namespaceOf(cluster), daemonSet: daemonSet ?? 'speaker' }
}

function timingOf(cluster: ClusterSnapshot): Timing {
  const { holdDownMs, failoverMaxMs } = announcer.grace(cluster)
  return { holdDownMs, failoverMaxMs, gossipToTheDeadMs: gossipOf(cluster).profile.gossipToTheDeadMs }
}

/** Where MetalLB runs, for commands. */
export function namespaceOf({ metallbNamespace }: ClusterSnapshot): string {
  return metallbNamespace ?? USUAL_NAMESPACE
}

/** What an election takes of a look. */
export function evidenceOf({ views }: Look, silentNodes: ReadonlySet<string>): Evidence {
  return { views: viewsOf(views?.readings ?? []), silentNodes, maxAgeMs: MAX_AGE_MS }
}

/** What of an expectation makes a difference to who may answer. */
function essence(expected: ClusterExpectation): string {
  if (expected.kind !== 'somebody') return expected.kind
  return JSON.stringify([expected.answerers, expected.possible])
}
