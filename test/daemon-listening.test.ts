import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { DaemonConfig } from '../src/core/watch/config.ts'
import { DaemonWorld } from './helpers/daemon.ts'
import { BOARD, NUC_MACS, NUCS, nucViews, VIPS } from './helpers/nucs.ts'
import { ip, mac } from './helpers/segment.ts'

// What a daemon makes of what it only hears: with --passive, and on the node that should answer itself.

const TRAEFIK = VIPS['ingress/traefik'][0]
const CLIENT = { ip: ip('192.168.1.99'), mac: mac('08:00:27:00:00:09') }

function started(t: TestContext, config: Partial<DaemonConfig>): DaemonWorld {
  const world = new DaemonWorld()
  world.start(config)
  t.after(() => world.end())
  return world
}

/** A daemon that only listens: nuc-3, and nuc-4 should answer for traefik. */
const listening = (t: TestContext, config = {}): DaemonWorld => started(t, { passive: true, ...config })

/** nuc-4's own daemon, which should answer for traefik. */
async function onOwner(t: TestContext, config = {}): Promise<DaemonWorld> {
  const world = new DaemonWorld()
  world.facts = {
    ...world.facts,
    hostname: 'nuc-4',
    links: world.facts.links.map((one) => ({
      ...one,
      mac: mac(NUC_MACS['nuc-4']),
      addresses: [{ ip: ip('192.168.1.14'), bits: 24 }],
    })),
  }
  world.start({ node: 'nuc-4', ...config })
  t.after(() => world.end())
  await world.run(40)
  return world
}

function announces(world: DaemonWorld, hardware: string): void {
  world.announce(ip(TRAEFIK), mac(hardware))
}

/** To a client, as a port mirror or the sender's own tap shows it. */
function replies(world: DaemonWorld, hardware: string): void {
  const sha = mac(hardware)
  const { ip: tpa, mac: tha } = CLIENT
  world.overhear({ op: 'reply', ethDst: tha, ethSrc: sha, sha, spa: ip(TRAEFIK), tha, tpa })
}

function told(world: DaemonWorld): string {
  const { row } = world.vip(TRAEFIK)
  return row?.reason ? `${row.verdict}: ${row.reason}` : String(row?.verdict)
}

test('only listening, and nobody is heard → unknown, never silent; no frame, no speaker is asked; no alert asks for it', async (t) => {
  const world = listening(t)
  await world.run(600)
  assert.deepEqual(world.verdicts.get(TRAEFIK), ['unknown'])
  assert.deepEqual([told(world), world.vip(TRAEFIK).silentSinceMs], ['unknown: deaf-vantage', null])
  assert.deepEqual([world.sent, world.asked, world.vip(TRAEFIK).testable], [[], [], false])
})

for (const how of [announces, replies])
  test(`only listening: the node that should ${how.name} → ok while it counts, 75 s, and unknown after that`, async (t) => {
    const world = listening(t)
    await world.run(10)
    how(world, NUC_MACS['nuc-4'])
    await world.run(74)
    assert.equal(told(world), 'ok')
    await world.run(3)
    assert.deepEqual(
      [told(world), world.verdicts.get(TRAEFIK), world.sent],
      ['unknown: deaf-vantage', ['unknown', 'ok', 'unknown'], []],
    )
  })

test('only listening: a stranger announces → foreign at once, beside the right one too, until it counts no more', async (t) => {
  const world = listening(t)
  await world.run(10)
  announces(world, NUC_MACS['nuc-4'])
  await world.run(2)
  announces(world, BOARD)
  await world.run(2)
  announces(world, NUC_MACS['nuc-4'])
  await world.run(2)
  assert.deepEqual(told(world), 'foreign')
  announces(world, NUC_MACS['nuc-4'])
  await world.run(73)
  assert.deepEqual([told(world), world.vip(TRAEFIK).gratuitous.get('foreign')], ['ok', 1])
})

test('only listening: another node announces, the right one is not heard again → mismatch once the hold-down is over', async (t) => {
  const world = listening(t)
  await world.run(10)
  announces(world, NUC_MACS['nuc-4'])
  await world.run(10)
  announces(world, NUC_MACS['nuc-2'])
  await world.run(2)
  assert.equal(told(world), 'settling')
  // 50 s may pass before Kubernetes calls a dead node not Ready
  await world.run(50)
  assert.equal(told(world), 'settling')
  await world.run(15)
  assert.equal(told(world), 'mismatch')
  assert.deepEqual(
    [world.vip(TRAEFIK).ownerChanges, world.observed.filter(({ what }) => what === 'detection').length],
    [1, 1],
  )
})

test('only listening: another node announces, and the right one takes it back → no fault', async (t) => {
  const world = listening(t)
  await world.run(10)
  announces(world, NUC_MACS['nuc-2'])
  await world.run(5)
  announces(world, NUC_MACS['nuc-4'])
  await world.run(50)
  assert.deepEqual(world.verdicts.get(TRAEFIK), ['unknown', 'settling', 'ok'])
})

test('only listening: another node announces, and the right one answers on → duplicate once the hold-down is over', async (t) => {
  const world = listening(t)
  await world.run(10)
  announces(world, NUC_MACS['nuc-2'])
  await world.run(5)
  replies(world, NUC_MACS['nuc-4'])
  await world.run(62)
  assert.equal(told(world), 'duplicate')
})

test('only listening: a fail-over that the API tells of → its outage is timed, no fault', async (t) => {
  const world = listening(t)
  await world.run(10)
  replies(world, NUC_MACS['nuc-4'])
  await world.run(3)
  announces(world, NUC_MACS['nuc-1'])
  const live = (name: string | null): boolean => name !== 'nuc-4'
  const { nodes, speakerPods } = world.cluster
  world.cluster = {
    ...world.cluster,
    nodes: nodes.filter(({ name }) => live(name)),
    speakerPods: speakerPods.filter(({ nodeName }) => live(nodeName)),
  }
  world.onClusterChange()
  await world.run(5)
  assert.equal(told(world), 'ok')
  assert.deepEqual(
    world.observed.filter(({ what }) => what === 'outage'),
    [{ what: 'outage', seconds: 3 }],
  )
})

test('only listening: a flood of MACs → bounded, and the verdict is judged', async (t) => {
  const world = listening(t)
  await world.run(10)
  for (let n = 0; n < 2000; n++)
    announces(
      world,
      `02:00:00:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`,
    )
  await world.run(3)
  assert.deepEqual([told(world), world.vip(TRAEFIK).row?.answered.length], ['foreign', 8])
})

test('on the node that should answer: self, not testable from there, never asked for, and what its speaker sends is counted', async (t) => {
  const world = await onOwner(t)
  assert.deepEqual(
    [told(world), world.vip(TRAEFIK).testable, world.vip(TRAEFIK).lastAnswerAt],
    ['self', false, null],
  )
  replies(world, NUC_MACS['nuc-4'])
  const at = Number(world.clock.wallNs() / 1_000_000n)
  announces(world, NUC_MACS['nuc-4'])
  await world.run(2)
  const { lastAnswerAt, replies: counted, gratuitous, row } = world.vip(TRAEFIK)
  assert.deepEqual([lastAnswerAt, counted.get('expected'), gratuitous.get('expected')], [at, 1, 1])
  assert.deepEqual(
    row!.answered.map(({ mac: one, relation }) => [one, relation]),
    [[NUC_MACS['nuc-4'], 'self']],
  )
  assert.equal(told(world), 'self')
  assert.deepEqual(
    world.sent.filter(({ tpa }) => tpa === TRAEFIK),
    [],
  )
})

test('on the node that should answer, with nothing else to watch → not one frame', async (t) => {
  const world = await onOwner(t, { namespaces: ['ingress'] })
  assert.deepEqual([told(world), world.sent], ['self', []])
})

test('on the node that should answer: a stranger replies too → foreign at once', async (t) => {
  const world = await onOwner(t)
  replies(world, NUC_MACS['nuc-4'])
  replies(world, BOARD)
  await world.run(2)
  assert.equal(told(world), 'foreign')
})

test('on the node that should answer: another announces, and its own speaker answers on → duplicate after the hold-down', async (t) => {
  const world = await onOwner(t)
  announces(world, NUC_MACS['nuc-2'])
  await world.run(2)
  replies(world, NUC_MACS['nuc-4'])
  await world.run(2)
  assert.equal(told(world), 'settling')
  await world.run(40)
  assert.equal(told(world), 'duplicate')
  await world.run(60)
  assert.equal(told(world), 'self')
})

test('on the node that should answer: its speakers elect another → it is no more ours to tell', async (t) => {
  const world = await onOwner(t)
  const others = NUCS.filter((name) => name !== 'nuc-4')
  world.views = nucViews(others, others)
  await world.run(30)
  assert.deepEqual([world.verdicts.get(TRAEFIK), world.vip(TRAEFIK).row], [['self', null], null])
})
