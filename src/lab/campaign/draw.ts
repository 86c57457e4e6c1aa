import { seededRandom, type Random } from '../../core/random.ts'

/** Choices from a seed. */
export interface Draw {
  /** True in that share of cases, from 0 to 1. */
  chance(share: number): boolean
  /** From `least` to `most`, both included. */
  between(least: number, most: number): number
  one<Item>(items: readonly Item[]): Item
  /** That many of them, in their order. */
  some<Item>(items: readonly Item[], count: number): Item[]
}

/** Any two episodes of a campaign draw from streams of their own, so that one can be drawn without the others. */
export function drawFor(seed: number, episode: number): Draw {
  return drawFrom(seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(episode + 1, 0x85ebca6b)))
}

function drawFrom(random: Random): Draw {
  const one = <Item>(items: readonly Item[]): Item => items[random.below(items.length)]!
  return {
    chance: (share) => random.next() < share,
    between: (least, most) => least + random.below(most - least + 1),
    one,
    some: (items, count) => {
      const left = items.map((_, index) => index)
      const taken = Array.from(
        { length: Math.min(count, items.length) },
        () => left.splice(random.below(left.length), 1)[0]!,
      )
      return taken.toSorted((a, b) => a - b).map((index) => items[index]!)
    },
  }
}
