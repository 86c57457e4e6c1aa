import type { Ip } from '../ip.ts'
import type { Sighting } from './passive.ts'
import type { Heard } from './schedule.ts'

/**
 * What one drain of a capture tells: the first and the last word of each MAC, the rest by number. So a flood costs what
 * its first few MACs cost, and is counted all the same.
 */
export interface Words {
  readonly firsts: Map<string, Sighting>
  /** In the order in which they came. */
  readonly lasts: Map<string, Sighting>
  /** By VIP, kind of word and relation: who came, the last of them who is kept. */
  readonly crowds: Map<string, { kept: number; last: string }>
  readonly news: Map<Ip, Heard[]>
}

/** More MACs of one kind that should not answer are no more news: what is remembered of one VIP holds fewer. */
const MOST_MACS = 16
/** More MACs make the schedule no surer: the first is made sure of, and whoever answers then is evidence. */
const MOST_NEWS = 4

export function newWords(): Words {
  return { firsts: new Map(), lasts: new Map(), crowds: new Map(), news: new Map() }
}

export function takeSighting({ firsts, lasts, crowds }: Words, sighting: Sighting): void {
  const { vip, mac, how, relation } = sighting
  const [key, place] = [`${vip} ${how} ${mac}`, `${vip} ${how} ${relation}`]
  const crowd = crowds.get(place) ?? { kept: 0, last: key }
  if (firsts.has(key)) return more(lasts, key, sighting)
  if (relation !== 'expected' && crowd.kept >= MOST_MACS)
    return more(lasts, crowd.last, {
      ...(lasts.get(crowd.last) ?? firsts.get(crowd.last)!),
      frames: framesIn(sighting),
    })
  firsts.set(key, sighting)
  crowds.set(place, { kept: crowd.kept + 1, last: key })
}

function more(lasts: Words['lasts'], key: string, sighting: Sighting): void {
  const before = lasts.get(key)
  lasts.delete(key)
  lasts.set(key, { ...sighting, frames: framesIn(sighting) + (before ? framesIn(before) : 0) })
}

/** How many frames of the wire it stands for. */
export function framesIn({ frames = 1 }: Sighting): number {
  return frames
}

/** For the schedule; each MAC once, and few of one address. */
export function takeNews({ news }: Words, heard: Heard): void {
  const before = news.get(heard.ip)
  if (!before) return void news.set(heard.ip, [heard])
  const isKnown = before.some(({ mac, how }) => mac === heard.mac && how === heard.how)
  const alike = before.filter(({ isExpected }) => isExpected === heard.isExpected).length
  if (!isKnown && alike < MOST_NEWS) before.push(heard)
}

export function sightingsIn({ firsts, lasts }: Words): Sighting[] {
  return [...firsts.values(), ...lasts.values()]
}

export function newsIn({ news }: Words): Heard[] {
  return [...news.values()].flat()
}
