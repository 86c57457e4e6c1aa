import { GRANTS } from '../cluster/access.ts'
import { NODES, withMore, type Draft, type Plain } from './draft.ts'
import type { Draw } from './draw.ts'
import { NEW_RELEASES } from './draw-cluster.ts'
import { servicesIn, type Plot } from './plot.ts'
import { speakersIn, victimIn } from './victims.ts'

/** Longer than a run takes that has nothing to wait for, so that a change falls before, into and behind its questions. */
const RUN_MS = 2500
const EXCLUDED = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }

/** What happens in a cluster that is well: no fault may be reported in any of these. */
export const ORDINARY_PLOTS = {
  nothing: (draft) => draft,
  'rolling-restart': (draft, draw) => {
    const restarts = speakersIn(draft).flatMap((name) => [moment(draw, 600), { fault: `delete-pod ${name}` }])
    return happens(draft, restarts, draw)
  },
  'restart-of-all': (draft, draw) => happens(draft, [moment(draw), { fault: 'delete-pods' }], draw),
  // Pods leave a node before it is taken down; its speaker stays
  drain: (draft, draw) => {
    const node = draw.one(NODES)
    const services = Object.fromEntries(
      servicesIn(draft).map((name) => [name, { endpoints: NODES.filter((one) => one !== node) }]),
    )
    return happens(
      draft,
      [moment(draw), { cluster: { nodes: { [node]: { cordoned: true } }, services } }],
      draw,
    )
  },
  death: (draft, draw) => {
    const victim = victimIn(draft, draw)
    const verb = draw.one(['power-off', 'power-off', 'isolate', 'unplug'])
    return victim && happens(timed(draft, draw), [moment(draw), { fault: `${verb} ${victim.owner}` }], draw)
  },
  'death-and-return': (draft, draw) => {
    const victim = victimIn(draft, draw)
    if (!victim) return null
    return happens(
      timed(draft, draw),
      [{ fault: `unplug ${victim.owner}` }, moment(draw), { fault: `plug ${victim.owner}` }],
      draw,
    )
  },
  'label-edit': (draft, draw) => {
    const victim = victimIn(draft, draw)
    return (
      victim &&
      happens(draft, [moment(draw), { cluster: { nodes: { [victim.owner]: { labels: EXCLUDED } } } }], draw)
    )
  },
  'endpoint-move': (draft, draw) => {
    if (ownAddresses(draft).length === 0) return null
    const name = draw.one(ownAddresses(draft))
    const moved = { policy: 'Local', endpoints: draw.some(NODES, draw.between(1, 2)) }
    const before = withMore(draft, {
      cluster: { services: { [name]: { policy: 'Local', endpoints: draw.some(NODES, 1) } } },
    })
    return happens(before, [moment(draw), { cluster: { services: { [name]: moved } } }], draw)
  },
  'pool-edit': (draft, draw) => {
    const pools = {
      spare: { addresses: '192.168.1.200/29' },
      default: { addresses: '192.168.1.56-192.168.1.79' },
    }
    return happens(draft, [moment(draw), { cluster: { pools } }], draw)
  },
  'advertisement-edit': (draft, draw) => {
    const nodes = { labels: { rack: 'near' } }
    const near = Object.fromEntries(draw.some(speakersIn(draft), 2).map((name) => [name, nodes]))
    const names = Object.keys(draft.cluster['l2'] as object)
    const before = withMore(draft, { cluster: { nodes: near } })
    return happens(
      before,
      [moment(draw), { cluster: { l2: { [draw.one(names)]: { nodes: { rack: 'near' } } } } }],
      draw,
    )
  },
  'api-outage': (draft, draw) => {
    const first = {
      run: ['arpcheck --iface eno1', ...draft.words].join(' '),
      ...(draft.from !== 'client' && { on: draft.from }),
    }
    const outage = { cluster: { api: draw.one(['away', 'failing', 'frozen']) } }
    return draw.chance(0.5)
      ? withMore(draft, { steps: [first, outage] })
      : happens(draft, [moment(draw), outage], draw)
  },
  'two-nics': (draft, draw) => withMore(draft, { hosts: { [draw.one(NODES)]: { nics: { eno2: {} } } } }),
  'service-lb': (draft) =>
    withMore(draft, { cluster: { services: { web: { ip: '192.168.1.11', class: 'k3s.io/servicelb' } } } }),
  'unread-views': (draft, draw) => {
    const unread = { memberlist: draw.one(['refused', 'silent']) }
    return withMore(draft, {
      cluster: { nodes: Object.fromEntries(draw.some(speakersIn(draft), 2).map((name) => [name, unread])) },
    })
  },
  'no-permission': (draft, draw) =>
    withMore(draft, { cluster: { denied: draw.some(Object.keys(GRANTS), draw.between(1, 2)) } }),
} as const satisfies Readonly<Record<string, Plot>>

/** Services that share an address with nobody: sharing ones have to have their pods on the same nodes. */
function ownAddresses(draft: Draft): string[] {
  const services = draft.cluster['services'] as Readonly<Record<string, { readonly shares?: string }>>
  return servicesIn(draft).filter((name) => services[name]!.shares === undefined)
}

/** Before arpcheck asks, or while it does. */
function happens(draft: Draft, acts: readonly Plain[], draw: Draw): Draft {
  return withMore(draft, draw.chance(0.4) ? { steps: acts } : { meanwhile: acts })
}

/** A moment that the seed decides. */
function moment(draw: Draw, most = RUN_MS): Plain {
  return { wait: draw.between(0, most) }
}

/** Timers as fast as they come, so that what has to be waited for is soon over. */
function timed(draft: Draft, draw: Draw): Draft {
  return withMore(draft, { cluster: { metallb: draw.one(NEW_RELEASES), memberlistConfig: 'fast' } })
}
