import type { Finding } from './findings.ts'
import type { Ip } from './ip.ts'
import type { Member, PacketReading, Speaker } from './views.ts'

/** The JSON of `arpcheck members`, `arpcheck.io/v1`; fields are only ever added. members.schema.json states the same. */
export interface MembersReport {
  readonly apiVersion: 'arpcheck.io/v1'
  readonly kind: 'Members'
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  /** By Ctrl-C: speakers that had not answered by then are `interrupted`. */
  readonly interrupted: boolean
  readonly metallb: { readonly namespace: string | null; readonly version: string | null }
  readonly memberlist: 'on' | 'off' | 'unknown'
  readonly speakers: readonly SpeakerReport[]
  /** With --udp: which paths packets take. */
  readonly packets: readonly PacketReading[]
  /** For each VIP, whom each view elects; by hypotheses where no view could be read. */
  readonly votes: readonly VipVotes[]
  readonly findings: readonly Finding[]
}

export interface SpeakerReport extends Speaker {
  readonly tookMs: number
  readonly members: readonly Member[]
  /** Why its view could not be read; null where it could. */
  readonly error: string | null
}

export interface VipVotes {
  readonly vip: Ip
  readonly services: readonly string[]
  readonly votes: readonly { readonly by: string; readonly elects: string | null }[]
}
