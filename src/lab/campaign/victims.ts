import type { Ip } from '../../core/ip.ts'
import { NODES, scenesIn, type Draft } from './draft.ts'
import type { Draw } from './draw.ts'
import { ownersOf } from './knowledge.ts'
import type { Scene } from './scene.ts'

/** A VIP that one speaker answers, and that somebody else could. */
export interface Victim {
  readonly vip: Ip
  readonly owner: string
  readonly speakers: readonly string[]
  readonly scene: Scene
}

/** VIPs that are well as the draft stands: one speaker is elected and answers. */
export function ownersIn(draft: Draft): Victim[] {
  return scenesIn(draft).flatMap((scene) => {
    const [owner, ...others] = ownersOf(scene)
    const isHeard = scene.answers.some(({ host }) => host === owner)
    return owner !== undefined && others.length === 0 && isHeard
      ? [{ vip: scene.vip, owner, speakers: speakersIn(draft), scene }]
      : []
  })
}

/** One of them, whose owner is not the host that asks. */
export function victimIn(draft: Draft, draw: Draw): Victim | null {
  const victims = ownersIn(draft).filter(({ owner }) => owner !== draft.from)
  return victims.length > 0 ? draw.one(victims) : null
}

export function speakersIn({ cluster }: Draft): string[] {
  const nodes = cluster['nodes'] as Readonly<Record<string, { readonly pod?: string }>>
  return NODES.filter((name) => nodes[name]?.pod !== 'absent')
}

/** VIPs that nobody should answer. */
export function idleIn(draft: Draft): Ip[] {
  return scenesIn(draft)
    .filter(({ votes, answers }) => answers.length === 0 && votes.every(({ elects }) => elects === null))
    .map(({ vip }) => vip)
}
