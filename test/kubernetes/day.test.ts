import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INPUTS, type InputName } from '../../src/core/cluster.ts'
import { seededRandom } from '../../src/core/random.ts'
import { openApi } from '../../src/kubernetes/api.ts'
import { followApi } from '../../src/kubernetes/follow.ts'
import { node, service } from '../../src/lab/api/objects.ts'
import { ApiServer } from '../../src/lab/api/server.ts'
import { homelab } from '../helpers/homelab.ts'
import { fixedCredentials, memoryTransport } from '../helpers/memory-transport.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

// A day of a daemon in virtual time, over the double in memory. Not covered: sockets (reflector.wire.test.ts).

const MINUTE = 60_000
const WATCHED = 12
/** How old an input may be: settings are polled every 5 minutes, CRDs every 15, each up to a fifth later. */
const FRESH_MS = 7 * MINUTE
const CRDS_MS = 19 * MINUTE
/** Names of inputs that a daemon reads: events are left to where there is no ServiceL2Status. */
const READ = INPUTS.filter((name) => name !== 'events')

interface Day {
  readonly clock: VirtualClock
  readonly server: ApiServer
  readonly open: () => number
}

/** Something happens each hour: most often nothing but changes, and every few hours a fault. */
const HOURS: readonly ((day: Day) => void)[] = [
  () => {},
  ({ server }) => server.store.compact(),
  // A restarted server: every watch breaks, and none can go on where it was.
  ({ server }) => {
    server.faults.add({ on: { watch: true }, times: WATCHED, does: { lines: { error: 410 } } })
    server.store.forget()
  },
  ({ server }) => server.faults.add({ times: 60, does: { status: 503, retryAfter: 3 } }),
  ({ server }) => server.faults.add({ times: 30, does: { status: 429, retryAfter: 20 } }),
  ({ server }) => server.faults.add({ on: { watch: true }, times: 40, does: { lines: 'end-mid-line' } }),
  ({ server }) => server.faults.add({ on: { watch: true }, times: 20, does: 'no-headers' }),
  ({ server }) => server.faults.add({ on: { watch: true }, times: 20, does: { lines: 'silence' } }),
]

test('24 hours with changes and a fault most hours → the truth, and less than a request in 10 seconds', async () => {
  const clock = new VirtualClock()
  const server = new ApiServer({ clock, random: seededRandom(7) })
  homelab().forEach((object) => server.apply(object))
  const transport = memoryTransport(server, clock)
  const token = server.tokens.issue({ name: 'daemon', groups: ['system:masters'] })
  const api = openApi(fixedCredentials(token), transport, clock)
  const faults: unknown[] = []
  const options = { env: {}, ownNamespace: 'arpcheck', onFault: (error: unknown) => faults.push(error) }
  const watch = followApi(api, options, { clock, random: seededRandom(7) })
  let changes = 0
  watch.onChange(() => changes++)

  await clock.run(MINUTE)
  await watch.ready()
  const [timers, streams] = [clock.sleeping, transport.open()]
  for (let hour = 0; hour < 24; hour++) {
    HOURS[hour % HOURS.length]!({ clock, server, open: transport.open })
    for (let minute = 0; minute < 60; minute += 5) {
      server.apply(service({ name: 'traefik', ips: [`192.168.1.${60 + (minute % 10)}`] }))
      const ready = minute % 2 === 0 ? null : true
      server.apply(node({ name: 'nuc-4', ip: '192.168.1.14', ready, labels: { hour: String(hour) } }))
      await clock.run(5 * MINUTE)
    }
  }
  server.faults.clear()
  await clock.run(20 * MINUTE)

  const snapshot = watch.snapshot()
  assert.deepEqual(addresses(snapshot.services), addressesIn(server))
  assert.deepEqual(
    READ.filter((name) => !isFresh(snapshot.inputs[name], name === 'capabilities' ? CRDS_MS : FRESH_MS)),
    [],
  )
  assert.equal(snapshot.nodes.find(({ name }) => name === 'nuc-4')?.labels['hour'], '23')
  assert.equal(transport.open(), streams, 'as many streams as in the morning')
  assert.ok(clock.sleeping <= timers + WATCHED, `${timers} timers in the morning, ${clock.sleeping} at night`)
  const perSecond = server.requests.length / (24 * 3600)
  assert.ok(perSecond < 0.1, `${server.requests.length} requests in a day`)
  assert.ok(changes > 24 * 12, `${changes} calls of the listener`)
  assert.deepEqual(faults, [])
  await watch.stop()
  await api.close()
  assert.deepEqual([transport.open(), clock.sleeping, server.watches.length], [0, 0, 0])

  function isFresh(input: (typeof snapshot.inputs)[InputName], within: number): boolean {
    return input.readable === 'yes' && input.ageMs !== null && input.ageMs <= within
  }
})

function addresses(services: ReturnType<ReturnType<typeof followApi>['snapshot']>['services']): unknown {
  return Object.fromEntries(services.map(({ name, ingress }) => [name, ingress.map(({ ip }) => ip)]))
}

function addressesIn(server: ApiServer): unknown {
  const entries = server.objects('Service').map(({ metadata, status }) => {
    const { loadBalancer } = status as { loadBalancer: { ingress: { ip: string }[] } }
    return [metadata.name, loadBalancer.ingress.map(({ ip }) => ip)]
  })
  return Object.fromEntries(entries)
}
