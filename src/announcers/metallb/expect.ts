import type { ClusterSnapshot } from '../../core/cluster.ts'
import type { ClusterExpectation, Share, Somebody, Vote } from '../../core/expectation.ts'
import type { Evidence, Holder, Vip } from '../announcer.ts'
import { ballotOf, winnerOf, type Ballot } from './election.ts'
import { electorateOf, type Electorate } from './electorate.ts'
import { groundOf, type Ground } from './ground.ts'
import { obstacleOf, undecided } from './obstacles.ts'

/**
 * Joins elections into an expectation. With views: E = { X : the view of X elects X }, over all Services that share
 * the address, since a node answers as long as one of them elects it. Without: whom the hypotheses elect.
 */
export function expectationOf(vip: Vip, cluster: ClusterSnapshot, evidence: Evidence): ClusterExpectation {
  const ground = groundOf(cluster)
  const obstacle = obstacleOf(vip, ground, evidence.maxAgeMs)
  if (obstacle) return obstacle
  const electorate = electorateOf(ground, evidence)
  const polls = vip.holders.map((holder) => pollOf(holder, ground, electorate))
  const disputed = polls.flatMap((poll) => poll.disputed)
  if (disputed.length > 0) return undecided('mixed-versions', releasesOf(ground), sorted(disputed))
  return joined(polls, ground, electorate)
}

/** One Service's election by every voter. */
interface Poll {
  readonly ballot: Ballot
  readonly share: Share
  /** Winners of voters that the speakers' different releases do not agree on; null elects nobody. */
  readonly disputed: readonly (string | null)[]
}

function pollOf(holder: Holder, ground: Ground, electorate: Electorate): Poll {
  const standing = ground.standings.get(holder.key)!
  const ballots = ground.rules.map((rules) => ballotOf(standing, ground, rules))
  const winners = electorate.voters.map(({ members }) => ballots.map((ballot) => winnerOf(ballot, members)))
  const [ballot] = ballots as [Ballot]
  const votes = electorate.voters.map(({ by }, index) => ({ by, elects: winners[index]![0]! }))
  const isNobody = votes.every(({ elects }) => elects === null)
  return {
    ballot,
    disputed: winners.filter((each) => new Set(each).size > 1).flat(),
    share: {
      service: holder.key,
      refusal: ballot.refusal ?? (isNobody ? { why: 'no-candidate', what: '' } : null),
      ...tally(votes, electorate),
      votes,
    },
  }
}

function joined(polls: readonly Poll[], ground: Ground, electorate: Electorate): ClusterExpectation {
  const { membership, assumed } = electorate
  const shares = polls.map(({ share }) => share)
  const votes = shares.flatMap((share) => share.votes)
  if (votes.every(({ elects }) => elects === null)) return { kind: 'nobody', shares, assumed }
  const { answerers, possible } = tally(votes, electorate)
  const others = isBlind(ground, electorate)
    ? candidatesOf(polls).filter((node) => !answerers.includes(node))
    : possible
  return {
    kind: 'somebody',
    membership,
    answerers,
    possible: others,
    silence: isSilenceFault(polls, ground, electorate) ? 'fault' : 'unsure',
    interfaces: interfacesOf([...answerers, ...others], polls),
    barred: ground.cluster.excludedInterfaces ?? [],
    shares,
    assumed,
  }
}

/** Neither views nor pods were read: nobody knows which nodes run a speaker at all, so that any candidate may be right. */
function isBlind({ knows }: Ground, { membership }: Electorate): boolean {
  return membership === 'inferred' && !knows('speakerPods')
}

function candidatesOf(polls: readonly Poll[]): string[] {
  return sorted(polls.flatMap(({ ballot }) => ballot.ranked.map(({ node }) => node)))
}

/** Whatever was assumed, somebody should answer. Blind, that is so where every node is a candidate: one has a speaker. */
function isSilenceFault(polls: readonly Poll[], ground: Ground, electorate: Electorate): boolean {
  if (!ground.endpoints) return false
  if (electorate.membership === 'read') return true
  if (isBlind(ground, electorate) && candidatesOf(polls).length < ground.nodes.size) return false
  const votes = polls.flatMap(({ share }) => share.votes)
  return electorate.voters.every(({ by }) => votes.some((vote) => vote.by === by && vote.elects !== null))
}

/** Counts votes; a voter may elect several nodes, one for each Service of a shared address. */
function tally(
  votes: readonly Vote[],
  { membership, voters }: Electorate,
): Pick<Share, 'answerers' | 'possible'> {
  const elected = sorted(votes.map(({ elects }) => elects))
  const elects = (by: string, node: string): boolean =>
    votes.some((vote) => vote.by === by && vote.elects === node)
  const answerers = elected.filter((node) =>
    membership === 'read' ? elects(node, node) : voters.every(({ by }) => elects(by, node)),
  )
  const known = new Set(membership === 'read' ? voters.map(({ by }) => by) : answerers)
  return { answerers, possible: elected.filter((node) => !known.has(node)) }
}

/** All NICs if one of its Services allows all, else the union (internal/layer2/announcer.go: one list for an address). */
function interfacesOf(nodes: readonly string[], polls: readonly Poll[]): Somebody['interfaces'] {
  const allowed = (node: string): 'all' | string[] => {
    const lists = polls.flatMap(({ ballot, share }) =>
      share.votes.some(({ elects }) => elects === node) ? (ballot.free.get(node) ?? []) : [],
    )
    if (lists.some(({ interfaces }) => interfaces === 'all')) return 'all'
    return sorted(lists.flatMap(({ interfaces }) => interfaces))
  }
  return new Map(nodes.map((node) => [node, allowed(node)]))
}

function sorted(names: readonly (string | null)[]): string[] {
  return [...new Set(names)].filter((name) => name !== null).toSorted()
}

function releasesOf({ rules }: Ground): string {
  return rules.map(({ version }) => version).join(', ')
}
