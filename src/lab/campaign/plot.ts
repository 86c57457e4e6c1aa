import type { Draw } from './draw.ts'
import { KLIPPER, NEW_RELEASES } from './draw-cluster.ts'
import { withMore, type Draft, type Plain } from './draft.ts'

/** Something that goes wrong, or changes, in a cluster; null where this one has no place for it. */
export type Plot = (draft: Draft, draw: Draw) => Draft | null

/**
 * A death that is asked about ten minutes later, at once, or that happens while arpcheck asks. Unless it is told not to,
 * arpcheck waits then for the memberlist's timers: fast ones, which releases from v0.16.0 on can be told.
 */
export function deathOf(draft: Draft, fault: string, draw: Draw): Draft {
  if (draw.chance(0.5)) return withMore(draft, { steps: [{ fault }, { later: '10min' }] })
  const cluster = { metallb: draw.one(NEW_RELEASES), memberlistConfig: 'fast' }
  const timed = withMore(draft, { cluster, words: draw.chance(0.6) ? [] : ['--no-settle'] })
  if (draw.chance(0.5)) return withMore(timed, { steps: [{ fault }] })
  return withMore(timed, { meanwhile: [{ wait: draw.between(0, 1500) }, { fault }] })
}

/** The same for what leaves no stamp anywhere: it is judged at once, whenever it is asked. */
export function later(draw: Draw): Plain[] {
  return draw.chance(0.5) ? [{ later: '10min' }] : []
}

/** Services of MetalLB. */
export function servicesIn({ cluster }: Draft): string[] {
  return Object.keys(cluster['services'] as object).filter((name) => name !== KLIPPER)
}
