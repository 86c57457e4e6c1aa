import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Ip } from '../src/core/ip.ts'
import { NO_HISTORY } from '../src/core/watch/history.ts'
import { VipStates } from '../src/daemon-vip-states.ts'
import { CONFIG, DaemonWorld } from './helpers/daemon.ts'
import { nucCluster, VIPS } from './helpers/nucs.ts'
import { ip } from './helpers/segment.ts'

const TRAEFIK = VIPS['ingress/traefik'][0]

async function started(): Promise<DaemonWorld> {
  const world = new DaemonWorld()
  world.start()
  await world.run(60)
  return world
}

test('nothing moves → states stay the same objects', async () => {
  const world = await started()
  const [before, after] = [world.watch.state().vips, world.watch.state().vips]
  assert.equal(before.size, Object.keys(VIPS).length)
  for (const [vip, state] of before) assert.equal(after.get(vip), state, vip)
  world.stop.abort()
})

test('a VIP goes and comes back → told once each', async () => {
  const world = await started()
  world.lines.length = 0
  const all = world.cluster
  world.cluster = { ...all, services: all.services.filter(({ name }) => name !== 'traefik') }
  world.onClusterChange()
  await world.run(5)
  assert.equal(world.watch.state().vips.has(world.vip(VIPS['registry/registry'][0]).vip), true)
  assert.equal(world.vip(TRAEFIK), undefined)
  world.cluster = all
  world.onClusterChange()
  await world.run(60)
  const told = world.lines.filter(({ message }) => message.startsWith('vip '))
  assert.deepEqual(
    told.map(({ message }) => message),
    ['vip went', 'vip came'],
  )
  world.stop.abort()
})

test('a list that is read again with nothing new in it moves no state', async () => {
  const world = await started()
  const before = world.watch.state().vips
  world.cluster = { ...world.cluster, services: [...nucCluster().services] }
  world.lines.length = 0
  world.onClusterChange()
  await world.run(2)
  assert.deepEqual([...world.watch.state().vips.keys()], [...before.keys()])
  assert.deepEqual(world.lines, [])
  world.stop.abort()
})

test('another interval of one VIP, and a verdict that is gone → the states of these alone are made again', () => {
  const states = new VipStates()
  const [vips, assignment, verdicts] = [new Map(), new Map(), new Map()]
  for (const last of ['1', '2', '3'])
    vips.set(ip(`10.0.0.${last}`), { ip: ip(`10.0.0.${last}`), holders: [], pool: null })
  const update = (sweeps: readonly (readonly [string, number])[]) => {
    const targets = new Map(sweeps.map(([text, sweepMs]) => [ip(text), { sweepMs }]))
    const parts = {
      config: CONFIG,
      work: { vips, assignment, own: OWN },
      verdicts: { all: verdicts, get: (one: Ip) => verdicts.get(one) },
    }
    const { after } = states.update({ ...parts, ports: new Map([['eno1', { plan: { targets } }]]) } as never)
    return [...after].map(([one, { intervalMs, lastAnswerAt }]) => [one, intervalMs, lastAnswerAt])
  }
  verdicts.set(ip('10.0.0.3'), { row: null, history: NO_HISTORY, lastAnswerAt: 7 })
  assert.equal(update([['10.0.0.1', 30_000]]).length, 3)
  assert.deepEqual(update([['10.0.0.1', 60_000]]), [['10.0.0.1', 60_000, null]])
  verdicts.clear()
  assert.deepEqual(update([['10.0.0.2', 45_000]]), [
    ['10.0.0.3', 30_000, null],
    ['10.0.0.1', 30_000, null],
    ['10.0.0.2', 45_000, null],
  ])
})

const OWN = new Set<Ip>()
