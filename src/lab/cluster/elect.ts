import type { Vip } from '../../announcers/announcer.ts'
import { metallb } from '../../announcers/metallb/metallb.ts'
import type { Ip } from '../../core/ip.ts'
import type { SpeakerView } from '../../core/views.ts'
import { speakersOf, viewOf, type ClusterNode, type Moment } from './moment.ts'
import { snapshotFor } from './snapshot.ts'

/** What one speaker announces: addresses with the NICs that it may answer on, and the Services that made it do so. */
export interface Announcing {
  readonly addresses: ReadonlyMap<Ip, 'all' | readonly string[]>
  /** As `namespace/name`. */
  readonly services: readonly string[]
}

/** What each running speaker announces, each by its own view and the rules of its own release. */
export function announcing(moment: Moment): ReadonlyMap<string, Announcing> {
  return new Map(speakersOf(moment).map((speaker) => [speaker.name, announcedBy(speaker, moment)]))
}

function announcedBy(speaker: ClusterNode, moment: Moment): Announcing {
  const cluster = snapshotFor(speaker, moment)
  const evidence = {
    views: [ownView(speaker.name, moment)],
    silentNodes: new Set<string>(),
    maxAgeMs: Infinity,
  }
  const won = metallb.vips(cluster).vips.flatMap((vip: Vip) => {
    const elected = metallb.elect(vip, cluster, evidence)
    const isOurs = elected.kind === 'somebody' && elected.answerers.includes(speaker.name)
    return isOurs ? [{ ip: vip.ip, elected }] : []
  })
  const shares = won.flatMap(({ elected }) => elected.shares)
  return {
    addresses: new Map(
      won.map(({ ip, elected }) => [ip, elected.interfaces.get(speaker.name) ?? 'all'] as const),
    ),
    services: [
      ...new Set(shares.flatMap((one) => (one.answerers.includes(speaker.name) ? one.service : []))),
    ],
  }
}

function ownView(speaker: string, moment: Moment): SpeakerView {
  const members = viewOf(speaker, moment).map(
    (name) => ({ name, address: null, port: 7946, state: 'alive', incarnation: 1 }) as const,
  )
  return { speaker, members }
}
