import type { Draw } from './draw.ts'
import { KLIPPER, NEW_RELEASES } from './draw-cluster.ts'
import { withMore, type Draft, type Plain } from './draft.ts'

/** Something that goes wrong, or changes, in a cluster; null where this one has no place for it. */
export type Plot = (draft: Draft, draw: Draw) => Draft | null

/**
 * Asked in the moment of a death, or ten minutes later. At once arpcheck has to wait for the memberlist's timers: fast
 * ones, which releases from v0.16.0 on can be told.
 */
export function atOnceOrLater(draft: Draft, draw: Draw): Draft {
  if (draw.chance(0.6)) return withMore(draft, { steps: [{ later: '10min' }] })
  const isPatient = draw.chance(0.6)
  const cluster = { metallb: draw.one(NEW_RELEASES), memberlistConfig: 'fast' }
  return withMore(draft, { cluster, words: isPatient ? [] : ['--no-settle'] })
}

/** The same for what leaves no stamp anywhere: it is judged at once, whenever it is asked. */
export function later(draw: Draw): Plain[] {
  return draw.chance(0.5) ? [{ later: '10min' }] : []
}

/** Services of MetalLB. */
export function servicesIn({ cluster }: Draft): string[] {
  return Object.keys(cluster['services'] as object).filter((name) => name !== KLIPPER)
}
