import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { SpeakerMetrics } from '../src/core/claims.ts'
import type { DaemonConfig } from '../src/core/watch/config.ts'
import { DaemonWorld, nicRecords } from './helpers/daemon.ts'
import { node } from './helpers/cluster.ts'
import { mostWithin } from './helpers/watch-world.ts'
import { BOARD, NUC_MACS, NUCS, nucViews, VIPS } from './helpers/nucs.ts'
import { answers, ip } from './helpers/segment.ts'

// What a daemon asks beside its plan: on need, seldom, and no faster than its budget. What comes of it: daemon-same.test.ts.

const TRAEFIK = VIPS['ingress/traefik'][0]
const LIVE = ['nuc-1', 'nuc-2', 'nuc-3'] as const
const FREE = [ip('192.168.1.70'), ip('192.168.1.71')]
const NOTHING: SpeakerMetrics = { announced: [], counters: new Map(), configLoaded: true, configStale: false }

function started(
  t: TestContext,
  change: (world: DaemonWorld) => void = () => {},
  config: Partial<DaemonConfig> = {},
): DaemonWorld {
  const world = new DaemonWorld()
  world.claims = () => ({ kind: 'metrics', metrics: NOTHING })
  world.echo = () => 'silent'
  change(world)
  world.start(config)
  t.after(async () => {
    await world.end()
    assert.deepEqual(
      world.lines.filter(({ message }) => message === 'a mistake of ours'),
      [],
    )
  })
  return world
}

const withoutNuc4 = (world: DaemonWorld): void => {
  world.cluster = { ...world.cluster, nicRecords: nicRecords(['nuc-1', 'nuc-2', 'nuc-3']) }
}

/** Frames that no plan holds: to the stranger, or for an address on another NIC. */
function beside({ sent }: DaemonWorld) {
  return sent.filter(({ ethDst, tpa }) => ethDst === BOARD || tpa.startsWith('10.42.') || FREE.includes(tpa))
}

test('all is well, a record is missing → in ten minutes nothing is asked beside the plan', async (t) => {
  const world = started(t, withoutNuc4)
  await world.run(600)
  assert.deepEqual([beside(world), world.scraped, world.echoed], [[], [], []])
})

test('a stranger answers for 40 minutes → unknown for seconds, then foreign all the time; asked whose it is once', async (t) => {
  const world = started(t, withoutNuc4)
  await world.run(60)
  world.responders.push(answers(TRAEFIK, BOARD))
  await world.run(45)
  assert.deepEqual(world.verdicts.get(TRAEFIK), [null, 'ok', 'unknown', 'foreign'])
  const questions = beside(world).length
  assert.ok(questions > 0 && questions <= 9, `${questions} questions`)
  await world.run(2400)
  assert.equal(world.verdicts.get(TRAEFIK)!.length, 4, String(world.verdicts.get(TRAEFIK)))
  assert.equal(beside(world).length, questions)
  await world.run(1300)
  assert.equal(beside(world).length, 2 * questions, 'once more after an hour')
  assert.equal(world.verdicts.get(TRAEFIK)!.length, 4)
})

test('a node without a record joins → the stranger may be one of its NICs, until it was asked that too', async (t) => {
  const world = started(t, withoutNuc4)
  await world.run(60)
  world.responders.push(answers(TRAEFIK, BOARD))
  await world.run(60)
  world.cluster = {
    ...world.cluster,
    nodes: [...world.cluster.nodes, node('nuc-5', { internalIps: [ip('192.168.1.15')] })],
  }
  world.onClusterChange()
  await world.run(60)
  assert.deepEqual(world.verdicts.get(TRAEFIK), [null, 'ok', 'unknown', 'foreign', 'unknown', 'foreign'])
})

test('frames were lost while it was asked → no conclusion from that; it is asked again', async (t) => {
  const world = started(t, withoutNuc4)
  await world.run(60)
  world.responders.push(answers(TRAEFIK, BOARD))
  world.drops = () => beside(world).length
  await world.run(60)
  assert.equal(world.vip(TRAEFIK).row?.verdict, 'unknown')
  const dropped = world.drops()
  world.drops = () => dropped
  await world.run(60)
  assert.equal(world.vip(TRAEFIK).row?.verdict, 'foreign')
})

test('40 nodes have no record → each is asked, and no second holds more frames than the budget', async (t) => {
  const world = started(t, (one) => {
    const more = Array.from({ length: 40 }, (_, i) =>
      node(`n-${i}`, { internalIps: [ip(`192.168.1.${100 + i}`)] }),
    )
    one.cluster = { ...one.cluster, nodes: [...one.cluster.nodes, ...more] }
  })
  await world.run(60)
  world.responders.push(answers(TRAEFIK, BOARD))
  await world.run(240)
  assert.equal(world.vip(TRAEFIK).row?.verdict, 'foreign')
  const moments = world.sent.map(({ atMs }) => atMs)
  const most = mostWithin(moments, 1000)
  assert.ok(most <= 11, `${most} frames in a second`)
})

test('addresses that must be free → asked three times each, once in ten intervals, and the canary is up', async (t) => {
  const world = started(t, () => {}, { mustBeFree: FREE })
  await world.run(1000)
  assert.equal(beside(world).length, 4 * 2 * 3)
  const [one] = world.watch.state().interfaces.values()
  assert.equal(one!.canaries.mustBeFree, true)
})

test('a router begins to answer for everything → the canary is down and the VIP foreign within a minute', async (t) => {
  const world = started(t, () => {}, { mustBeFree: FREE })
  await world.run(100)
  for (const one of [TRAEFIK, ...FREE]) world.responders.push(answers(one, '74:ac:b9:00:00:02'))
  await world.run(60)
  const [one] = world.watch.state().interfaces.values()
  assert.equal(one!.canaries.mustBeFree, false)
  assert.deepEqual(
    world.vip(TRAEFIK).row!.findings.map(({ code }) => code),
    ['ARP401', 'ARP402'],
  )
})

test('nobody is heard at all → that nobody answers for a free address is no proof', async (t) => {
  const world = started(t, (one) => (one.responders = []), { mustBeFree: FREE })
  await world.run(100)
  const [one] = world.watch.state().interfaces.values()
  assert.equal(one!.canaries.mustBeFree, null)
})

test('an address that must be free becomes a VIP → it is asked for as such alone', async (t) => {
  const world = started(t, () => {}, { mustBeFree: [ip(TRAEFIK)] })
  await world.run(100)
  assert.deepEqual([world.vip(TRAEFIK).row?.verdict, world.watch.report().findings], ['ok', []])
})

test('a VIP falls silent, and comes back → speakers asked at most once in 30 s, nodes once in 60 s, then neither', async (t) => {
  const world = started(t)
  await world.run(60)
  const before = world.responders
  world.lose('nuc-4')
  await world.run(300)
  const gaps = world.scraped.slice(1).map((ms, i) => ms - world.scraped[i]!)
  assert.ok(world.scraped.length >= 8 && Math.min(...gaps) >= 30_000, gaps.join())
  const asked = world.echoed.filter((one) => one.ip === '192.168.1.14').map(({ atMs }) => atMs)
  const pauses = asked.slice(1).map((ms, i) => ms - asked[i]!)
  assert.ok(asked.length >= 4 && Math.min(...pauses) >= 60_000, pauses.join())
  world.responders = before
  await world.run(60)
  const counts = [world.scraped.length, world.echoed.length]
  await world.run(300)
  assert.deepEqual(
    [world.vip(TRAEFIK).row?.verdict, world.scraped.length, world.echoed.length],
    ['ok', ...counts],
  )
})

test('a speaker spoke, and its node dies later → what it said then keeps nobody alive', async (t) => {
  const world = started(t)
  await world.run(60)
  world.lose('nuc-4')
  world.views = nucViews(LIVE, NUCS)
  await world.run(120)
  const codes = (): string[] => world.vip(TRAEFIK).row!.findings.map(({ code }) => code)
  assert.deepEqual(codes(), ['ARP103'])
  world.claims = (name) => (name === 'nuc-4' ? { kind: 'no-route' } : { kind: 'metrics', metrics: NOTHING })
  await world.run(70)
  assert.deepEqual(codes(), ['ARP102'])
})

test('only listening → nothing is asked, scraped or sent', async (t) => {
  const world = started(t, withoutNuc4, { passive: true, mustBeFree: FREE })
  world.responders.push(answers(TRAEFIK, BOARD), answers(TRAEFIK, NUC_MACS['nuc-4']))
  await world.run(120)
  assert.deepEqual([world.sent, world.scraped, world.echoed], [[], [], []])
})

test('ICMP echo is not allowed, claims are not to be read → judged without', async (t) => {
  const world = started(t, (one) => {
    one.claims = null
    one.echo = null
  })
  await world.run(60)
  world.lose('nuc-4')
  await world.run(120)
  assert.equal(world.vip(TRAEFIK).row?.verdict, 'silent')
})
