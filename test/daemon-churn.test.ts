// May take 300 s: ten thousand addresses come and go
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ipv4Of } from '../src/core/ip.ts'
import { DaemonWorld, nicRecords } from './helpers/daemon.ts'
import { pool, service, slice } from './helpers/cluster.ts'
import { NUC_MACS } from './helpers/nucs.ts'
import { mac, replyTo } from './helpers/segment.ts'

setFlagsFromString('--expose_gc')
const collect = runInNewContext('gc') as () => void

const [BATCHES, EACH] = [100, 100]
/** Who comes first by hash is remembered, of 20,000 addresses at most; whatever else is kept would be more. */
const MOST_BYTES = 500

/** The home lab on a /16, all of it a pool, and whoever is asked for one of them answers. */
function wideWorld(): DaemonWorld {
  const world = new DaemonWorld()
  const links = world.facts.links.map((link) => ({
    ...link,
    addresses: link.addresses.map((one) => (one.ip.startsWith('192.168.1.') ? { ...one, bits: 16 } : one)),
  }))
  world.facts = { ...world.facts, links }
  const records = nicRecords().map((one) => ({
    ...one,
    nics: one.nics.map((nic) => ({ ...nic, addresses: nic.addresses.map(({ ip }) => ({ ip, bits: 16 })) })),
  }))
  world.cluster = { ...world.cluster, nicRecords: records, pools: [pool('default', ['192.168.0.0/16'])] }
  world.responders.push((question) =>
    question.tpa.startsWith('192.168.1.') ? [] : [replyTo(question, { sha: mac(NUC_MACS['nuc-1']) })],
  )
  return world
}

/** Services with addresses that were never there before; those of the batch before are gone. */
function batch(world: DaemonWorld, number: number, base: DaemonWorld['cluster']): void {
  const fresh = Array.from({ length: EACH }, (_, i) => number * EACH + i)
  const services = fresh.map((i) => service(`web-${i}`, [ipv4Of(0xc0a8_1000 + i)]))
  world.cluster = {
    ...base,
    services: [...base.services, ...services],
    endpointSlices: [...base.endpointSlices, ...fresh.map((i) => slice(`web-${i}`, ['nuc-2']))],
  }
  world.onClusterChange()
}

/** What the test's own world keeps is no matter of the daemon. */
function heapOf(world: DaemonWorld): number {
  for (const list of [world.sent, world.asked, world.observed, world.lines, world.published]) list.length = 0
  world.verdicts.clear()
  collect()
  collect()
  return process.memoryUsage().heapUsed
}

test('10,000 addresses come and go → they leave their order by hash behind, and no more', async (t) => {
  const world = wideWorld()
  world.start()
  t.after(() => world.stop.abort())
  const base = world.cluster
  let [early, most] = [0, 0]
  for (let number = 0; number < BATCHES; number++) {
    batch(world, number, base)
    await world.run(6)
    most = Math.max(most, world.watch.state().vips.size)
    if (number % 20 === 19) {
      world.cluster = base
      world.onClusterChange()
      await world.run(30)
      const heap = heapOf(world)
      if (early === 0) early = heap
      t.diagnostic(`${(number + 1) * EACH} addresses: ${(heap / 1e6).toFixed(2)} MB`)
      if (number === BATCHES - 1)
        assert.ok(
          heap - early < 8000 * MOST_BYTES,
          `${((heap - early) / 8000).toFixed(0)} bytes for each address`,
        )
    }
  }
  assert.equal(most, base.services.length + EACH)
  assert.equal(world.watch.state().vips.size, base.services.length)
})
