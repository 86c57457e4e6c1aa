import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DaemonWorld } from './helpers/daemon.ts'
import { nucCluster, VIPS } from './helpers/nucs.ts'

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
