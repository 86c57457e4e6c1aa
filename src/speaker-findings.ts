import { gossipOf } from './announcers/metallb/gossip.ts'
import { clusterFindings } from './core/cluster-findings.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import type { Finding } from './core/findings.ts'
import { differingSince, judgeMembership } from './core/membership.ts'
import { deadNodes, type NodeFacts } from './core/nodes.ts'
import { membershipFinding } from './core/sentences-membership.ts'
import { placeOf, type Reading } from './elected.ts'

/** Findings about the speakers and their memberlist, from both looks at them and from which nodes are alive. */
export function speakerFindings(
  { before, after }: Reading,
  side: ClusterSide,
  nodes: ReadonlyMap<string, NodeFacts>,
): Finding[] {
  const last = after ?? before
  const place = placeOf(last.cluster)
  const { memberlist, profile, youngestMs } = gossipOf(last.cluster)
  const dead = deadNodes(nodes)
  const heard = [...nodes.values()].filter(({ address }) => address === 'answered').map(({ name }) => name)
  const since = differingSince(null, before.views?.readings ?? [], before.atMs)
  const found = judgeMembership({
    readings: last.views?.readings ?? [],
    packets: [],
    memberlist,
    profile,
    sealed: last.views?.sealed ?? false,
    differingMs: since === null ? 0 : last.atMs - since,
    youngestSpeakerMs: youngestMs,
    downCandidates: memberlist === 'off' ? [...dead] : [],
    vantage: side.ownNode === null ? 'outside' : 'node',
    reachable: new Set(heard),
  })
  return [...found.map((one) => membershipFinding(one, place)), ...clusterFindings(nodes, place)]
}
