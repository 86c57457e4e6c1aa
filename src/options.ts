import type { Capture, CaptureEvents } from './capture/capture.ts'
import type { Clock } from './clock.ts'
import type { SpeakerClaim } from './core/claims.ts'
import type { ClusterSnapshot } from './core/cluster.ts'
import type { Finding } from './core/findings.ts'
import type { HostFacts } from './core/host.ts'
import type { Ip } from './core/ip.ts'
import type { Target } from './core/targets.ts'
import type { ViewsReading } from './elected.ts'

export interface CheckOptions {
  /** Empty with a cluster: every VIP that it announces. */
  readonly targets: readonly Target[]
  /** Addresses that nobody may hold: an answer for one is a squatter, the same MAC on two is proxy ARP. */
  readonly mustBeFree: readonly Ip[]
  /** Names given by the user; empty: every up interface that has a target on-link. */
  readonly interfaces: readonly string[]
  /** Broadcast who-has per VIP. */
  readonly count: number
  /** Time between two questions for one VIP. */
  readonly intervalMs: number
  /** How long to listen after the last question. */
  readonly timeoutMs: number
  /** Frames per second and interface; null: as fast as the kernel takes them. */
  readonly rate: number | null
  /** Sender address: `auto` is the interface's own in the VIP's subnet, else zero (RFC 5227). */
  readonly sender: 'auto' | 'zero' | Ip
  /** Ask again only for those that keep silent, and end soon after nobody does (`--sweep`). */
  readonly sweep?: boolean
  /** False: a deviation is judged at once, also in the middle of a fail-over (`--no-settle`). */
  readonly settle?: boolean | undefined
  /** Sender addresses that are known beforehand: those of whoever asks in a capture that is replayed. */
  readonly senders?: ReadonlyMap<Ip, Ip>
}

/** Deviations that may be lawful still. */
export interface Wait {
  readonly vips: readonly Ip[]
  readonly forMs: number
  /** ARP902 of the first of them: what was seen, and what may explain it. */
  readonly finding: Finding
}

/** The edges of one check, passed in so that tests and replays bring their own. */
export interface CheckEdges {
  readonly clock: Clock
  readonly hostFacts: () => HostFacts
  /** Opens one interface; throws an ArpcheckError. `frames` is how many replies a burst may bring. */
  readonly openCapture: (interfaceName: string, frames: number, events: CaptureEvents) => Capture
  /** Every interface is open, and nothing that answers has been read: no socket of this kind will be opened any more. */
  readonly onOpened?: () => void
  /** The cluster now; absent without one. Read before the questions and after them. */
  readonly readCluster?: (signal: AbortSignal) => Promise<ClusterSnapshot>
  /** What its speakers believe; absent where they are not to be asked. Never rejects for what the world does. */
  readonly readViews?: (cluster: ClusterSnapshot, signal: AbortSignal) => Promise<ViewsReading | null>
  /** What its speakers claim; absent where they are not to be asked. Never rejects for what the world does. */
  readonly readClaims?: (cluster: ClusterSnapshot, signal: AbortSignal) => Promise<readonly SpeakerClaim[]>
  /** Whether hosts answer ICMP echo; absent, or null, where that cannot be asked. Never rejects for what the world does. */
  readonly echo?: (
    ips: readonly Ip[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<Ip, 'alive' | 'silent'> | null>
  /** Told what is waited for before a deviation can be judged, and for how long. */
  readonly onWait?: (wait: Wait) => void
}
