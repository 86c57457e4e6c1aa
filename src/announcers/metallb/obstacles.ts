import type { InputName } from '../../core/cluster.ts'
import type { Undecided } from '../../core/expectation.ts'
import type { Vip } from '../announcer.ts'
import type { Ground } from './ground.ts'
import { OLDEST, versionText } from './version.ts'

/** Why nobody can say who should answer; undefined where the election can be held. */
export function obstacleOf(vip: Vip, ground: Ground, maxAgeMs: number): Undecided | undefined {
  const needed = inputsFor(vip)
  return (
    oldRelease(ground) ??
    unread(needed, ground) ??
    stale([...needed, 'endpointSlices', 'speakerPods'], ground, maxAgeMs) ??
    (ground.refused === undefined ? undefined : undecided('stale-expectation', ground.refused))
  )
}

/** Without these nobody can say who wins; where every Service is refused, no node need be known. */
function inputsFor({ holders }: Vip): InputName[] {
  const open = holders.filter(({ refusal }) => !refusal)
  const isLocal = open.some(({ service }) => service.externalTrafficPolicy === 'Local')
  return [
    'services',
    'pools',
    'l2Advertisements',
    ...(open.length > 0 ? (['nodes'] as const) : []),
    ...(isLocal ? (['endpointSlices'] as const) : []),
  ]
}

/** Before v0.13.0 configuration is a ConfigMap that is not read here. */
function oldRelease({ rules, tooOld }: Ground): Undecided | undefined {
  if (tooOld === undefined && rules.length > 0) return undefined
  return undecided('no-expectation', `${tooOld ?? 'the speaker'} is older than ${versionText(OLDEST)}`)
}

function unread(needed: readonly InputName[], { cluster, knows }: Ground): Undecided | undefined {
  const input = needed.find((name) => !knows(name))
  if (!input) return undefined
  const { readable } = cluster.inputs[input]
  if (typeof readable === 'string') return undecided('no-expectation', `${input}: ${readable}`)
  return undecided('no-expectation', `${input}: ${'denied' in readable ? readable.denied : readable.failed}`)
}

/** What could be read once and is too old now; what could never be read is no matter of age. */
function stale(inputs: readonly InputName[], { cluster }: Ground, maxAgeMs: number): Undecided | undefined {
  const old = inputs.find((name) => {
    const { readable, ageMs } = cluster.inputs[name]
    return readable === 'yes' && (ageMs === null || ageMs > maxAgeMs)
  })
  return old && undecided('stale-expectation', old)
}

export function undecided(
  reason: Undecided['reason'],
  what: string,
  alternatives: readonly string[] = [],
): Undecided {
  return { kind: 'undecided', reason, what, alternatives }
}
