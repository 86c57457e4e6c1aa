import type { ClusterSnapshot } from '../../core/cluster.ts'
import { readMemberlistConfig } from '../../core/memberlist-config.ts'
import {
  firstProbeMs,
  LAN,
  slowestDeathMs,
  suspicionOf,
  WAN,
  type MemberlistProfile,
} from '../../core/suspicion.ts'
import type { Grace } from '../announcer.ts'
import { flagsOf, SHIPPED } from './flags.ts'
import { groundOf } from './ground.ts'

/** What a speaker needs to hear of a change and act on it, beside memberlist. */
const REACTION_MS = 5000

/**
 * How long a deviation may be lawful: until somebody probes the dead node, two probe intervals, the longest suspicion
 * for a cluster of this size, and 5 s. Without memberlist nothing fails over, so there is nothing to wait for but that.
 */
export function graceOf(cluster: ClusterSnapshot): Grace {
  const { name, profile, problem } = profileOf(cluster)
  const size = Math.max(2, cluster.speakerPods.length || cluster.nodes.length)
  const { minMs, maxMs } = suspicionOf(profile, size)
  const isOff = name === 'off'
  const waits = firstProbeMs(profile, size) + 2 * profile.probeIntervalMs + maxMs
  return {
    holdDownMs: (isOff ? 0 : waits) + REACTION_MS,
    suspicionMinMs: isOff ? 0 : minMs,
    suspicionMaxMs: isOff ? 0 : maxMs,
    failoverMaxMs: isOff ? null : slowestDeathMs(profile, size),
    profile: name,
    problem,
  }
}

export interface Timing {
  readonly name: Grace['profile']
  readonly profile: MemberlistProfile
  readonly problem: string | null
}

/**
 * The file replaces both profiles (v0.16.0; older speakers do not mount it). With a file that no speaker starts with,
 * those that run use another: the slowest profile cannot call a fault too early.
 */
export function profileOf(cluster: ClusterSnapshot): Timing {
  if (groundOf(cluster).rules.every(({ base }) => base !== 'members'))
    return { name: 'off', profile: LAN, problem: null }
  const speakers = [...cluster.speakerPods, ...cluster.speakerDaemonSets]
  const isWan = (speakers.length > 0 ? speakers.map(flagsOf) : [SHIPPED]).some(({ wan }) => wan)
  const shipped: Timing = isWan
    ? { name: 'wan', profile: WAN, problem: null }
    : { name: 'lan', profile: LAN, problem: null }
  const reads = groundOf(cluster).rules.some(({ serviceSelectors }) => serviceSelectors)
  if (cluster.memberlistConfig === null || !reads) return shipped
  const config = readMemberlistConfig(cluster.memberlistConfig)
  if ('problem' in config) return { name: 'wan', profile: WAN, problem: config.problem }
  return { name: 'file', profile: config.profile, problem: null }
}
