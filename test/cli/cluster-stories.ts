import { advertisement, denied, pool, settings, speaker } from '../helpers/cluster.ts'
import {
  BOARD,
  nuc,
  NUC_MACS,
  nucCluster,
  NUCS,
  servedBy,
  serviceAt,
  VIPS,
  withDeadNuc4,
  withNodes,
  withOwners,
} from '../helpers/nucs.ts'
import { answers, hostFacts, ip, link, mac } from '../helpers/segment.ts'
import type { Story } from './stories.ts'

const LIVE = ['nuc-1', 'nuc-2'] as const
const home = nucCluster()

/** Sixty VIPs beside the five. */
const MANY = Array.from({ length: 60 }, (_, i) => `192.168.2.${i + 1}`)

/** What a cluster says, what happens on the wire, and what is asked for: asked on nuc-3, which owns nothing. */
export const CLUSTER_STORIES = {
  'cluster-healthy': {
    asked: [],
    cluster: [home],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment)
    },
  },
  'cluster-memberlist-off': {
    asked: [],
    cluster: [
      nucCluster({
        speakerPods: NUCS.map((name) => {
          const { METALLB_ML_BIND_ADDR: _, ...env } = settings('v0.16.1').env
          return speaker(name, 'v0.16.1', { env })
        }),
      }),
    ],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment)
    },
  },
  'cluster-dead-owner': {
    asked: [],
    cluster: [withDeadNuc4(home)],
    happens: (segment) => {
      withNodes(segment, LIVE)
      withOwners(segment, { 'ingress/traefik': null })
    },
  },
  'cluster-moved-on': {
    asked: [],
    cluster: [withDeadNuc4(home)],
    happens: (segment) => {
      withNodes(segment, LIVE)
      withOwners(segment, { 'ingress/traefik': NUC_MACS['nuc-1'] })
    },
  },
  'cluster-split': {
    asked: [],
    cluster: [home],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment)
      segment.responders.push(answers(VIPS['registry/registry'][0], NUC_MACS['nuc-1']))
    },
  },
  'cluster-foreign': {
    asked: [],
    cluster: [home],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment)
      segment.responders.push(answers(VIPS['monitoring/grafana'][0], BOARD))
    },
  },
  'cluster-wrong-node': {
    asked: [],
    cluster: [home],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment, { 'ingress/traefik': NUC_MACS['nuc-2'] })
    },
  },
  'cluster-unattributed': {
    asked: [],
    cluster: [nucCluster({ nodes: NUCS.map((name) => nuc(name, { podGateways: [] })) })],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment, { 'media/jellyfin': BOARD })
    },
  },
  'cluster-nobody-should': {
    asked: [],
    cluster: [
      nucCluster({
        pools: [pool('default', ['192.168.1.60-192.168.1.79']), pool('uplink', ['192.168.1.200/29'])],
        l2Advertisements: [advertisement('lan', { ipAddressPools: ['default'] })],
        bgpAdvertisements: [
          {
            name: 'router',
            ipAddressPools: ['uplink'],
            ipAddressPoolSelectors: [],
            nodeSelectors: [],
            changedAt: null,
          },
        ],
        services: [
          ...home.services,
          serviceAt('backup/restic', ['192.168.1.70'], { externalTrafficPolicy: 'Local' }),
          serviceAt('edge/dns', ['192.168.1.201']),
          serviceAt('edge/legacy', ['192.168.1.71']),
          serviceAt('kube-system/traefik', ['192.168.1.13', '192.168.1.14']),
          serviceAt('voip/sip', ['192.168.1.90'], { loadBalancerClass: 'kube-vip.io/kube-vip-class' }),
          serviceAt('games/minecraft', []),
        ],
        endpointSlices: [...home.endpointSlices, servedBy('edge/dns', ['nuc-1'])],
      }),
    ],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment)
      segment.responders.push(answers('192.168.1.71', NUC_MACS['nuc-1']))
    },
  },
  'cluster-self': {
    asked: [],
    cluster: [home],
    happens: (segment) => {
      withNodes(segment, ['nuc-1', 'nuc-4'])
      withOwners(segment, { 'registry/registry': null, 'mqtt/mosquitto': null, 'media/jellyfin': null })
      const own = link({ mac: mac(NUC_MACS['nuc-2']), addresses: [{ ip: ip('192.168.1.12'), bits: 24 }] })
      segment.facts = hostFacts({ hostname: 'nuc-2', links: [own] })
    },
  },
  'cluster-denied': {
    asked: [],
    cluster: [denied(home, 'l2Statuses', 'endpointSlices', 'events')],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment)
    },
  },
  'cluster-no-nodes': {
    asked: [],
    cluster: [denied(home, 'nodes')],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment, { 'ingress/traefik': null })
    },
  },
  'cluster-given': {
    asked: ['192.168.1.60=nuc-1', '192.168.1.62=nuc-2', `192.168.1.64=${NUC_MACS['nuc-1']}`, '192.168.1.99'],
    cluster: [home],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment)
      segment.responders.push(answers('192.168.1.99', BOARD))
    },
  },
  'cluster-settling': {
    asked: [],
    cluster: [home],
    happens: (segment, stop) => {
      withNodes(segment, LIVE)
      withOwners(segment, { 'ingress/traefik': null })
      // Ctrl-C while it waits: what was known by then
      segment.clock.onStep = (ms) => ms > 6000 && stop.abort()
    },
  },
  'cluster-moving': {
    asked: ['192.168.1.60'],
    options: { settle: false },
    cluster: [
      home,
      nucCluster({
        nodes: NUCS.map((name) =>
          nuc(
            name,
            name === 'nuc-4'
              ? { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } }
              : {},
          ),
        ),
      }),
    ],
    happens: (segment) => {
      withNodes(segment)
      withOwners(segment)
    },
  },
  'cluster-elsewhere': {
    asked: [],
    cluster: [home],
    happens: (segment) => {
      const own = link({ addresses: [{ ip: ip('10.9.9.9'), bits: 24 }] })
      segment.facts = hostFacts({ hostname: 'laptop', links: [own], gateways: [] })
    },
  },
  'cluster-empty': {
    asked: [],
    cluster: [
      nucCluster({ services: [serviceAt('games/minecraft', [])], endpointSlices: [], l2Statuses: [] }),
    ],
  },
  'cluster-long-names': {
    asked: [],
    cluster: [longNames()],
    happens: (segment) => {
      segment.responders.push(answers('192.168.1.14', NUC_MACS['nuc-4']))
      segment.responders.push(answers('192.168.1.160', NUC_MACS['nuc-4']))
    },
  },
  'cluster-many': {
    asked: [],
    cluster: [
      nucCluster({
        pools: [pool('default', ['192.168.1.60-192.168.1.79', '192.168.2.0/26'])],
        services: [...home.services, ...MANY.map((vip, i) => serviceAt(`tenant-${i}/web`, [vip]))],
        endpointSlices: [
          ...home.endpointSlices,
          ...MANY.map((_, i) => servedBy(`tenant-${i}/web`, ['nuc-1'])),
        ],
      }),
    ],
    happens: (segment) => {
      segment.facts = hostFacts({ links: [link({ addresses: [{ ip: ip('192.168.1.13'), bits: 22 }] })] })
      withNodes(segment)
      withOwners(segment, { 'ingress/traefik': null })
    },
  },
} satisfies Record<string, Story>

/** As clouds name nodes and charts name Services; one name could move a cursor. */
function longNames(): ReturnType<typeof nucCluster> {
  const names = [
    'ip-192-168-1-14.eu-central-1.compute.internal',
    'ip-192-168-1-15.eu-central-1.compute.internal',
  ]
  const key = 'production-payments\u001B[2J/checkout-gateway-public'
  return nucCluster({
    nodes: names.map((name, i) => ({ ...nuc('nuc-4'), name, internalIps: [ip(`192.168.1.1${4 + i}`)] })),
    speakerPods: names.map((name) => speaker(name, 'v0.16.1')),
    pools: [pool('default', ['192.168.1.160/32'])],
    services: [serviceAt(key, ['192.168.1.160'])],
    endpointSlices: [servedBy(key, names)],
    l2Statuses: [],
  })
}
