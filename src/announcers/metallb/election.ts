import type { ExclusionName } from '../../core/refusal.ts'
import type { Ground } from './ground.ts'
import { hashOf, Orders } from './order.ts'
import type { Rules } from './rules.ts'
import { slateOf, type Exclusion, type Slate, type Standee } from './slate.ts'
import type { Standing } from './standing.ts'

export interface Candidate extends Standee {
  /** SHA-256 of `node#address`, hex. */
  readonly hash: string
}

/** A slate in its order: the best-placed member wins. */
export interface Ballot extends Slate {
  /** All of them: sorted where it is read, since a winner is found without. */
  readonly ranked: readonly Candidate[]
  /** The best few of all nodes, free or not, where no score outweighs the hash; empty where one may. */
  readonly first: readonly string[]
}

/** Who is counted as a speaker; `without` answers "what if those nodes were gone". */
export interface Membership {
  readonly members: Iterable<string>
  readonly without?: Iterable<string>
}

export interface Election extends Pick<Slate, 'hashed' | 'refusal' | 'excluded'> {
  /** Best first; the first is elected. Empty exactly when there is a refusal. */
  readonly candidates: readonly Candidate[]
}

/** The election of one speaker for one Service (speaker/layer2_controller.go: ShouldAnnounce). */
export function elect(standing: Standing, ground: Ground, membership: Membership, rules: Rules): Election {
  return electFrom(ballotOf(standing, ground, rules), membership, ground)
}

const orders = new Orders()

export function ballotOf(standing: Standing, ground: Ground, rules: Rules): Ballot {
  const slate = slateOf(standing, ground, rules)
  const { hashed, refusal, free, base, scored } = slate
  let ranked: Candidate[] | undefined
  return {
    hashed,
    refusal,
    free,
    base,
    scored,
    get excluded() {
      return slate.excluded
    },
    get ranked() {
      return (ranked ??= rank([...free.values()], hashed ?? ''))
    },
    get first() {
      return hashed === null || scored || free.size === 0 ? [] : orders.firstOf(ground.names, hashed)
    },
  }
}

/** What a winner of these names is found by, worked out before it is asked for. */
export function prepareOrder(names: ReadonlySet<string>, hashed: string): void {
  orders.firstOf(names, hashed)
}

/** The higher score first (v0.16.2), then the raw digest, smallest first (sortL2Candidates). */
export function rank(free: readonly Standee[], text: string): Candidate[] {
  return free
    .map((standee) => ({ ...standee, hash: hashOf(standee.node, text) }))
    .sort((a, b) => b.score - a.score || (a.hash < b.hash ? -1 : 1))
}

/** The election under one list of members. With memberlist off every Node counts (from v0.15.0 on, #2425). */
export function electFrom(ballot: Ballot, { members, without }: Membership, ground: Ground): Election {
  const [counted, gone] = [new Set(members), new Set(without)]
  const isOpen = ballot.base !== 'members'
  const candidates = ballot.ranked.filter(({ node }) => !gone.has(node) && (isOpen || counted.has(node)))
  const present = new Set(candidates.map(({ node }) => node))
  const absent = ballot.ranked.filter(({ node }) => !present.has(node))
  const strangers = [...counted].filter((node) => !isOpen && !ground.nodes.has(node))
  const because = (node: string, why: ExclusionName): Exclusion => ({ node, why })
  return {
    hashed: ballot.hashed,
    refusal: ballot.refusal ?? (candidates.length === 0 ? { why: 'no-candidate', what: '' } : null),
    candidates,
    excluded: [
      ...ballot.excluded,
      ...strangers.map((node) => because(node, 'no-node')),
      ...absent.map(({ node }) => because(node, gone.has(node) ? 'left-out' : 'not-a-member')),
    ],
  }
}

/** The node that a view elects, null for nobody: the winner of `electFrom`, found without the reasons. */
export function winnerOf(ballot: Ballot, members: ReadonlySet<string>): string | null {
  const isOpen = ballot.base !== 'members'
  const counts = (node: string): boolean => isOpen || members.has(node)
  const near = ballot.first.find((node) => ballot.free.has(node) && counts(node))
  return near ?? ballot.ranked.find(({ node }) => counts(node))?.node ?? null
}

/** The best `count` that are free, whoever is a member. */
export function bestOf(ballot: Ballot, count: number): readonly string[] {
  const near = ballot.first.filter((node) => ballot.free.has(node))
  return (near.length >= count ? near : ballot.ranked.map(({ node }) => node)).slice(0, count)
}
