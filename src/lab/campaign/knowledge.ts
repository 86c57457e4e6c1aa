import type { Scene } from './scene.ts'

/** Who should answer a VIP, and what of that can be known from outside. */
export interface Knowledge {
  /** Speakers that run and elect themselves. */
  readonly owners: readonly string[]
  /** Somebody elects somebody. */
  readonly isWanted: boolean
  /** Speakers whose own view can be read. */
  readonly read: readonly string[]
  readonly isOff: boolean
}

export function knowledgeOf(scene: Scene): Knowledge {
  const { nodes, votes, ending } = scene
  return {
    owners: ownersOf(scene),
    isWanted: votes.some(({ elects }) => elects !== null),
    read: nodes.flatMap(({ name, isRead }) => (isRead ? [name] : [])),
    isOff: ending.cluster.memberlist === 'off',
  }
}

export function ownersOf({ votes }: Scene): string[] {
  return [...new Set(votes.flatMap(({ by, elects }) => (by === elects ? [by] : [])))]
}
