import type { Capture, CaptureEvents } from './capture/capture.ts'
import type { Clock } from './clock.ts'
import type { CapturedFrame } from './core/arp.ts'
import type { HostFacts } from './core/host.ts'
import type { Ip } from './core/ip.ts'
import type { Mac } from './core/mac.ts'
import type { Report } from './core/report.ts'

/** An address to ask for, and the MACs that may answer; null: whoever answers, as long as it is one. */
export interface Target {
  readonly vip: Ip
  readonly macs: readonly Mac[] | null
}

export interface CheckOptions {
  readonly targets: readonly Target[]
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
}

/** The edges of one check, passed in so that tests and replays bring their own. */
export interface CheckEdges {
  readonly clock: Clock
  readonly hostFacts: () => HostFacts
  /** Opens one interface; throws an ArpcheckError. */
  readonly openCapture: (interfaceName: string, events: CaptureEvents) => Capture
  /** Sees every frame that was drained, for --pcap. */
  readonly onFrame?: (frame: CapturedFrame, interfaceName: string) => void
}

/** Asks for every target once, listens, judges. An abort ends the listening and reports what is known. */
export declare function check(options: CheckOptions, edges: CheckEdges, signal: AbortSignal): Promise<Report>
