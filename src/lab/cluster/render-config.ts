import { atLeast, type Version } from '../../announcers/metallb/version.ts'
import type { ApiObject } from '../api/kinds.ts'
import * as api from '../api/objects.ts'
import { READS_CONFIG, timingText } from './drop.ts'
import type { ClusterStory } from './shape.ts'

/** What MetalLB is told to do: pools, advertisements, and the timers of its memberlist. */
export function configurationObjects(story: ClusterStory, release: Version): ApiObject[] {
  const timing = timingText(story)
  return [
    ...Object.entries(story.pools).map(([name, { addresses, labels }]) => {
      const object = api.pool(name, addresses)
      return { ...object, metadata: { ...object.metadata, ...(labels && { labels }) } }
    }),
    ...Object.entries(story.l2).map(([name, told]) => advertisement(name, told)),
    ...Object.entries(story.bgp).map(([name, { pools }]) =>
      api.bgpAdvertisement(name, pools ? { ipAddressPools: pools } : {}),
    ),
    ...(timing !== undefined && atLeast(release, READS_CONFIG)
      ? [api.configMap('metallb-memberlist-config', { 'config.json': timing })]
      : []),
  ]
}

function advertisement(name: string, told: ClusterStory['l2'][string]): ApiObject {
  const { pools, nodes, prefers, interfaces, services } = told
  return api.l2Advertisement(name, {
    ...(pools && { ipAddressPools: pools }),
    ...(nodes && { nodeSelectors: selectors(nodes) }),
    ...(prefers && { preferredNodeSelectors: prefers.map(preference) }),
    ...(interfaces && { interfaces }),
    ...(services && { serviceSelectors: selectors(services) }),
  })
}

function selectors(sets: Labels | readonly Labels[]): object[] {
  return [sets].flat().map((matchLabels) => ({ matchLabels }))
}
type Labels = Readonly<Record<string, string>>

function preference({ nodes, weight }: { readonly nodes: Labels; readonly weight: number }): object {
  return { weight, preference: { matchLabels: nodes } }
}
