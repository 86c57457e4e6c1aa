import { atLeast, parseVersion, type Version } from '../../announcers/metallb/version.ts'
import { readMemberlistConfig } from '../../core/memberlist-config.ts'
import { LAN, suspicionOf, type MemberlistProfile } from '../../core/suspicion.ts'
import type { ClusterStory } from './shape.ts'

/** Speakers of this release and later mount metallb-memberlist-config. */
export const READS_CONFIG: Version = [0, 16, 0]

/** As a file must be for a speaker to start: all durations, and the two flags that keep the sealing enforced. */
const FAST = {
  TCPTimeout: '1s',
  PushPullInterval: '5s',
  ProbeTimeout: '50ms',
  ProbeInterval: '100ms',
  GossipInterval: '50ms',
  GossipToTheDeadTime: '5s',
  QueueCheckInterval: '1s',
  IndirectChecks: 3,
  RetransmitMult: 4,
  SuspicionMult: 2,
  SuspicionMaxTimeoutMult: 6,
  AwarenessMaxMultiplier: 8,
  GossipNodes: 3,
  HandoffQueueDepth: 1024,
  UDPBufferSize: 1400,
  GossipVerifyIncoming: true,
  GossipVerifyOutgoing: true,
  EnableCompression: true,
}

/** What the ConfigMap holds; undefined without one. */
export function timingText({ memberlistConfig }: ClusterStory): string | undefined {
  return memberlistConfig === 'fast' ? JSON.stringify(FAST) : memberlistConfig
}

/** Until the others drop a dead node, as it usually goes: first probe, failed probe, suspicion (6 s on a LAN). */
export function dropMs(story: ClusterStory, members: number): number {
  const profile = profileOf(story)
  return 2 * profile.probeIntervalMs + suspicionOf(profile, members).minMs
}

function profileOf(story: ClusterStory): MemberlistProfile {
  const text = timingText(story)
  const release = parseVersion(story.metallb)
  if (text === undefined || !release || !atLeast(release, READS_CONFIG)) return LAN
  const config = readMemberlistConfig(text)
  return 'problem' in config ? LAN : config.profile
}
