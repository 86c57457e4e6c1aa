import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MacMap } from '../../../src/core/macs.ts'
import { macsTold, toAskFor, toldAfter, type AllTold } from '../../../src/core/watch/told.ts'
import { node } from '../../helpers/cluster.ts'
import { nicRecords } from '../../helpers/daemon.ts'
import { calmCluster } from '../../helpers/nucs.ts'
import { ip, mac } from '../../helpers/segment.ts'
import { answer, macNumber } from '../../helpers/watched.ts'

const HOUR = 3_600_000
const [BOARD, SECOND] = [mac('24:6f:28:5e:10:9c'), mac('1c:69:7a:aa:04:20')]
const cluster = { ...calmCluster(), nicRecords: nicRecords(['nuc-1', 'nuc-2', 'nuc-3']) }
const FOUND: MacMap = { nodeOf: new Map([[SECOND, 'nuc-4']]), foreign: new Set([BOARD]) }
const told = toldAfter(new Map(), [BOARD, SECOND], FOUND, cluster, 0)
const shown = (all: AllTold, of = cluster, nowMs = 0): unknown[] => {
  const { nodeOf, foreign } = macsTold(all, of, nowMs)
  return [[...nodeOf], [...foreign]]
}

test('what was found out holds, and for three hours', () => {
  assert.deepEqual(shown(told, cluster, 3 * HOUR - 1), [[[SECOND, 'nuc-4']], [BOARD]])
  assert.deepEqual(shown(told, cluster, 3 * HOUR), [[], []])
})

for (const [what, change] of [
  ['a node without a record came', { nodes: [...cluster.nodes, node('nuc-5')] }],
  ['a record went', { nicRecords: nicRecords(['nuc-1', 'nuc-2']) }],
  [
    'the node without a record has another address',
    {
      nodes: cluster.nodes.map((one) =>
        one.name === 'nuc-4' ? { ...one, internalIps: [ip('192.168.1.24')] } : one,
      ),
    },
  ],
] as const)
  test(`${what} → a foreign MAC may be its`, () =>
    assert.deepEqual(shown(told, { ...cluster, ...change })[1], []))

test('a node with a record comes, the last record comes → foreign still', () => {
  const grown = { ...cluster, nodes: [...cluster.nodes, node('nuc-5')] }
  const records = [...nicRecords(), { ...nicRecords()[0]!, node: 'nuc-5' }]
  assert.deepEqual(shown(told, { ...grown, nicRecords: records })[1], [BOARD])
})

test('its node goes → its NIC is nobody’s that is known', () => {
  const nodes = cluster.nodes.filter(({ name }) => name !== 'nuc-4')
  assert.deepEqual(shown(told, { ...cluster, nodes })[0], [])
})

test('the nodes cannot be read → nothing is foreign', () =>
  assert.deepEqual(shown(told, { ...cluster, nodes: [] }), [[], []]))

test('asked again, and open this time → forgotten', () => {
  const none: MacMap = { nodeOf: new Map(), foreign: new Set() }
  assert.deepEqual(shown(toldAfter(told, [BOARD], none, cluster, 1)), [[[SECOND, 'nuc-4']], []])
})

test('a flood of strangers → the last 64 are remembered', () => {
  const macs = Array.from({ length: 100 }, (_, i) => macNumber(i))
  const all = toldAfter(new Map(), macs, { nodeOf: new Map(), foreign: new Set(macs) }, cluster, 0)
  assert.deepEqual([all.size, all.has(macNumber(99)), all.has(macNumber(0))], [64, true, false])
})

test('asked for: who is open, and in an hour who was told; never who is foreign by records', () => {
  const answers = [
    answer(BOARD, null, 'foreign'),
    answer(SECOND, 'nuc-4', 'elected'),
    answer(macNumber(7), null, 'other'),
    answer(macNumber(8), null, 'foreign'),
    answer(macNumber(2), 'nuc-2', 'elected'),
  ]
  assert.deepEqual(toAskFor(answers, told, HOUR - 1), [macNumber(7)])
  assert.deepEqual(toAskFor(answers, told, HOUR), [macNumber(7), SECOND, BOARD])
})
