import type { Refusal } from './refusal.ts'
import type { UnknownReason } from './verdict.ts'

/** Who should answer for a VIP, by node, as a cluster tells it. Sentences that rest on `assumed` must say so. */
export type ClusterExpectation = Somebody | Nobody | Undecided

/** An announcer would answer. */
export interface Somebody {
  readonly kind: 'somebody'
  /**
   * `read`: from the speakers' own views. `off`: no memberlist, so every Node counts. `inferred`: from hypotheses.
   * `given`: a person named the node; `shares` still hold whom the cluster elects.
   */
  readonly membership: 'read' | 'off' | 'inferred' | 'given'
  /**
   * Nodes that should answer: each elects itself by its own view; inferred: it wins under every hypothesis. Empty when
   * every live view elects somebody who does not elect itself. Two or more: a split brain, or a shared address.
   */
  readonly answerers: readonly string[]
  /**
   * Nodes that may answer and are never called wrong: elected by a view that was read while their own was not;
   * inferred: they win under some hypothesis.
   */
  readonly possible: readonly string[]
  /** `fault`: whatever was assumed, somebody should answer. `unsure`: under some assumption nobody should. */
  readonly silence: 'fault' | 'unsure'
  /** NICs that each of these nodes may answer on; see `mayAnswerOn`. */
  readonly interfaces: ReadonlyMap<string, 'all' | readonly string[]>
  /** Regular expressions of the names of NICs that answer for nothing. */
  readonly barred: readonly string[]
  readonly shares: readonly Share[]
  readonly assumed: readonly Assumption[]
}

/** No announcer would answer: silence is right, and an answer of a cluster node is a fault. */
export interface Nobody {
  readonly kind: 'nobody'
  readonly shares: readonly Share[]
  readonly assumed: readonly Assumption[]
}

/** Nobody can say who should answer. */
export interface Undecided {
  readonly kind: 'undecided'
  readonly reason: Extract<UnknownReason, 'no-expectation' | 'stale-expectation' | 'mixed-versions'>
  /** What stands in the way: an input, a speaker, a resource that MetalLB refuses. */
  readonly what: string
  /** The winners under each possibility, where these could be computed. */
  readonly alternatives: readonly string[]
}

/** One Service's part in the expectation of an address that several may share. */
export interface Share {
  readonly service: string
  /** Why no speaker announces this Service. */
  readonly refusal: Refusal | null
  readonly answerers: readonly string[]
  readonly possible: readonly string[]
  /** Whom each view, or each hypothesis, elects. */
  readonly votes: readonly Vote[]
}

export interface Vote {
  /** The node whose view it is, or the name of the hypothesis. */
  readonly by: string
  /** Null: nobody. */
  readonly elects: string | null
}

/** What was taken for granted; a closed set, and an API. */
export type Assumption =
  | { readonly what: 'membership'; readonly hypotheses: readonly Hypothesis[] }
  | { readonly what: 'served' } // EndpointSlices could not be read: taken as if an endpoint served
  | { readonly what: 'settings' } // no speaker could be read: flags taken as shipped
  | { readonly what: 'release'; readonly image: string } // newer than the rules that are known here
  | { readonly what: 'stale-speaker'; readonly node: string } // runs on older configuration: its own vote is not known

/** Who would be a member if one thing that Kubernetes says were the truth. */
export interface Hypothesis {
  readonly name: HypothesisName
  readonly members: readonly string[]
}

export const HYPOTHESES = [
  'pods-listed',
  'pods-ready',
  'nodes-ready',
  'pods-listed-but-silent',
  'pods-ready-but-silent',
  'nodes-ready-but-silent',
] as const
export type HypothesisName = (typeof HYPOTHESES)[number]

/** What an answer from `node` is. */
export function standingOfAnswer(expected: Somebody, node: string): 'expected' | 'possible' | 'wrong' {
  if (expected.answerers.includes(node)) return 'expected'
  return expected.possible.includes(node) ? 'possible' : 'wrong'
}

/** Whether an answerer may answer on a NIC of that name. A pattern that is none here bars nothing: Go reads others. */
export function mayAnswerOn({ interfaces, barred }: Somebody, node: string, nic: string): boolean {
  if (barred.some((pattern) => isMatch(pattern, nic))) return false
  const allowed = interfaces.get(node) ?? 'all'
  return allowed === 'all' || allowed.includes(nic)
}

function isMatch(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern).test(name)
  } catch {
    return false
  }
}

/** Services that elect different nodes by the announcer's own rules (ARP305), and not because views differ. */
export function sharesDisagree({ shares }: Somebody): boolean {
  const winners = shares.map(({ answerers }) => answerers).filter((nodes) => nodes.length > 0)
  return winners.every((nodes) => nodes.length === 1) && new Set(winners.flat()).size > 1
}

/** Nodes of which each is the winner of its own view for one Service (ARP301): empty without a split brain. */
export function splitBrain({ membership, shares }: Somebody): readonly string[] {
  if (membership !== 'read') return []
  return shares.map(({ answerers }) => answerers).find((nodes) => nodes.length > 1) ?? []
}

/** Whom somebody elects: those that should answer first. */
export function suspectsOf({ answerers, possible, shares }: Somebody): readonly string[] {
  if (answerers.length > 0) return answerers
  if (possible.length > 0) return possible
  return [...new Set(shares.flatMap(({ votes }) => votes.flatMap(({ elects }) => elects ?? [])))]
}
