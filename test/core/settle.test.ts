import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClusterCase, Judgement } from '../../src/core/case.ts'
import { judge } from '../../src/core/judge.ts'
import { motionsOf, type Surroundings } from '../../src/core/motions.ts'
import { isDeviation, remainingMs, settled } from '../../src/core/settle.ts'
import type { Member, MemberState } from '../../src/core/views.ts'
import { caseWith, DEAD_OWNER, nodesWith, somebody } from '../helpers/cases.ts'
import { NOW } from '../helpers/cluster.ts'
import { ip } from '../helpers/segment.ts'

const MINUTE = 60_000
const motion = (ageMs: number) => ({ what: 'something', ageMs })

for (const [title, motions, leftMs, expected] of [
  ['nothing has changed that could explain it', [], null, 0],
  ['the last change is older than the hold-down', [motion(34_000)], null, 0],
  ['a change is ten seconds old', [motion(10_000)], null, 24_000],
  ['the youngest of several changes counts', [motion(90_000), motion(4000), motion(20_000)], null, 30_000],
  ['nothing dates a change', [motion(0)], null, 34_000],
  ['nothing dates a change, and we have looked for 30 s', [motion(0)], 4000, 4000],
  ['changes go on and on, and the hold-down has ended', [motion(0)], 0, 0],
] as const) {
  test(`${title} → ${expected / 1000} s remain`, () => {
    const held = leftMs === null ? null : { leftMs, moved: false }
    assert.equal(remainingMs({ holdDownMs: 34_000, motions, held }), expected)
  })
}

const of = (verdict: Judgement['verdict']): Judgement => ({ verdict, reason: null, findings: [] })

for (const [verdict, expected] of [
  ['silent', true],
  ['mismatch', true],
  ['duplicate', true],
  ['unexpected', true],
  ['settling', true],
  ['foreign', false],
  ['ok', false],
  ['idle', false],
  ['self', false],
  ['unknown', false],
] as const) {
  test(`${verdict} ${expected ? 'may' : 'cannot'} be part of a fail-over`, () => {
    assert.equal(isDeviation(of(verdict)), expected)
  })
}

function member(name: string, state: MemberState = 'alive'): Member {
  return { name, address: ip(`192.168.1.1${name.at(-1)}`), port: 7946, state, incarnation: 1 }
}
const view = (...members: Member[]) => ({ kind: 'view', members, keyIndex: null, unproven: false }) as const
const ALL = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'].map((name) => member(name))

function clusterCase(...parts: Parameters<typeof caseWith>): ClusterCase {
  return caseWith(...parts) as ClusterCase
}

function around(item: ClusterCase, change: Partial<Surroundings> = {}): Surroundings {
  const nodes = [...item.nodes.values()]
  return { takenAt: NOW, changes: [], nodes, gossipToTheDeadMs: 30_000, moved: false, ...change }
}

const nuc1 = somebody(['nuc-1'])
const DOWN = { status: 'Unknown', since: NOW - 6 * MINUTE } as const
const DEAD = { address: 'silent', ready: DOWN } as const

const MOTIONS: readonly (readonly [string, ClusterCase, Partial<Surroundings>, string[]])[] = [
  ['all is as it was for an hour', clusterCase(nuc1), {}, []],
  [
    'a change has a stamp',
    clusterCase(nuc1),
    { changes: [{ what: 'the Service changed', at: NOW - 3000 }] },
    ['the Service changed 3000'],
  ],
  [
    'an object has no stamp',
    clusterCase(nuc1),
    { changes: [{ what: 'the pool changed', at: null }] },
    ['the pool changed 0'],
  ],
  [
    'who should answer changed between two looks',
    clusterCase(nuc1),
    { moved: true },
    ['who should answer changed while we looked 0'],
  ],
  [
    'a node does not answer, and the API takes it for alive',
    clusterCase(nuc1, { nodes: nodesWith({ 'nuc-4': { address: 'silent' } }) }),
    {},
    ['nuc-4 does not answer any more, and is not NotReady yet 0'],
  ],
  [
    'a node does not answer, and nobody knows whether it is Ready',
    clusterCase(nuc1, { nodes: nodesWith({ 'nuc-4': { address: 'silent', ready: null } }) }),
    {},
    ['nuc-4 does not answer any more, and is not NotReady yet 0'],
  ],
  [
    'a node is dead, and NotReady: that has its stamp among the changes',
    clusterCase(DEAD_OWNER, { nodes: nodesWith({ 'nuc-4': DEAD }) }),
    {},
    [],
  ],
  [
    'the elected speaker does not show its view, and its node lives',
    clusterCase(somebody([], { possible: ['nuc-2'] }), {
      nodes: nodesWith({ 'nuc-2': { reading: { kind: 'refused' } } }),
    }),
    {},
    ['the speaker on nuc-2 does not show whom it counts 0'],
  ],
  [
    'the elected speaker has no Ready pod: that has its stamp',
    clusterCase(somebody([], { possible: ['nuc-2'] }), {
      nodes: nodesWith({
        'nuc-2': {
          reading: { kind: 'refused' },
          pods: [{ ...nodesWith().get('nuc-2')!.pods[0]!, ready: { status: 'False', since: NOW - MINUTE } }],
        },
      }),
    }),
    {},
    [],
  ],
  [
    'no view was read',
    clusterCase(somebody(['nuc-1'], { membership: 'inferred' })),
    {},
    ['no speaker shows whom it counts 0'],
  ],
  [
    'no view was read, and an elected node is dead: its Node dates that',
    clusterCase(somebody([], { membership: 'inferred', possible: ['nuc-1', 'nuc-4'] }), {
      nodes: nodesWith({ 'nuc-4': DEAD }),
    }),
    {},
    [],
  ],
  [
    'a view suspects a member',
    clusterCase(nuc1, {
      nodes: nodesWith({ 'nuc-1': { reading: view(...ALL.slice(0, 3), member('nuc-4', 'suspect')) } }),
    }),
    {},
    ['nuc-4 is suspect in a member list 0'],
  ],
  [
    'a member is dead in a view, a moment ago or half a minute',
    clusterCase(nuc1, {
      nodes: nodesWith({ 'nuc-1': { reading: view(...ALL.slice(0, 3), member('nuc-4', 'dead')) } }),
    }),
    {},
    ['nuc-4 is dead in a member list 0'],
  ],
  [
    'one view lacks a member that another has: it was dropped as long ago as memberlist keeps the dead',
    clusterCase(nuc1, {
      nodes: nodesWith({
        'nuc-1': { reading: view(...ALL.slice(0, 3)) },
        'nuc-2': { reading: view(...ALL) },
      }),
    }),
    {},
    ['some member lists have dropped nuc-4 30000'],
  ],
  [
    'the pod of a dead node is deleted: no election looks at it',
    clusterCase(DEAD_OWNER, { nodes: nodesWith({ 'nuc-4': DEAD }) }),
    { changes: [{ what: 'the speaker pod on nuc-4 is being deleted', at: NOW, pod: 'nuc-4' }] },
    [],
  ],
  [
    'the pod of a live node is deleted',
    clusterCase(nuc1),
    { changes: [{ what: 'the speaker pod on nuc-4 is being deleted', at: NOW - 1000, pod: 'nuc-4' }] },
    ['the speaker pod on nuc-4 is being deleted 1000'],
  ],
]
for (const [title, item, change, expected] of MOTIONS) {
  test(`${title} → ${expected.join(', ') || 'nothing in motion'}`, () => {
    const found = motionsOf(item, around(item, change))
    assert.deepEqual(
      found.map(({ what, ageMs }) => `${what} ${ageMs}`),
      expected,
    )
  })
}

test('a fault within its hold-down → settling, with what was seen, what may explain it, and how long', () => {
  const item = clusterCase(nuc1)
  const hold = { holdDownMs: 34_000, motions: [{ what: 'nuc-4 is NotReady', ageMs: 10_000 }], held: null }
  const { verdict, findings } = settled(item, judge(item), hold)
  assert.equal(verdict, 'settling')
  assert.deepEqual(findings[0], {
    code: 'ARP902',
    severity: 'info',
    message: '192.168.1.60 is not answered, which a change may explain for 24 s more',
    why: ['nuc-4 is NotReady (10 s ago)'],
    next: ['arpcheck 192.168.1.60   (again, in half a minute)'],
  })
})

test('a fault whose hold-down is over → stays a fault', () => {
  const item = clusterCase(nuc1)
  const hold = { holdDownMs: 34_000, motions: [motion(40_000)], held: null }
  assert.equal(settled(item, judge(item), hold).verdict, 'silent')
})

test('what is no fault → stays as it is, however much is in motion', () => {
  const item = clusterCase(nuc1, { hears: false })
  const hold = { holdDownMs: 34_000, motions: [motion(0)], held: null }
  assert.equal(settled(item, judge(item), hold).verdict, 'unknown')
})
