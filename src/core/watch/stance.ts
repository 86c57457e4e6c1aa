import type { ClusterExpectation } from '../expectation.ts'

/** Who should answer for one VIP, and whom each speaker elects, as it was known last. */
export interface Stance {
  readonly owners: string
  readonly votes: ReadonlyMap<string, string | null>
}

/** `membership`: some speaker counts others than before, and elects another; who should answer is the same. */
export type Turn = 'none' | 'membership' | 'owner'

/** `nodes`: those that should answer or may. */
export function stanceOf(elected: ClusterExpectation | undefined, nodes: readonly string[]): Stance {
  const shares = elected && elected.kind !== 'undecided' ? elected.shares : []
  return {
    owners: JSON.stringify([elected?.kind, nodes]),
    votes: new Map(
      shares.flatMap(({ service, votes }) => votes.map(({ by, elects }) => [`${service} ${by}`, elects])),
    ),
  }
}

/** A view that comes or goes is no turn: it may be ours that cannot be read. */
export function turnOf(before: Stance | undefined, after: Stance): Turn {
  if (!before) return 'none'
  if (before.owners !== after.owners) return 'owner'
  const isOther = [...after.votes].some(
    ([by, elects]) => before.votes.has(by) && before.votes.get(by) !== elects,
  )
  return isOther ? 'membership' : 'none'
}
