import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { ClusterSnapshot } from '../../src/core/cluster.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openApi } from '../../src/kubernetes/api.ts'
import { type ClusterWatch, followApi, type FollowOptions } from '../../src/kubernetes/follow.ts'
import { nodeAssigned, service, speakerDaemonSet } from '../../src/lab/api/objects.ts'
import { ApiServer } from '../../src/lab/api/server.ts'
import { homelab } from '../helpers/homelab.ts'
import { fixedCredentials, memoryTransport } from '../helpers/memory-transport.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

// The cluster kept up to date: finding MetalLB, readiness, listeners, what stands in for what. One reflector:
// reflector.test.ts.

const MINUTE = 60_000

interface Rig {
  readonly clock: VirtualClock
  readonly server: ApiServer
  readonly watch: ClusterWatch
}

function rig(t: TestContext, without: readonly string[] = [], options: Partial<FollowOptions> = {}): Rig {
  const clock = new VirtualClock()
  const server = new ApiServer({ clock, random: seededRandom(5) })
  homelab()
    .filter(({ kind, metadata }) => !without.includes(kind) && !without.includes(metadata.name))
    .forEach((object) => server.apply(object))
  const token = server.tokens.issue({ name: 'daemon', groups: ['system:masters'] })
  const api = openApi(fixedCredentials(token), memoryTransport(server, clock), clock)
  const watch = followApi(api, { env: {}, ...options }, { clock, random: seededRandom(5) })
  t.after(async () => {
    await watch.stop()
    await api.close()
    assert.equal(clock.sleeping, 0, 'no timer is left')
  })
  return { clock, server, watch }
}

function brief({ metallbNamespace, pools, inputs }: ClusterSnapshot): unknown {
  return [metallbNamespace, pools.length, inputs.pools.readable]
}

test('before anything was read → nothing is known, and each input says so', async (t) => {
  const { watch } = rig(t)
  const { inputs, services } = watch.snapshot()
  assert.deepEqual(services, [])
  assert.deepEqual(
    [...new Set(Object.values(inputs).map(({ readable }) => JSON.stringify(readable)))],
    ['{"failed":"not read yet"}'],
  )
})

test('start → within 5 s, not at once: a roll-out starts all daemons together', async (t) => {
  const { clock, server, watch } = rig(t)
  await clock.run(1)
  assert.equal(server.requests.length, 0)
  await clock.run(5000)
  await watch.ready()
  assert.deepEqual(brief(watch.snapshot()), ['metallb-system', 1, 'yes'])
})

test('ready → waits for what has not been read, and ends with the signal or with stop', async (t) => {
  const { clock, server, watch } = rig(t)
  server.faults.add({ on: { path: /ipaddresspools/ }, times: 1, does: 'no-headers' })
  const states: string[] = []
  void watch.ready().then(() => states.push('ready'))
  const impatient = new AbortController()
  void watch.ready(impatient.signal).then(() => states.push('impatient'))
  await clock.run(8000)
  impatient.abort()
  await clock.run(1000)
  assert.deepEqual(states, ['impatient'])
  await clock.run(20_000)
  assert.deepEqual(states, ['impatient', 'ready'])
})

test('MetalLB is installed later → found within 80 s', async (t) => {
  const { clock, server, watch } = rig(t, ['DaemonSet', 'Pod'])
  await clock.run(10_000)
  assert.deepEqual(brief(watch.snapshot()), [null, 0, 'absent'])
  server.apply(speakerDaemonSet({ nodes: 4 }))
  await clock.run(80_000)
  assert.deepEqual(brief(watch.snapshot()), ['metallb-system', 1, 'yes'])
})

test('MetalLB is moved to another namespace → followed there within 80 s', async (t) => {
  const { clock, server, watch } = rig(t, ['Pod'])
  await clock.run(10_000)
  server.remove('DaemonSet', 'metallb-system', 'speaker')
  server.apply(speakerDaemonSet({ namespace: 'metallb', nodes: 4 }))
  await clock.run(80_000)
  assert.deepEqual(brief(watch.snapshot()), ['metallb', 0, 'yes'])
  const standing = server.watches.filter(({ path }) => path.includes('metallb-system'))
  assert.deepEqual(standing, [], 'no watch is left where it was')
})

test('a namespace that is given → not looked for, and kept', async (t) => {
  const { clock, server, watch } = rig(t, [], { metallbNamespace: 'metallb-system' })
  await clock.run(MINUTE)
  assert.equal(
    server.requests.filter(({ query }) => query.has('labelSelector')).length,
    4,
    'NIC records and our own Pods alone, each listed and watched',
  )
  assert.equal(watch.snapshot().metallbNamespace, 'metallb-system')
})

test('ServiceL2Status can be read → no event is asked for', async (t) => {
  const { clock, server, watch } = rig(t)
  await clock.run(30 * MINUTE)
  assert.equal(server.requests.filter(({ path }) => path.endsWith('/events')).length, 0)
  assert.equal(watch.snapshot().inputs.events.readable, 'absent')
})

test('an old MetalLB without ServiceL2Status → events, every ten minutes', async (t) => {
  const { clock, server, watch } = rig(t, ['ServiceL2Status', 'servicel2statuses.metallb.io'])
  await clock.run(MINUTE)
  assert.deepEqual(
    watch.snapshot().events.map(({ serviceName }) => serviceName),
    ['traefik'],
  )
  server.apply(nodeAssigned('gitea', 'nuc-1', '2026-11-20T09:00:00Z'))
  await clock.run(13 * MINUTE)
  assert.deepEqual(
    watch
      .snapshot()
      .events.map(({ serviceName }) => serviceName)
      .toSorted(),
    ['gitea', 'traefik'],
  )
  const asked = server.requests.filter(({ path }) => path.endsWith('/events')).length
  assert.ok(asked <= 3, `${asked} lists of events`)
})

test('many changes at once → few calls; a listener that throws or rejects hurts nobody', async (t) => {
  const faults: unknown[] = []
  const { clock, server, watch } = rig(t, [], { onFault: (error) => faults.push(error) })
  await clock.run(10_000)
  let calls = 0
  watch.onChange(() => {
    throw new Error('thrown')
  })
  const rejecting: unknown = () => Promise.reject(new Error('rejected'))
  watch.onChange(rejecting as () => void)
  const stop = watch.onChange(() => calls++)
  for (let i = 0; i < 500; i++) server.apply(service({ name: `s${i}`, ips: ['192.168.1.60'] }))
  await clock.run(1000)
  assert.equal(watch.snapshot().services.length, 502)
  assert.ok(calls >= 1 && calls <= 20, `${calls} calls`)
  assert.equal(faults.length, 2 * calls)
  stop()
  server.remove('Service', 'default', 's1')
  await clock.run(1000)
  assert.equal(watch.snapshot().services.length, 501)
})

test('a snapshot → its lists are the same objects until something changes, and never change themselves', async (t) => {
  const { clock, server, watch } = rig(t)
  await clock.run(10_000)
  const before = watch.snapshot()
  assert.equal(watch.snapshot().services, before.services)
  server.remove('Service', 'default', 'gitea')
  await clock.run(1000)
  assert.deepEqual([before.services.length, watch.snapshot().services.length], [2, 1])
})

test('slices of Services that announce nothing → left out', async (t) => {
  const { clock, server, watch } = rig(t)
  const gitea = server.objects('Service').find(({ metadata }) => metadata.name === 'gitea')!
  server.apply({ ...gitea, spec: { type: 'ClusterIP' } })
  await clock.run(10_000)
  assert.deepEqual(
    watch.snapshot().endpointSlices.map(({ serviceName }) => serviceName),
    ['traefik'],
  )
})

test('the age of an input → small while its watch stands, and growing through an outage', async (t) => {
  const { clock, server, watch } = rig(t)
  await clock.run(10 * MINUTE)
  const age = (): number => watch.snapshot().inputs.services.ageMs ?? Number.NaN
  assert.ok(age() <= MINUTE, `${age()} ms with bookmarks each minute`)
  server.faults.add({ times: 10_000, does: { status: 503 } })
  await clock.run(20 * MINUTE)
  assert.ok(age() >= 9 * MINUTE, `${age()} ms`)
  assert.equal(watch.snapshot().services.length, 2, 'what was known stays')
})
