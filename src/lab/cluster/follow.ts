import type { Ip } from '../../core/ip.ts'
import type { SpeakerState } from '../speaker.ts'
import type { Announcing } from './elect.ts'

export const NOTHING: Announcing = { addresses: new Map(), services: [], failed: [] }

/**
 * A speaker's state after an election: it gives up what it lost and takes what it won. What a story made it announce or
 * withdraw by hand stays.
 */
export function stateAfter(
  state: SpeakerState,
  before: Announcing,
  after: Announcing,
): Pick<SpeakerState, 'announces' | 'only'> {
  const lost = [...before.addresses.keys()].filter((ip) => !after.addresses.has(ip))
  const won = [...after.addresses.keys()].filter((ip) => !before.addresses.has(ip))
  const kept = state.announces.filter((ip) => !lost.includes(ip))
  return { announces: [...new Set([...kept, ...won])], only: onlyOf(after) }
}

function onlyOf({ addresses }: Announcing): Readonly<Record<Ip, readonly string[]>> {
  return Object.fromEntries([...addresses].flatMap(([ip, nics]) => (nics === 'all' ? [] : [[ip, nics]])))
}
