import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../../src/core/random.ts'
import { frameAtMs, hasFrame, newBucket, refund, rerated, spend } from '../../../src/core/watch/bucket.ts'
import { sharesOf, stretchOf, TEMPO, type Tempo } from '../../../src/core/watch/budget.ts'
import { loadsOf } from '../../../src/core/watch/loads.ts'
import { assign, type Daemon, type Place } from '../../../src/core/watch/vantages.ts'
import { LAN, mostWithin, nodeOf, vipOf } from '../../helpers/watch-world.ts'

const random = (seed = 1) => seededRandom(seed)

test('in any second a bucket gives at most one frame more than its rate, however it is asked', () =>
  fc.assert(
    fc.property(
      fc.double({ min: 0.1, max: 20, noNaN: true }),
      fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }),
      (perSecond, gaps) => {
        let [nowMs, bucket] = [0, newBucket(perSecond, 0, random())]
        const sent: number[] = []
        for (const gap of gaps) {
          nowMs += gap
          if (!hasFrame(bucket, nowMs)) continue
          bucket = spend(bucket, nowMs)
          sent.push(nowMs)
        }
        assert.ok(mostWithin(sent, 1000) <= 1 + perSecond + 1e-6)
      },
    ),
  ))

test('a bucket says when its next frame may leave, to the millisecond', () => {
  const spent = spend({ perSecond: 4, tokens: 1, atMs: 0 }, 0)
  assert.equal(frameAtMs(spent, 0), 250)
  assert.ok(!hasFrame(spent, 249) && hasFrame(spent, 250))
  assert.equal(frameAtMs(spent, 9000), 9000)
})

test('a bucket without a rate never gives a frame', () =>
  assert.equal(frameAtMs({ perSecond: 0, tokens: 0, atMs: 0 }, 5), Infinity))

test('what was refunded can be spent at once, but no more than one frame is ever saved up', () => {
  const spent = spend({ perSecond: 0.1, tokens: 1, atMs: 0 }, 0)
  assert.ok(hasFrame(refund(spent, 10), 10))
  assert.ok(!hasFrame(spend(refund(refund(spent, 10), 10), 10), 10))
})

test('another rate takes nothing back and gives nothing', () => {
  const half = rerated({ perSecond: 1, tokens: 0, atMs: 0 }, 10, 500)
  assert.deepEqual(half, { perSecond: 10, tokens: 0.5, atMs: 500 })
})

/** Nodes, VIPs, which node's number answers for which VIP's, how many watch. */
function settled(nodes: number, vips: number, owner: (vip: number) => number, count: number | 'all') {
  const daemons = Array.from({ length: nodes }, (_, i): Daemon => ({ node: nodeOf(i), segments: [LAN] }))
  const places = Array.from({ length: vips }, (_, i): Place => ({
    vip: vipOf(i),
    answerers: [nodeOf(owner(i))],
    segments: [LAN],
  }))
  return { daemons, places, assignment: assign(daemons, places, count) }
}

for (const [nodes, vips, owner, count, sweepS, unicast] of [
  [4, 5, 'spread', 2, 30, '5 s'],
  [20, 100, 'spread', 2, 30, '12 s'],
  [4, 100, 'spread', 2, 30, 'none'],
  [20, 100, 'one', 2, 56, 'none'],
  [20, 100, 'spread', 'all', 59, 'none'],
  [50, 1000, 'spread', 2, 41, 'none'],
] as const) {
  test(`${nodes} nodes, ${vips} VIPs on ${owner === 'one' ? 'one of them' : 'all of them'}, ${count} vantages each: the slowest sweep every ${sweepS} s, the slowest question in between: ${unicast}`, () => {
    const { places, assignment } = settled(nodes, vips, (i) => (owner === 'one' ? 0 : i % nodes), count)
    const loads = loadsOf(assignment, places, TEMPO)
    const all = places.flatMap(({ vip, answerers }) =>
      assignment.get(vip)!.vantages.map((node) => stretchOf(loads, TEMPO, [node, ...answerers])),
    )
    const sweepMs = TEMPO.sweepMs * Math.max(...all.map(({ sweep }) => sweep))
    const unicastMs = TEMPO.unicastMs! * Math.max(...all.map((stretch) => stretch.unicast))
    assert.equal(Math.round(sweepMs / 1000), sweepS)
    assert.equal(unicastMs < sweepMs ? `${Math.round(unicastMs / 1000)} s` : 'none', unicast)
  })
}

const anyTempo: fc.Arbitrary<Tempo> = fc.record({
  sweepMs: fc.integer({ min: 5000, max: 120_000 }),
  unicastMs: fc.option(fc.integer({ min: 1000, max: 10_000 })),
  perPort: fc.integer({ min: 1, max: 20 }),
})

test('the shares of all daemons in one port come to its budget and no more', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom<(number | 'all')[]>(1, 2, 3, 'all'),
      fc.array(fc.nat(11), { minLength: 60, maxLength: 60 }),
      anyTempo,
      (nodes, vips, count, owners, tempo) => {
        const { daemons, places, assignment } = settled(nodes, vips, (i) => owners[i]! % nodes, count)
        const loads = loadsOf(assignment, places, tempo)
        const shares = new Map(daemons.map(({ node }) => [node, sharesOf(loads, tempo, node)]))
        for (const [port] of loads.ports) {
          const caused = [...shares.values()].map((share) => share.caused.get(port) ?? 0)
          const sum = caused.reduce((a, b) => a + b, shares.get(port)!.sent)
          assert.ok(Math.abs(sum - tempo.perPort) < 1e-6, `${port}: ${sum}`)
        }
      },
    ),
    { numRuns: 100 },
  ))

test('at the effective intervals no port carries more than half of its budget', () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 12 }),
      fc.integer({ min: 1, max: 200 }),
      fc.constantFrom<(number | 'all')[]>(2, 'all'),
      anyTempo,
      (nodes, vips, count, tempo) => {
        const { places, assignment } = settled(nodes, vips, (i) => (i * i) % nodes, count)
        const { ports } = loadsOf(assignment, places, tempo)
        for (const [port, { sent, caused }] of ports) {
          const { sweep, unicast } = stretchOf(loadsOf(assignment, places, tempo), tempo, [port])
          const load = (sent.sweep + caused.sweep) / sweep + (sent.unicast + caused.unicast) / unicast
          assert.ok(load <= tempo.perPort / 2 + 1e-9, `${port}: ${load}`)
        }
      },
    ),
    { numRuns: 60 },
  ))
