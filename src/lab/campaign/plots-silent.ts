import { deathOf, later, type Plot } from './plot.ts'
import { ownersIn, victimIn } from './victims.ts'
import { NODES, withMore } from './draft.ts'

/** Faults that leave a VIP without an answer, or that a healthy cluster gets over. */
export const SILENT_PLOTS = {
  'clean-failover': (draft, draw) => {
    const victim = victimIn(draft, draw)
    if (!victim) return null
    const verb = draw.one(['power-off', 'power-off', 'isolate', 'unplug'])
    return deathOf(draft, `${verb} ${victim.owner}`, draw)
  },
  // The incident: the others never let go of a dead node
  'dead-owner': (draft, draw) => {
    const victim = victimIn(draft, draw)
    if (!victim) return null
    const verb = draw.one(['power-off', 'power-off', 'isolate'])
    const stale = draw.chance(0.7) ? NODES : draw.some(NODES, draw.between(1, 3))
    const views = Object.fromEntries(
      victim.speakers
        .filter((name) => name !== victim.owner && stale.includes(name as (typeof NODES)[number]))
        .map((name) => [name, victim.speakers]),
    )
    return deathOf(withMore(draft, { cluster: { views } }), `${verb} ${victim.owner}`, draw)
  },
  'muted-speaker': (draft, draw) => {
    const victim = victimIn(draft, draw)
    const verb = draw.one(['mute', 'gag', 'deafen'])
    return victim && withMore(draft, { steps: [{ fault: `${verb} ${victim.owner}` }, ...later(draw)] })
  },
  // Nothing listens on its port, nothing answers, and the others have not noticed
  'dead-process': (draft, draw) => {
    const victim = victimIn(draft, draw)
    if (!victim) return null
    const views = Object.fromEntries(
      victim.speakers.filter((name) => name !== victim.owner).map((name) => [name, victim.speakers]),
    )
    const cluster = { views, nodes: { [victim.owner]: { memberlist: 'refused', metrics: 'refused' } } }
    return withMore(draft, { cluster, steps: [{ fault: `mute ${victim.owner}` }, { later: '10min' }] })
  },
  'no-configuration': (draft, draw) => {
    const victim = victimIn(draft, draw)
    return victim && withMore(draft, { cluster: { nodes: { [victim.owner]: { config: 'none' } } } })
  },
  'off-segment': (draft, draw) => {
    const victim = victimIn(draft, draw)
    return victim && withMore(draft, { hosts: { [victim.owner]: { address: '192.168.2.14' } } })
  },
  'broadcast-deaf': (draft, draw) => {
    const victim = victimIn(draft, draw)
    return (
      victim &&
      withMore(draft, { hosts: { [victim.owner]: { speaker: { deaf: 'broadcast' } } }, steps: later(draw) })
    )
  },
  'absent-interface': (draft, draw) =>
    ownersIn(draft).length > 0
      ? withMore(draft, { cluster: { l2: named('eno2', draft) }, steps: later(draw) })
      : null,
  'memberlist-off': (draft, draw) => {
    const nodes = Object.fromEntries(NODES.map((name) => [name, { pod: null }]))
    const open = withMore({ ...draft, from: 'client' }, { cluster: { memberlist: 'off', nodes } })
    const victim = victimIn(open, draw)
    return victim && deathOf(open, `power-off ${victim.owner}`, draw)
  },
  'deaf-vantage': (draft) => {
    if (ownersIn(draft).length === 0) return null
    const first = { run: ['arpcheck --iface eno1', ...draft.words].join(' ') }
    return { ...withMore(draft, { steps: [first, { fault: 'isolate client' }] }), from: 'client' }
  },
} as const satisfies Readonly<Record<string, Plot>>

function named(nic: string, { cluster }: Parameters<Plot>[0]): Record<string, object> {
  return Object.fromEntries(Object.keys(cluster['l2'] as object).map((name) => [name, { interfaces: [nic] }]))
}
