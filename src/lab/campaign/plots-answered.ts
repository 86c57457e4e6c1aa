import { NODES, withMore, type Draft } from './draft.ts'
import type { Draw } from './draw.ts'
import { later, servicesIn, type Plot } from './plot.ts'
import { idleIn, speakersIn, victimIn, type Victim } from './victims.ts'

const BOARD = { board: { address: '192.168.1.87', mac: '24:6f:28:5e:10:9c' } }
/** Where nobody may answer, to tell a proxy from a squatter. */
const FREE = ['--must-be-free', '192.168.1.58', '--must-be-free', '192.168.1.59']

/** Faults that make somebody answer who should not. */
export const ANSWERED_PLOTS = {
  'split-views': (draft, draw) => {
    const speakers = speakersIn(draft)
    const left = draw.some(speakers, draw.between(1, speakers.length - 1))
    const right = speakers.filter((name) => !left.includes(name))
    const views = Object.fromEntries(speakers.map((name) => [name, left.includes(name) ? left : right]))
    return withMore(draft, { cluster: { views } })
  },
  // Each counts itself and whomever
  'odd-views': (draft, draw) => {
    const speakers = speakersIn(draft)
    const views = speakers.map((name) => [
      name,
      [...new Set([name, ...draw.some(speakers, draw.between(1, speakers.length))])],
    ])
    return withMore(draft, { cluster: { views: Object.fromEntries(views) } })
  },
  'wrong-key': (draft, draw) => {
    if (draft.cluster['memberlist'] !== 'sealed') return null
    return withMore(draft, {
      cluster: {
        nodes: { [draw.one(speakersIn(draft))]: { memberlist: draw.one(['wrong-key', 'no-key']) } },
      },
    })
  },
  'kernel-beside': onVictim((draft, draw, { vip, owner }) =>
    withMore(draft, {
      steps: draw
        .some(othersThan(draft, owner), draw.between(1, 3))
        .map((name) => ({ fault: `claim ${name} ${vip}` })),
    }),
  ),
  'kernel-alone': onVictim((draft, draw, { vip, owner }) => {
    const [other] = draw.some(othersThan(draft, owner), 1)
    return withMore(draft, {
      steps: [{ fault: `mute ${owner}` }, { fault: `claim ${other} ${vip}` }, ...later(draw)],
    })
  }),
  'own-kernel': onVictim((draft, _, { vip, owner }) =>
    withMore(draft, { steps: [{ fault: `claim ${owner} ${vip}` }] }),
  ),
  'foreign-beside': onVictim((draft, draw, { vip }) =>
    withMore(draft, { hosts: BOARD, steps: [{ fault: `claim board ${vip}` }, ...later(draw)] }),
  ),
  'foreign-alone': onVictim((draft, _, { vip, owner }) =>
    withMore(draft, { hosts: BOARD, steps: [{ fault: `mute ${owner}` }, { fault: `claim board ${vip}` }] }),
  ),
  'foreign-idle': onIdle((draft, _, vip) =>
    withMore(draft, { hosts: BOARD, steps: [{ fault: `claim board ${vip}` }] }),
  ),
  // The board may be a NIC of the node whose kernel hides what it has
  'foreign-hidden': onVictim((draft, draw, { vip }) =>
    withMore(draft, {
      hosts: { ...BOARD, [draw.one(NODES)]: { arpIgnore: 1 } },
      steps: [{ fault: `claim board ${vip}` }],
    }),
  ),
  // The NIC was replaced under a speaker that goes on with the old MAC
  'old-mac': onVictim((draft, _, { owner }) =>
    withMore(draft, { hosts: { [owner]: { speaker: { mac: '1c:69:7a:aa:99:0f' } } } }),
  ),
  // The API has another advertisement by now, and one speaker goes on with what it had
  'stale-configuration': onVictim((draft, draw, { owner }) => {
    const others = speakersIn(draft).filter((name) => name !== owner)
    const near = Object.fromEntries(draw.some(others, 1).map((name) => [name, { labels: { rack: 'near' } }]))
    const names = Object.keys(draft.cluster['l2'] as object)
    const l2 = Object.fromEntries(names.map((name) => [name, { nodes: { rack: 'near' } }]))
    const edit = { cluster: { l2, nodes: { [owner]: { config: 'stale' } } } }
    return withMore(draft, { cluster: { nodes: near }, steps: [edit, { later: '10min' }] })
  }),
  proxy: onVictim((draft, draw) =>
    withMore(draft, {
      hosts: {
        board: { ...BOARD.board, proxies: ['192.168.1.56/29', '192.168.1.64/28', '192.168.1.80/28'] },
      },
      words: draw.chance(0.7) ? FREE : [],
    }),
  ),
  'wrong-node-beside': onVictim((draft, draw, { vip, owner, speakers }) => {
    const others = speakers.filter((name) => name !== owner && name !== draft.from)
    return others.length > 0
      ? withMore(draft, { steps: [{ fault: `announce ${draw.one(others)} ${vip}` }, ...later(draw)] })
      : null
  }),
  'wrong-node-alone': onVictim((draft, draw, { vip, owner, speakers }) => {
    const others = speakers.filter((name) => name !== owner && name !== draft.from)
    if (others.length === 0) return null
    return withMore(draft, {
      steps: [{ fault: `mute ${owner}` }, { fault: `announce ${draw.one(others)} ${vip}` }, ...later(draw)],
    })
  }),
  unexpected: onIdle((draft, draw, vip) => {
    const others = speakersIn(draft).filter((name) => name !== draft.from)
    return withMore(draft, {
      steps: [{ fault: `${draw.one(['announce', 'claim'])} ${draw.one(others)} ${vip}` }],
    })
  }),
} as const satisfies Readonly<Record<string, Plot>>

function onVictim(plot: (draft: Draft, draw: Draw, victim: Victim) => Draft | null): Plot {
  return (draft, draw) => {
    const victim = victimIn(draft, draw)
    return victim && plot(draft, draw, victim)
  }
}

/** A VIP that nobody should answer: one Service has lost its pods. */
function onIdle(plot: (draft: Draft, draw: Draw, vip: string) => Draft): Plot {
  return (draft, draw) => {
    const services = { [draw.one(servicesIn(draft))]: { endpoints: [] } }
    const idle = withMore(draft, { cluster: { services } })
    const vips = idleIn(idle)
    return vips.length > 0 ? plot(idle, draw, draw.one(vips)) : null
  }
}

function othersThan({ from }: Draft, owner: string): string[] {
  return NODES.filter((name) => name !== owner && name !== from)
}
