import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Ip } from '../../../src/core/ip.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { nextReadMs, readersOf } from '../../../src/core/watch/readers.ts'
import { assign, type Assignment } from '../../../src/core/watch/vantages.ts'
import { LAN, nodeOf, vipOf } from '../../helpers/watch-world.ts'

/** The best three candidates of a VIP, the first of which answers. */
const bearingOf = (nodes: number) => (vip: Ip) => {
  const first = Number(vip.split('.').at(-1)) % nodes
  return [0, 1, 2].map((k) => nodeOf((first + k) % nodes))
}

function assigned(nodes: number, vips: number): Assignment {
  const daemons = Array.from({ length: nodes }, (_, i) => ({ node: nodeOf(i), segments: [LAN] }))
  const places = Array.from({ length: vips }, (_, i) => ({
    vip: vipOf(i),
    answerers: [bearingOf(nodes)(vipOf(i))[0]!],
    segments: [LAN],
  }))
  return assign(daemons, places, 2)
}

test('each speaker is read by two daemons at most, and only by those that watch a VIP on which it bears', () =>
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 20 }), fc.integer({ min: 1, max: 200 }), (nodes, vips) => {
      const assignment = assigned(nodes, vips)
      for (const [speaker, readers] of readersOf(assignment, bearingOf(nodes))) {
        assert.ok(readers.length >= 1 && readers.length <= 2)
        for (const reader of readers)
          assert.ok(
            [...assignment].some(
              ([vip, { vantages }]) => vantages.includes(reader) && bearingOf(nodes)(vip).includes(speaker),
            ),
          )
      }
    }),
    { numRuns: 50 },
  ))

test('a speaker that bears on no watched VIP is read by nobody', () =>
  assert.deepEqual([...readersOf(assigned(20, 1), bearingOf(20)).keys()].sort(), [
    'node-0',
    'node-1',
    'node-2',
  ]))

test('between two readings of one speaker lie 10 to 12 s', () => {
  const random = seededRandom(3)
  const gaps = Array.from({ length: 200 }, () => nextReadMs(0, random))
  assert.ok(Math.min(...gaps) >= 10_000 && Math.max(...gaps) <= 12_000)
  assert.ok(new Set(gaps).size > 150)
})
