import { servicesIn, type Plot } from './plot.ts'
import { NODES, withMore, type Draft } from './draft.ts'
import { victimIn } from './victims.ts'

const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }

/** What configuration says: nobody may announce, another NIC, a record that nobody took away. And nothing at all. */
export const SET_UP_PLOTS = {
  nothing: (draft) => draft,
  'no-endpoint': (draft, draw) => changeOne(draft, draw.one(servicesIn(draft)), { endpoints: [] }),
  'no-advertisement': (draft, draw) => {
    const names = Object.keys(draft.cluster['l2'] as object)
    const l2 = { [draw.one(names)]: null }
    return withMore(draft, { cluster: { l2 } })
  },
  'bgp-only': (draft) =>
    withMore(
      { ...draft, cluster: { ...draft.cluster, l2: { edge: { pools: ['edge'] } } } },
      { cluster: { bgp: { routed: { pools: ['default'] } } } },
    ),
  'selects-nobody': (draft) => {
    const names = Object.keys(draft.cluster['l2'] as object)
    return withMore(draft, {
      cluster: { l2: Object.fromEntries(names.map((name) => [name, { nodes: { rack: 'none' } }])) },
    })
  },
  'exclude-label': (draft, draw) => {
    const labelled = draw.chance(0.6) ? NODES : draw.some(NODES, draw.between(1, 3))
    return withMore(draft, {
      cluster: { nodes: Object.fromEntries(labelled.map((name) => [name, { labels: EXCLUDED }])) },
    })
  },
  'two-nics': (draft, draw) => {
    const victim = victimIn(draft, draw)
    if (!victim) return null
    const isHidden = draw.chance(0.2)
    return withMore(draft, {
      hosts: { [victim.owner]: { nics: { eno2: {} }, ...(isHidden && { arpIgnore: 1 }) } },
    })
  },
  'named-nic': (draft, draw) => {
    const nic = draw.one(['eno1', 'eno2'])
    const names = Object.keys(draft.cluster['l2'] as object)
    const l2 = Object.fromEntries(names.map((name) => [name, { interfaces: [nic] }]))
    return withMore(draft, {
      hosts: Object.fromEntries(NODES.map((name) => [name, { nics: { eno2: {} } }])),
      cluster: { l2 },
    })
  },
  'stale-record': (draft, draw) => {
    const victim = victimIn(draft, draw)
    const [service] = victim ? victim.scene.votes : []
    if (!victim || !service) return null
    const others = NODES.filter((name) => name !== victim.owner)
    return withMore(draft, { cluster: { records: { [service.service]: draw.one(others) } } })
  },
  // Two Services have one address, and each an advertisement of its own
  'shared-two-winners': (draft) => {
    const services = {
      'dns-tcp': { ip: '192.168.1.96', shares: 'dns', labels: { proto: 'tcp' } },
      'dns-udp': { ip: '192.168.1.96', shares: 'dns', labels: { proto: 'udp' } },
    }
    const l2 = {
      tcp: { pools: ['shared'], services: { proto: 'tcp' }, nodes: { side: 'left' } },
      udp: { pools: ['shared'], services: { proto: 'udp' }, nodes: { side: 'right' } },
    }
    const nodes = Object.fromEntries(
      NODES.map((name, i) => [name, { labels: { side: i < 2 ? 'left' : 'right' } }]),
    )
    return withMore(draft, {
      cluster: {
        metallb: 'v0.16.1',
        services,
        l2,
        nodes,
        pools: { shared: { addresses: '192.168.1.96/29' } },
      },
    })
  },
} as const satisfies Readonly<Record<string, Plot>>

function changeOne(draft: Draft, name: string, change: object): Draft {
  return withMore(draft, { cluster: { services: { [name]: change } } })
}
