import type { Draw } from './draw.ts'
import { NODES, type Draft, type Plain } from './draft.ts'

/** Most clusters run the newest release; each of the others has a rule of its own. */
const RELEASES = [
  'v0.16.1',
  'v0.16.1',
  'v0.16.1',
  'v0.16.1',
  'v0.16.0',
  'v0.16.2',
  'v0.15.3',
  'v0.15.2',
  'v0.14.9',
  'v0.14.8',
  'v0.13.12',
]
/** They can be told fast timers, so that nobody has to wait long where no view can be read. */
export const NEW_RELEASES = ['v0.16.1', 'v0.16.1', 'v0.16.0', 'v0.16.2']
const NAMES = ['ingress/traefik', 'gitea', 'nginx', 'dns', 'registry', 'grafana']
/** K3s brings a load balancer of its own, which writes the nodes' addresses. */
export const KLIPPER = 'kube-system/klipper'
const DEFAULT_RANGE = '192.168.1.60-192.168.1.79'
const EDGE_RANGE = '192.168.1.80/28'

/** A cluster in which nothing is wrong, and an arpcheck that asks about all of it. */
export function drawCluster(draw: Draw): Draft {
  const speakers = draw.some(NODES, draw.one([2, 3, 4, 4, 4]))
  const zones = draw.chance(0.4)
  const nodes = Object.fromEntries(
    NODES.map((name, i) => [
      name,
      {
        ...(zones && { labels: { zone: i % 2 ? 'b' : 'a' } }),
        ...(!speakers.includes(name) && { pod: 'absent' }),
      },
    ]),
  )
  const isUnread = draw.chance(0.2)
  const isFast = isUnread || draw.chance(0.5)
  return {
    hosts: {},
    cluster: {
      metallb: draw.one(isFast ? NEW_RELEASES : RELEASES),
      ...(isFast && { memberlistConfig: 'fast' }),
      memberlist: draw.chance(0.2) ? 'open' : 'sealed',
      nodes,
      pools: { default: { addresses: DEFAULT_RANGE }, edge: { addresses: EDGE_RANGE } },
      l2: drawAdvertisements(zones, draw),
      ...(draw.chance(0.2) && { nics: true }),
      services: drawServices(draw),
    },
    steps: [],
    meanwhile: [],
    words: [
      ...(isUnread ? ['--memberlist', 'off'] : []),
      ...(draw.chance(0.25) ? ['--speaker-metrics'] : []),
    ],
    from: draw.chance(0.15) ? draw.one(speakers) : 'client',
  }
}

/** All pools from all nodes, or pool by pool from some nodes. */
function drawAdvertisements(zones: boolean, draw: Draw): Plain {
  if (draw.chance(0.4)) return { all: {} }
  const nodes = zones && draw.chance(0.5) ? { nodes: { zone: draw.one(['a', 'b']) } } : {}
  return { default: { pools: ['default'] }, edge: { pools: ['edge'], ...nodes } }
}

function drawServices(draw: Draw): Plain {
  const names = draw.some(NAMES, draw.between(1, 6))
  const addresses = [...draw.some(range('192.168.1.', 60, 79), names.length), ...range('192.168.1.', 80, 95)]
  const isShared = names.length > 1 && draw.chance(0.15)
  const ours = names.map((name, i) => {
    const ip =
      isShared && i === 1 ? addresses[0]! : draw.chance(0.25) ? addresses[names.length + i]! : addresses[i]!
    return [
      name,
      {
        ip: isShared && i === 0 ? addresses[0]! : ip,
        ...(isShared && i < 2 ? { shares: 'one' } : drawPolicy(draw)),
      },
    ] as const
  })
  const theirs = draw.chance(0.2)
    ? [[KLIPPER, { ip: '192.168.1.13', class: 'k3s.io/servicelb' }] as const]
    : []
  return Object.fromEntries([...ours, ...theirs])
}

function drawPolicy(draw: Draw): Plain {
  if (draw.chance(0.3)) return { policy: 'Local', endpoints: draw.some(NODES, draw.between(1, 2)) }
  return draw.chance(0.3) ? { endpoints: draw.some(NODES, draw.between(1, 3)) } : {}
}

function range(network: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => `${network}${first + i}`)
}
