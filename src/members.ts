import { gossipOf } from './announcers/metallb/gossip.ts'
import { metallb, releases } from './announcers/metallb/metallb.ts'
import type { Clock } from './clock.ts'
import type { ClusterSnapshot } from './core/cluster.ts'
import { judgeMembership, type MembershipFinding } from './core/membership.ts'
import type { MembersReport, VipVotes } from './core/members-report.ts'
import { membershipFinding } from './core/sentences-membership.ts'
import type { PacketReading, SpeakerReading } from './core/views.ts'
import { evidenceOf, placeOf, type Look, type ViewsReading } from './elected.ts'
import type { CheckEdges } from './options.ts'
import type { SpeakerViews } from './speaker-views.ts'

export interface MembersEdges extends Required<Pick<CheckEdges, 'readCluster'>> {
  readonly clock: Clock
  readonly views: Pick<SpeakerViews, 'read' | 'askByPackets'>
}

/** What the speakers believe, and what that means. */
export interface Members {
  readonly report: MembersReport
  readonly readings: readonly SpeakerReading[]
  readonly found: readonly MembershipFinding[]
}

/** Asks every speaker for its own member list, once; `udp`: and whether packets get through. */
export async function readMembers(
  { readCluster, views, clock }: MembersEdges,
  { udp }: { readonly udp: boolean },
  signal: AbortSignal,
): Promise<Members> {
  const started = { wallNs: clock.wallNs(), ms: clock.monotonicMs() }
  const cluster = await readCluster(signal)
  const read = await views.read(cluster, signal)
  const packets = udp && read ? await views.askByPackets(cluster, read.readings, signal) : []
  const found = judgeMembership(caseOf(cluster, read, packets))
  const readings = read?.readings ?? []
  const report: MembersReport = {
    apiVersion: 'arpcheck.io/v1',
    kind: 'Members',
    startedAt: new Date(Number(started.wallNs / 1_000_000n)).toISOString(),
    durationMs: Math.round(clock.monotonicMs() - started.ms),
    interrupted: signal.aborted,
    metallb: { namespace: cluster.metallbNamespace, version: releases(cluster).join(', ') || null },
    memberlist: gossipOf(cluster).memberlist,
    speakers: readings.map(({ speaker, reading, tookMs }) => ({
      ...speaker,
      tookMs: Math.round(tookMs),
      members: reading.kind === 'view' ? reading.members : [],
      error: reading.kind === 'view' ? null : reading.kind,
    })),
    packets,
    votes: votesOf({ cluster, views: read, claims: null, atMs: 0 }),
    findings: found.map((one) => membershipFinding(one, placeOf(cluster))),
  }
  return { report, readings, found }
}

/** A refusal, or a connection without a word, proves that the host is up. */
function caseOf(cluster: ClusterSnapshot, read: ViewsReading | null, packets: readonly PacketReading[]) {
  const { memberlist, profile, youngestMs } = gossipOf(cluster)
  const readings = read?.readings ?? []
  const isUp = ({ reading: { kind } }: SpeakerReading): boolean => kind === 'refused' || kind === 'silent'
  return {
    readings,
    packets,
    memberlist,
    profile,
    sealed: read?.sealed ?? false,
    differingMs: 0,
    youngestSpeakerMs: youngestMs,
    downCandidates: [],
    vantage: 'outside' as const,
    reachable: new Set(readings.filter(isUp).map(({ speaker }) => speaker.name)),
  }
}

/** For each VIP, whom each view elects. */
function votesOf(look: Look): VipVotes[] {
  return metallb.vips(look.cluster).vips.map((vip) => {
    const elected = metallb.elect(vip, look.cluster, evidenceOf(look, new Set()))
    const shares = elected.kind === 'undecided' ? [] : elected.shares
    return {
      vip: vip.ip,
      services: vip.holders.map(({ key }) => key),
      votes: shares.flatMap(({ votes }) => votes.map(({ by, elects }) => ({ by, elects }))),
    }
  })
}
