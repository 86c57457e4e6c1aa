import type { MemberState, Speaker, SpeakerReading } from '../../src/core/views.ts'
import { systemClock } from '../../src/clock.ts'
import { NO_KEYS, type MemberlistKeys } from '../../src/memberlist/keys.ts'
import { createObserver, OBSERVER_DEFAULTS, type Observer } from '../../src/memberlist/observer.ts'
import type { RealPeer } from '../peers/cluster.ts'

// Shorthand for tests that read real peers.

export const never = new AbortController().signal

/** An observer that may ask again at once. */
export function eagerObserver(keys: MemberlistKeys = NO_KEYS): Observer {
  return createObserver({ ...OBSERVER_DEFAULTS, keys, gapMs: 0 }, { clock: systemClock })
}

/** What one speaker thinks of a member; `absent` where it does not know it, the reading's kind where there is no view. */
export async function opinion(observer: Observer, speaker: Speaker, name: string): Promise<Opinion> {
  const [first] = await observer.observe([speaker], never)
  return opinionIn(first!, name)
}

export type Opinion = MemberState | 'absent' | SpeakerReading['reading']['kind']

export function opinionIn({ reading }: SpeakerReading, name: string): Opinion {
  if (reading.kind !== 'view') return reading.kind
  return reading.members.find((member) => member.name === name)?.state ?? 'absent'
}

/** What is thought of a member from now on: each opinion once, with the milliseconds until it was first seen. */
export async function opinionsUntil(
  last: Opinion,
  {
    observer,
    speaker,
    about,
    withinMs,
  }: { observer: Observer; speaker: Speaker; about: string; withinMs: number },
): Promise<Map<Opinion, number>> {
  const start = performance.now()
  const seen = new Map<Opinion, number>()
  while (!seen.has(last)) {
    const elapsed = performance.now() - start
    if (elapsed > withinMs)
      throw new Error(`not ${last} within ${withinMs} ms: ${[...seen.keys()].join(', ')}`)
    const current = await opinion(observer, speaker, about)
    if (!seen.has(current)) seen.set(current, Math.round(performance.now() - start))
    await systemClock.sleep(50)
  }
  return seen
}

/** Log lines above DEBUG. */
export function loud(peer: RealPeer): string[] {
  return peer.log().filter((line) => !line.includes('[DEBUG]'))
}
