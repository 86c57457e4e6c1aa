import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { NicRecord } from '../../../src/core/cluster.ts'
import { ipv4Of, parsePrefix, type Ip } from '../../../src/core/ip.ts'
import {
  assign,
  daemonsOf,
  segmentsHolding,
  type Daemon,
  type Place,
} from '../../../src/core/watch/vantages.ts'
import { firstRanked, ranked, weightOf } from '../../../src/core/watch/rendezvous.ts'
import { ip, mac } from '../../helpers/segment.ts'

const LAN = parsePrefix('192.168.1.0/24')!
const OTHER = parsePrefix('10.9.0.0/16')!

const daemon = (node: string, ...segments: (typeof LAN)[]): Daemon => ({
  node,
  segments: segments.length > 0 ? segments : [LAN],
})
const place = (vip: Ip, answerers: string[] = [], segments = [LAN]): Place => ({ vip, answerers, segments })
const VIP = ip('192.168.1.60')
const NUCS = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'].map((node) => daemon(node))

/** VIPs of a /24 and more, each with one answerer. */
function crowd(nodes: number, vips: number): { daemons: Daemon[]; places: Place[] } {
  const daemons = Array.from({ length: nodes }, (_, i) => daemon(`node-${i}`))
  const places = Array.from({ length: vips }, (_, i) =>
    place(ipv4Of(0x0a_00_00_00 + i), [`node-${i % nodes}`], [LAN]),
  )
  return { daemons, places }
}

const vantagesOf = (daemons: readonly Daemon[], one: Place, count: number | 'all' = 2) =>
  assign(daemons, [one], count).get(one.vip)!

for (const [title, daemons, one, count, vantages, untestable] of [
  ['four nodes, one of them answers', NUCS, place(VIP, ['nuc-2']), 2, 2, null],
  ['all, one of them answers', NUCS, place(VIP, ['nuc-2']), 'all', 3, null],
  ['two nodes, one of them answers', NUCS.slice(0, 2), place(VIP, ['nuc-2']), 2, 1, null],
  ['nobody should answer', NUCS, place(VIP), 'all', 4, null],
  ['a cluster of one node', NUCS.slice(0, 1), place(VIP, ['nuc-1']), 2, 0, 'one-node'],
  ['every node may answer', NUCS, place(VIP, ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']), 2, 0, 'answerers-only'],
  ['a VIP on a segment of nobody', NUCS, place(VIP, [], [OTHER]), 2, 0, 'off-segment'],
  ['a VIP that lies nowhere', NUCS, place(VIP, [], []), 2, 0, 'off-segment'],
  ['one of two hears the segment', [...NUCS, daemon('edge', OTHER)], place(VIP, [], [OTHER]), 2, 1, null],
  ['no daemon lives', [], place(VIP, ['nuc-1']), 2, 0, 'off-segment'],
] as const) {
  test(`${title}, ${count} wanted → ${vantages} watch it${untestable ? `, ${untestable}` : ''}`, () => {
    const watch = vantagesOf(daemons, one, count)
    assert.equal(watch.vantages.length, vantages)
    assert.equal(watch.untestable, untestable)
    assert.ok(one.answerers.every((node) => !watch.vantages.includes(node)))
  })
}

test('a wider or narrower mask on one node is the same segment', () => {
  const wide = daemon('wide', parsePrefix('192.168.0.0/16')!)
  assert.deepEqual(vantagesOf([wide], place(VIP)).vantages, ['wide'])
})

test('the order of daemons and VIPs decides nothing', () => {
  const { daemons, places } = crowd(9, 40)
  const backwards = assign(daemons.toReversed(), places.toReversed(), 2)
  for (const [vip, watch] of assign(daemons, places, 2)) assert.deepEqual(backwards.get(vip), watch)
})

test('a daemon that comes or goes moves only what it wins or held: one seat each, at most its share', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 30 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      (size, count, pick) => {
        const { daemons, places } = crowd(size, 120)
        const gone = daemons[pick % size]!
        const [full, fewer] = [
          assign(daemons, places, count),
          assign(
            daemons.filter((one) => one !== gone),
            places,
            count,
          ),
        ]
        for (const [vip, { vantages }] of full) {
          const after = fewer.get(vip)!.vantages
          const held = vantages.includes(gone.node)
          const kept = vantages.filter((node) => node !== gone.node)
          assert.deepEqual(after.slice(0, kept.length), kept)
          assert.ok(after.length - kept.length <= (held ? 1 : 0))
        }
      },
    ),
    { numRuns: 60 },
  ))

test('an owner that changes moves one seat at most: the new owner leaves, the next in rank comes', () => {
  const { daemons, places } = crowd(12, 200)
  const before = assign(daemons, places, 2)
  const moved = places.map((one) => ({ ...one, answerers: ['node-5'] }))
  for (const [vip, { vantages }] of assign(daemons, moved, 2)) {
    const stayed = before.get(vip)!.vantages.filter((node) => vantages.includes(node))
    assert.ok(stayed.length >= 1 && !vantages.includes('node-5'), vip)
  }
})

const { daemons: FIFTY, places: THOUSAND } = crowd(50, 1000)
const SEATS = new Map<string, number>()
for (const { vantages } of assign(FIFTY, THOUSAND, 2).values())
  for (const node of vantages) SEATS.set(node, (SEATS.get(node) ?? 0) + 1)
const [LEAST, MOST] = [Math.min(...SEATS.values()), Math.max(...SEATS.values())]

test(`50 nodes and 1,000 VIPs: 40 seats a node in the mean, here from ${LEAST} to ${MOST}`, () => {
  assert.equal(SEATS.size, 50)
  assert.ok(LEAST >= 20 && MOST <= 64)
})

test('weights of names that differ in one letter are spread: all 32 bits turn in a third to two thirds of cases', () => {
  const turned = Array.from({ length: 32 }, () => 0)
  for (let i = 0; i < 500; i++) {
    const differ = weightOf(`node-${i}`, VIP) ^ weightOf(`node-${i + 1}`, VIP)
    for (let bit = 0; bit < 32; bit++) turned[bit]! += (differ >>> bit) & 1
  }
  assert.ok(turned.every((count) => count > 167 && count < 333))
})

test('a rank is the same in every release of ours: daemons of two releases share the work', () =>
  assert.deepEqual(ranked(['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'], VIP), RANKS))

const RANKS = ['nuc-2', 'nuc-4', 'nuc-3', 'nuc-1']

test('a daemon without a record of its NICs watches nothing, one that is down neither', () => {
  const records = [record('nuc-1', 'up'), record('nuc-2', 'down')]
  const found = daemonsOf(['nuc-1', 'nuc-2', 'nuc-3', 'nuc-1'], records)
  assert.deepEqual(found, [daemon('nuc-1'), { node: 'nuc-2', segments: [] }])
  assert.deepEqual(segmentsHolding(VIP, found), [LAN])
  assert.deepEqual(segmentsHolding(ip('10.9.1.1'), found), [])
})

function record(node: string, state: 'up' | 'down'): NicRecord {
  const nic = {
    name: 'eno1',
    mac: mac('1c:69:7a:aa:01:10'),
    addresses: [{ ip: ip('192.168.1.11'), bits: 24 }],
    state,
  }
  return { node, nics: [nic], changedAt: null }
}

test('the first few of an order are those of the whole order, sorted or not', () => {
  const nodes = fc.uniqueArray(fc.string(), { maxLength: 30 })
  fc.assert(
    fc.property(nodes, fc.string(), fc.integer({ min: 1, max: 5 }), (all, key, count) => {
      assert.deepEqual(firstRanked(all, key, count), ranked(all, key).slice(0, count))
    }),
  )
})
