import type { ClusterSnapshot, SpeakerPod } from '../../core/cluster.ts'
import type { MemberlistProfile } from '../../core/suspicion.ts'
import type { Speaker } from '../../core/views.ts'
import { flagsOf } from './flags.ts'
import { profileOf } from './grace.ts'
import { groundOf } from './ground.ts'
import { atLeast, OLDEST, versionOf } from './version.ts'

/** The speakers' memberlist: who can be asked for a view, and how fast it is. */
export interface Gossip {
  readonly memberlist: 'on' | 'off' | 'unknown'
  /** One for each listed pod with an address; a dead node's pod is among them, and will not answer. */
  readonly speakers: readonly Speaker[]
  readonly profile: MemberlistProfile
  /** Whether the speakers' release makes its key by hashing the secret (v0.16.2, #3102). */
  readonly hashesKey: boolean
  /** Since the youngest speaker started; null: not known. */
  readonly youngestMs: number | null
}

export function gossipOf(cluster: ClusterSnapshot): Gossip {
  const { speakerPods, takenAt } = cluster
  const starts = speakerPods.flatMap(({ startedAt }) => startedAt ?? [])
  return {
    memberlist: stateOf(cluster),
    speakers: speakerPods.flatMap(speakerOf),
    profile: profileOf(cluster).profile,
    hashesKey: speakerPods.some(({ image }) => atLeast(versionOf(image) ?? OLDEST, [0, 16, 2])),
    youngestMs: starts.length > 0 ? takenAt - Math.max(...starts) : null,
  }
}

function stateOf(cluster: ClusterSnapshot): Gossip['memberlist'] {
  if (cluster.speakerPods.length === 0) return 'unknown'
  return groundOf(cluster).rules.every(({ base }) => base !== 'members') ? 'off' : 'on'
}

/** A speaker binds to its pod's address (METALLB_ML_BIND_ADDR is status.podIP in all manifests). */
function speakerOf(pod: SpeakerPod): Speaker[] {
  const { memberlist, port } = flagsOf(pod)
  if (pod.nodeName === null || pod.podIp === null || memberlist === 'off') return []
  return [{ name: pod.nodeName, address: pod.podIp, port }]
}
