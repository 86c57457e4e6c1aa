import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { BROADCAST_MAC } from '../src/core/mac.ts'
import { DaemonWorld } from './helpers/daemon.ts'
import { BOARD, NUC_MACS, NUCS, nucViews, VIPS } from './helpers/nucs.ts'
import { answers, ip, mac } from './helpers/segment.ts'

// Each change that is made sure of by three broadcasts, 200 ms apart where the budget allows: the whole daemon, and its frames.

const TRAEFIK = VIPS['ingress/traefik'][0]
const OTHERS = NUCS.filter((name) => name !== 'nuc-4')

async function started(t: TestContext): Promise<DaemonWorld> {
  const world = new DaemonWorld()
  world.start({ confirmIntervalMs: 5000, intervalMs: 60_000, budgetPerSecond: 200 })
  t.after(() => world.end())
  await world.run(70)
  return world
}

/** How often three broadcasts for the VIP left within a second. */
function bursts(world: DaemonWorld, sinceMs: number): number {
  const sent = world.sent.filter(
    ({ tpa, ethDst, atMs }) => tpa === TRAEFIK && ethDst === BROADCAST_MAC && atMs >= sinceMs,
  )
  return sent.filter(({ atMs }, i) => (sent[i + 2]?.atMs ?? Infinity) - atMs < 1000).length
}

function announces(world: DaemonWorld, hardware: string): void {
  world.announce(ip(TRAEFIK), mac(hardware))
}

for (const [title, change, seconds] of [
  ['nothing happens', () => {}, 12],
  ['its reply is missed', (world) => world.lose('nuc-4'), 12],
  ['a gratuitous ARP of the right node', (world) => announces(world, NUC_MACS['nuc-4']), 2],
  ['a MAC of nobody replies', (world) => world.responders.push(answers(TRAEFIK, BOARD)), 12],
  ['the speakers elect another', (world) => (world.views = nucViews(OTHERS, OTHERS)), 25],
  ['one speaker elects another, which does not count', (world) => (world.views = oneOf(world)), 25],
] as const satisfies readonly (readonly [string, (world: DaemonWorld) => unknown, number])[]) {
  const expected = title === 'nothing happens' ? 'no burst' : 'three broadcasts at once'
  test(`${title} → ${expected}`, async (t) => {
    const world = await started(t)
    const sinceMs = world.clock.monotonicMs()
    change(world)
    await world.run(seconds)
    assert.equal(bursts(world, sinceMs) > 0, expected !== 'no burst')
  })
}

/** nuc-2 counts nuc-4 no more, and elects another than itself for traefik. */
function oneOf({ views }: DaemonWorld): DaemonWorld['views'] {
  const without = nucViews(['nuc-2'], OTHERS).readings
  return {
    ...views,
    readings: views.readings.map(
      (one) =>
        without.find(({ speaker }) => speaker.name === one.speaker.name && speaker.name === 'nuc-2') ?? one,
    ),
  }
}
