import { metallb } from '../../src/announcers/metallb/metallb.ts'
import { explainVip, type Explained } from '../../src/cli/explain/explained.ts'
import type { ClusterSnapshot } from '../../src/core/cluster.ts'
import { advertisement, denied, node, service, speaker } from '../helpers/cluster.ts'
import { nucCluster, NUCS, nuc } from '../helpers/nucs.ts'
import { CLUSTER_STORIES } from './cluster-stories.ts'
import { tellStory, type Story } from './stories.ts'

interface Told {
  readonly vip: string
  readonly story: Story
  readonly without?: readonly string[]
  /** Where nothing could be asked. */
  readonly unasked?: true
}

const preferring = nucCluster(
  {
    nodes: NUCS.map((name) => nuc(name, { labels: { fast: String(name === 'nuc-3') } })),
    l2Advertisements: [
      advertisement('fast-first', {
        preferredNodeSelectors: [
          { weight: 50, preference: { matchLabels: { fast: 'true' }, matchExpressions: [] } },
        ],
      }),
    ],
  },
  'v0.16.2',
)

const TOLD: Readonly<Record<string, Told>> = {
  'explain-healthy': { vip: '192.168.1.60', story: CLUSTER_STORIES['cluster-healthy'] },
  'explain-dead-owner': { vip: '192.168.1.60', story: CLUSTER_STORIES['cluster-dead-owner'] },
  'explain-without': { vip: '192.168.1.60', story: CLUSTER_STORIES['cluster-healthy'], without: ['nuc-4'] },
  'explain-nobody': { vip: '192.168.1.70', story: CLUSTER_STORIES['cluster-nobody-should'] },
  'explain-split': { vip: '192.168.1.62', story: CLUSTER_STORIES['cluster-split'] },
  'explain-elsewhere': { vip: '192.168.1.60', story: CLUSTER_STORIES['cluster-elsewhere'] },
  'explain-unasked': {
    vip: '192.168.1.60',
    story: { asked: [], cluster: [denied(nucCluster(), 'l2Statuses')] },
    unasked: true,
  },
  'explain-preferences': { vip: '192.168.1.60', story: { asked: [], cluster: [preferring] }, unasked: true },
  'explain-shared': { vip: '192.168.1.60', story: { asked: [], cluster: [shared()] }, unasked: true },
  'explain-many-nodes': { vip: '192.168.1.60', story: { asked: [], cluster: [many()] }, unasked: true },
}

export const EXPLAINED = Object.keys(TOLD)

export async function tellExplained(name: string): Promise<Explained> {
  const { vip: address, story, without = [], unasked } = TOLD[name]!
  const cluster = story.cluster!.at(-1)!
  const vip = metallb.vips(cluster).vips.find(({ ip }) => ip === address)!
  const isAsked = !unasked && without.length === 0
  const report = isAsked ? await tellStory(story) : null
  const row = report?.vips.find((one) => one.vip === address) ?? null
  return explainVip(vip, cluster, { row, without, members: [], claims: [] })
}

/** Two Services on one address, of which one is served on one node alone. */
function shared(): ClusterSnapshot {
  const base = nucCluster()
  const local = service('dns', ['192.168.1.60'], { externalTrafficPolicy: 'Local', namespace: 'edge' })
  const slices = [{ ...base.endpointSlices[0]!, name: 'dns-1', serviceNamespace: 'edge', serviceName: 'dns' }]
  return { ...base, services: [...base.services, local], endpointSlices: [...base.endpointSlices, ...slices] }
}

function many(): ClusterSnapshot {
  const names = Array.from({ length: 40 }, (_, i) => `worker-${i + 1}`)
  return nucCluster({
    nodes: names.map((name) => node(name)),
    speakerPods: names.slice(0, 38).map((name) => speaker(name, 'v0.16.1')),
  })
}
