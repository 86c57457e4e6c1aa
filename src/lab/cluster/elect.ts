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
  /** Addresses that it won and answers on no NIC: those that the advertisements name do not exist here. */
  readonly failed: readonly { readonly ip: Ip; readonly service: string }[]
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
  return announcingOf(
    won.map(({ ip, elected }) => ({
      ip,
      nics: elected.interfaces.get(speaker.name) ?? ('all' as const),
      services: elected.shares.flatMap((one) => (one.answerers.includes(speaker.name) ? one.service : [])),
    })),
    speaker.links,
  )
}

interface Won {
  readonly ip: Ip
  readonly nics: 'all' | readonly string[]
  readonly services: readonly string[]
}

/** One of the named interfaces is enough, in whatever state; without any the responder never hears of the address. */
function announcingOf(won: readonly Won[], links: readonly string[]): Announcing {
  const exists = ({ nics }: Won) => nics === 'all' || nics.some((nic) => links.includes(nic))
  const announced = won.filter(exists)
  const failed = won.filter((one) => !exists(one))
  return {
    addresses: new Map(announced.map(({ ip, nics }) => [ip, nics])),
    services: [...new Set(announced.flatMap(({ services }) => services))],
    failed: failed.flatMap(({ ip, services }) => services.map((service) => ({ ip, service }))),
  }
}

function ownView(speaker: string, moment: Moment): SpeakerView {
  const members = viewOf(speaker, moment).map(
    (name) => ({ name, address: null, port: 7946, state: 'alive', incarnation: 1 }) as const,
  )
  return { speaker, members }
}
