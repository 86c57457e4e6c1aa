import { gossipOf } from './announcers/metallb/gossip.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import { nodeAddressesAsked, silentNodesOf } from './core/cluster-side.ts'
import type { Finding } from './core/findings.ts'
import { differingSince, judgeMembership } from './core/membership.ts'
import type { PastRound } from './core/rounds.ts'
import { membershipFinding } from './core/sentences-membership.ts'
import { namespaceOf, type Reading } from './elected.ts'

/** Findings about the speakers' memberlist, from both looks at it and from which nodes are alive on the wire. */
export function membershipFindings(
  { before, after }: Reading,
  side: ClusterSide,
  asked: readonly { readonly past: readonly PastRound[] }[],
): Finding[] {
  const last = after ?? before
  const { memberlist, profile, youngestMs } = gossipOf(last.cluster)
  const past = asked.flatMap((each) => each.past)
  const silent = silentNodesOf(side, past)
  const heard = nodeAddressesAsked(side, past).filter((name) => !silent.has(name))
  const since = differingSince(null, before.views?.readings ?? [], before.atMs)
  const found = judgeMembership({
    readings: last.views?.readings ?? [],
    packets: [],
    memberlist,
    profile,
    sealed: last.views?.sealed ?? false,
    differingMs: since === null ? 0 : last.atMs - since,
    youngestSpeakerMs: youngestMs,
    downCandidates: memberlist === 'off' ? [...silent] : [],
    vantage: side.ownNode === null ? 'outside' : 'node',
    reachable: new Set(heard),
  })
  return found.map((one) => membershipFinding(one, namespaceOf(last.cluster)))
}
