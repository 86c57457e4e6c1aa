import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outsideTempo, sharesOf, TEMPO } from '../../../src/core/watch/budget.ts'
import { loadsOf } from '../../../src/core/watch/loads.ts'
import { planOf, type Planned, type Target } from '../../../src/core/watch/plan.ts'
import {
  assign,
  assignOutside,
  watchedBy,
  type Assignment,
  type Daemon,
  type Place,
} from '../../../src/core/watch/vantages.ts'
import { ip } from '../../helpers/segment.ts'
import { hostOf, LAN, macOf, nodeOf, vipOf } from '../../helpers/watch-world.ts'

const GATEWAY = ip('10.0.0.1')
const DAEMONS = [0, 1, 2, 3].map((i): Daemon => ({ node: nodeOf(i), segments: [LAN] }))
const place = (i: number, ...answerers: number[]): Place => ({
  vip: vipOf(i),
  answerers: answerers.map(nodeOf),
  segments: [LAN],
})
/** Two VIPs of node 1, one of node 2, one that nobody should answer, one of two nodes. */
const PLACES = [place(0, 1), place(1, 1), place(2, 2), place(3), place(4, 1, 2)]

function planned({
  assignment = assign(DAEMONS, PLACES, 'all'),
  ...change
}: Partial<Planned> & { assignment?: Assignment } = {}): Planned {
  const { me = nodeOf(0), tempo = TEMPO } = change
  return {
    me,
    mine: watchedBy(me, assignment, PLACES),
    loads: loadsOf(assignment, PLACES, tempo),
    tempo,
    nodes: new Map([1, 2].map((i) => [nodeOf(i), { ip: hostOf(i), mac: macOf(i) }])),
    strangers: new Map(),
    canaries: [GATEWAY],
    passive: false,
    ...change,
  }
}

const { targets, shares } = planOf(planned())

for (const [title, address, expected] of [
  [
    'a VIP that shares its node with others',
    vipOf(0),
    {
      kind: 'vip',
      node: nodeOf(1),
      host: hostOf(1),
      isGuarded: true,
      mac: macOf(1),
      ports: [nodeOf(1)],
      unicastMs: 5000,
    },
  ],
  [
    'a VIP that is alone on its node',
    vipOf(2),
    { node: nodeOf(2), host: hostOf(2), isGuarded: false, mac: macOf(2) },
  ],
  [
    'a VIP that nobody should answer',
    vipOf(3),
    { node: null, host: null, isGuarded: false, mac: null, ports: [], unicastMs: null, sweepMs: 30_000 },
  ],
  [
    'a VIP that two should answer: both are charged, the first is asked alone',
    vipOf(4),
    { node: nodeOf(1), ports: [nodeOf(1), nodeOf(2)], mac: macOf(1) },
  ],
  [
    'a node',
    hostOf(1),
    { kind: 'node', node: nodeOf(1), host: null, isGuarded: false, unicastMs: null, sweepMs: 30_000 },
  ],
  [
    'the gateway',
    GATEWAY,
    { kind: 'canary', node: null, ports: [GATEWAY], unicastMs: null, sweepMs: 30_000 },
  ],
] as const satisfies readonly (readonly [string, unknown, Partial<Target>])[]) {
  test(`${title} → ${Object.keys(expected).join(', ')} as planned`, () => {
    const target = targets.get(address)!
    for (const [key, value] of Object.entries(expected))
      assert.deepEqual(target[key as keyof Target], value, key)
  })
}

test('a node comes before its VIPs, and only nodes of watched VIPs are asked', () => {
  const order = [...targets.keys()]
  assert.ok(order.indexOf(hostOf(1)) < order.indexOf(vipOf(0)))
  assert.ok(!targets.has(hostOf(3)))
})

test('what others watch is not asked for', () => {
  const mine = planOf(planned({ me: nodeOf(1) }))
  assert.deepEqual(
    [...mine.targets.keys()].filter((one) => one.startsWith('10.1.')),
    [vipOf(2), vipOf(3)],
  )
})

test('a stranger that answers is charged for it, from what no plan holds', () => {
  const plan = planOf(planned({ strangers: new Map([[vipOf(2), [nodeOf(3)]]]) }))
  assert.deepEqual(plan.targets.get(vipOf(2))!.ports, [nodeOf(2), nodeOf(3)])
  assert.equal(plan.shares.caused.has(nodeOf(3)), false)
  assert.equal(shares.unplanned, (TEMPO.perPort * 0.25) / 4)
})

test('a node whose address is on no segment of ours guards nothing, and its VIPs are asked all the same', () => {
  const plan = planOf(planned({ nodes: new Map() }))
  assert.equal(plan.targets.get(vipOf(0))!.isGuarded, false)
  assert.equal(plan.targets.has(hostOf(1)), false)
})

test('on a host that is no node every VIP is watched, with what the cluster leaves of a port: 4 frames a second', () => {
  const assignment = assignOutside({ node: 'laptop', segments: [LAN] }, PLACES)
  const tempo = outsideTempo(TEMPO)
  assert.ok([...assignment.values()].every(({ vantages }) => vantages.join() === 'laptop'))
  const { caused, sent } = sharesOf(loadsOf(assignment, PLACES, tempo), tempo, 'laptop')
  assert.deepEqual(
    [...caused.values(), sent].map((rate) => Math.round(rate * 1e6) / 1e6),
    [4, 4, 4],
  )
  assert.equal(planOf(planned({ me: 'laptop', assignment, tempo })).targets.get(vipOf(0))!.sweepMs, 30_000)
})

test('no question in between is configured → none is planned', () => {
  const plan = planOf(planned({ tempo: { ...TEMPO, unicastMs: null } }))
  assert.ok([...plan.targets.values()].every(({ unicastMs }) => unicastMs === null))
})
