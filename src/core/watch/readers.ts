import type { Ip } from '../ip.ts'
import type { Random } from '../random.ts'
import { ranked } from './rendezvous.ts'
import type { Assignment } from './vantages.ts'

/** A speaker refuses its peers above 127 exchanges at once (memberlist net.go), so few ask it for its view, and seldom. */
const READERS = 2
const GAP_MS = 10_000

/**
 * Whose view each daemon reads: of the nodes that bear on its VIPs (the best candidates, and who answers), two daemons for
 * each, whoever else would like to know. Who is not among them infers.
 */
export function readersOf(
  assignment: Assignment,
  bearing: (vip: Ip) => readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const interested = new Map<string, Set<string>>()
  for (const [vip, { vantages }] of assignment)
    for (const speaker of bearing(vip)) {
      const daemons = interested.get(speaker) ?? new Set()
      for (const daemon of vantages) daemons.add(daemon)
      interested.set(speaker, daemons)
    }
  return new Map(
    [...interested].map(([speaker, daemons]) => [speaker, ranked([...daemons], speaker).slice(0, READERS)]),
  )
}

/** No sooner than the gap, and by chance a little later, so that two readers drift apart. */
export function nextReadMs(lastMs: number, random: Random): number {
  return lastMs + GAP_MS * (1 + random.next() / 5)
}
