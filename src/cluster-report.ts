import { releases } from './announcers/metallb/metallb.ts'
import type { SpeakerClaim } from './core/claims.ts'
import { INPUTS, type ClusterSnapshot } from './core/cluster.ts'
import type {
  ClaimReport,
  MetallbReport,
  OutOfScopeReport,
  Report,
  UnreadReport,
  ViewReport,
} from './core/report.ts'
import { viewsOf, type SpeakerReading } from './core/views.ts'
import type { Reading, ViewsReading } from './elected.ts'

/** The parts of a report that are about the cluster as a whole. */
export function clusterReport(
  reading: Reading | null,
  vips: Report['vips'],
): { readonly metallb: MetallbReport | null; readonly outOfScope: readonly OutOfScopeReport[] } {
  if (!reading) return { metallb: null, outOfScope: [] }
  const { cluster, views, claims } = reading.after ?? reading.before
  const outOfScope = reading.inventory.outOfScope.map(({ ip, service, why, by }) => ({
    ip,
    service,
    why: by === null ? why : `${why}, ${by}`,
  }))
  return {
    metallb: {
      namespace: cluster.metallbNamespace,
      version: releases(cluster).join(', ') || null,
      memberlist: membershipOf(vips, views),
      speakers: speakersOf(cluster),
      waiting: reading.inventory.waiting.map(({ key }) => key),
      unread: unreadOf(cluster),
      views: (views?.readings ?? []).map(viewReport),
      claims: (claims ?? []).map(claimReport),
    },
    outOfScope,
  }
}

function speakersOf({ speakerPods }: ClusterSnapshot): MetallbReport['speakers'] {
  return {
    ready: speakerPods.filter(({ ready }) => ready?.status === 'True').length,
    total: speakerPods.length,
  }
}

/** A resource type that does not exist has no objects, for certain: nothing is missing then. */
function unreadOf({ inputs }: ClusterSnapshot): UnreadReport[] {
  return INPUTS.flatMap((input): UnreadReport[] => {
    const { readable } = inputs[input]
    if (typeof readable === 'string') return []
    return 'denied' in readable
      ? [{ input, why: 'denied', what: readable.denied }]
      : [{ input, why: 'failed', what: readable.failed }]
  })
}

function membershipOf(vips: Report['vips'], views: ViewsReading | null): MetallbReport['memberlist'] {
  if (views && viewsOf(views.readings).length > 0) return 'read'
  if (vips.some(({ expected }) => expected.source === 'inferred')) return 'inferred'
  return vips.some(({ expected }) => expected.source === 'memberlist') ? 'off' : 'unknown'
}

function claimReport({ node, reading: { kind } }: SpeakerClaim): ClaimReport {
  return { speaker: node, error: kind === 'metrics' ? null : kind }
}

function viewReport({ speaker, reading }: SpeakerReading): ViewReport {
  if (reading.kind !== 'view') return { speaker: speaker.name, members: [], error: reading.kind }
  const members = reading.members.map(({ name, state }) => ({ name, state }))
  return { speaker: speaker.name, members, error: null }
}
