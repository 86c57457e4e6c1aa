import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Link } from '../src/core/host.ts'
import { isFault } from '../src/core/verdict.ts'
import type { InterfaceState } from '../src/core/watch/state.ts'
import { ArpcheckError } from '../src/errors.ts'
import {
  daemonPod,
  endpointSlice,
  metallbCrds,
  node,
  secret,
  service,
  speakerPod,
} from '../src/lab/api/objects.ts'
import { ApiWorld, nicLease } from './helpers/api-world.ts'
import type { DaemonWorld } from './helpers/daemon.ts'
import { NUC_MACS, NUCS, nucViews, VIPS } from './helpers/nucs.ts'
import { answers, mac } from './helpers/segment.ts'

// Worlds that break, and mend: no crash, no false fault, back to normal by itself within the time of docs/daemon.md. In
// memory over the API double, in a time that the tests drive; what the kernel decides: cli/daemon/worlds.test.ts.

const TRAEFIK = VIPS['ingress/traefik'][0]
const LIVE = ['nuc-1', 'nuc-2', 'nuc-3'] as const

async function started(t: TestContext): Promise<ApiWorld> {
  const world = new ApiWorld()
  world.start()
  t.after(() => world.close())
  await world.run(60)
  assert.equal(verdict(world), 'ok')
  return world
}

function verdict(world: DaemonWorld): string | undefined {
  return world.vip(TRAEFIK)?.row?.verdict
}

/** What it takes to be normal again. */
async function secondsToOk(world: DaemonWorld, most: number): Promise<number> {
  for (let seconds = 0; seconds <= most; seconds++) {
    if (verdict(world) === 'ok' && seconds > 0) return seconds
    await world.run(1)
  }
  throw new Error(`${verdict(world)} ${world.vip(TRAEFIK)?.row?.reason} after ${most} s`)
}

/** Of the lists that are watched. */
function agesOf(world: ApiWorld): number[] {
  const { inputs } = world.snapshot()
  const names = ['services', 'endpointSlices', 'nodes', 'speakerPods', 'pools', 'l2Advertisements'] as const
  return names.map((name) => inputs[name].ageMs ?? Infinity)
}

/** It has neither ended nor stumbled, and has accused nobody. */
function assertCalm(world: ApiWorld): void {
  const faults = [...world.verdicts].flatMap(([vip, all]) =>
    all.filter((one) => one !== null && isFault(one)).map((one) => `${vip} ${one}`),
  )
  assert.deepEqual(faults, [], JSON.stringify([...world.verdicts]))
  assert.deepEqual(world.mistakes, [])
  assert.deepEqual(
    world.lines.filter(({ message }) => message === 'a mistake of ours'),
    [],
  )
}

/** Every VIP of the home lab, two vantages each. */
async function shared(t: TestContext): Promise<ApiWorld> {
  const world = new ApiWorld()
  for (const [key, [vip]] of Object.entries(VIPS).slice(1)) {
    const name = key.split('/')[1]!
    world.server.apply(service({ name, ips: [vip] }))
    world.server.apply(endpointSlice(name, [{ ip: '10.42.0.5', node: 'nuc-2' }]))
  }
  world.start({ vantages: 2 })
  t.after(() => world.close())
  await world.run(60)
  return world
}

function vantagesOf(world: ApiWorld): Map<string, readonly string[]> {
  return new Map([...world.watch.state().vips].map(([vip, { vantages }]) => [vip, vantages]))
}

/** Its Pod, whose state began just now. */
function setPod(world: ApiWorld, name: (typeof NUCS)[number], ready: boolean): void {
  const now = new Date(world.snapshot().takenAt).toISOString().replace(/\.\d+/, '')
  world.server.apply(daemonPod(name, ready, now))
}

test('a daemon crashes again and again on a node that is Ready → its VIPs, and no others, go to another within 35 s; back once it is Ready', async (t) => {
  const world = await shared(t)
  const before = vantagesOf(world)
  const held = [...before].filter(([, vantages]) => vantages.includes('nuc-2')).map(([vip]) => vip)
  assert.ok(held.length > 1 && held.length < before.size, `nuc-2 holds ${held.length} of ${before.size}`)
  setPod(world, 'nuc-2', false)
  await world.run(25)
  assert.deepEqual(vantagesOf(world), before, 'it may only restart')
  await world.run(10)
  const after = vantagesOf(world)
  for (const [vip, vantages] of before) {
    const stay = vantages.filter((one) => one !== 'nuc-2')
    const now = after.get(vip)!
    if (held.includes(vip)) assert.ok(!now.includes('nuc-2') && stay.every((one) => now.includes(one)), vip)
    else assert.deepEqual(now, vantages, vip)
  }
  assert.ok(
    held.some((vip) => after.get(vip)!.length === 2),
    'others take over',
  )
  assert.deepEqual(world.watch.state().daemons, { by: 'pods', recorded: 4, alive: 3 })
  setPod(world, 'nuc-2', true)
  await world.run(5)
  assert.deepEqual(vantagesOf(world), before)
  assertCalm(world)
})

test('a daemon crashes while the API is away → nobody takes over before it has been back for a minute', async (t) => {
  const world = await shared(t)
  const before = vantagesOf(world)
  world.isAway = true
  await world.run(60)
  world.server.apply(daemonPod('nuc-2', false))
  world.isAway = false
  await world.run(40)
  assert.deepEqual(vantagesOf(world), before)
  await world.run(60)
  assert.ok([...vantagesOf(world).values()].every((vantages) => !vantages.includes('nuc-2')))
  assertCalm(world)
})

test('Pods may not be read any more → all with a record count, told once; as before when they may again', async (t) => {
  const world = await shared(t)
  const before = vantagesOf(world)
  const lines = world.lines.length
  setPod(world, 'nuc-2', false)
  await world.run(40)
  const path = /\/namespaces\/arpcheck\/pods/
  world.server.faults.add({ on: { path }, times: 1000, does: { status: 403 } })
  world.breakConnections()
  await world.run(300)
  assert.deepEqual(vantagesOf(world), before)
  const told = (): string[] =>
    world.lines
      .slice(lines)
      .flatMap(({ message, fields }) =>
        message.startsWith('daemons are') || 'daemonPods' === Object(fields).input ? [message] : [],
      )
  assert.deepEqual(told(), ['input not readable', 'daemons are counted by their records'])
  const { readable } = world.watch.state().sources.get('daemonPods')!
  assert.deepEqual(readable, { denied: 'list pods in namespace arpcheck' })
  world.server.faults.clear()
  await world.run(660)
  assert.deepEqual(told().slice(2), ['input readable again', 'daemons are counted by their pods'])
  assert.ok([...vantagesOf(world).values()].every((vantages) => !vantages.includes('nuc-2')))
  assertCalm(world)
})

test('the API away for ten minutes, a fail-over meanwhile → the list stays, unknown, ok within 90 s', async (t) => {
  const world = await started(t)
  world.isAway = true
  await world.run(120)
  assert.deepEqual([verdict(world), world.vip(TRAEFIK).row?.reason], ['unknown', 'stale-expectation'])
  world.lose('nuc-4')
  world.responders.push(answers(TRAEFIK, NUC_MACS['nuc-1']))
  world.views = nucViews(LIVE, LIVE)
  await world.run(480)
  assert.deepEqual([verdict(world), world.watch.state().vips.size], ['unknown', 2])
  world.server.apply(node({ name: 'nuc-4', ip: '192.168.1.14', ready: null }))
  world.isAway = false
  await secondsToOk(world, 90)
  await world.run(120)
  assert.equal(verdict(world), 'ok')
  assertCalm(world)
})

test('410 storms for five minutes → ok all the time, and no storm of requests', async (t) => {
  const world = await started(t)
  const before = world.server.requests.length
  for (let storm = 0; storm < 30; storm++) {
    world.server.faults.clear()
    world.server.faults.add({ on: { watch: true }, times: 1000, does: { lines: { error: 410 } } })
    world.server.store.forget()
    world.breakConnections()
    await world.run(10)
  }
  const perSecond = (world.server.requests.length - before) / 300
  assert.ok(perSecond > 1 && perSecond < 5, `${perSecond} requests a second`)
  world.server.faults.clear()

  assert.deepEqual(world.verdicts.get(TRAEFIK), [null, 'ok'])
  await world.run(90)
  assert.ok(Math.max(...agesOf(world)) < 65_000, agesOf(world).join())
  assertCalm(world)
})

for (const [plural, kind, shown] of [
  ['l2advertisements', 'L2Advertisement', 'idle'],
  ['ipaddresspools', 'IPAddressPool', undefined],
  ['servicel2statuses', 'ServiceL2Status', 'ok'],
] as const) {
  test(`the CRD ${plural} goes for ten minutes and comes back → ${shown ?? 'no VIP'} meanwhile, ok within 120 s`, async (t) => {
    const world = await started(t)
    const crd = metallbCrds().find(({ metadata: { name } }) => name === `${plural}.metallb.io`)!
    const objects = world.server.objects(kind)
    // what elects goes with its objects: speakers are told so, and withdraw
    if (shown !== 'ok') world.withdraw(TRAEFIK)
    world.server.remove('CustomResourceDefinition', null, crd.metadata.name)
    await world.run(600)
    assert.equal(verdict(world), shown)
    world.server.apply(crd)
    for (const object of objects) world.server.apply(object)
    if (shown !== 'ok') world.responders.push(answers(TRAEFIK, NUC_MACS['nuc-4']))
    await secondsToOk(world, 120)
    await world.run(120)
    assert.equal(verdict(world), 'ok')
    assertCalm(world)
  })
}

test('nobody answers for ten minutes for the one VIP that there is → silent all the time, once its hold-down is over', async (t) => {
  const world = await started(t)
  world.lose('nuc-4')
  world.views = nucViews(LIVE, NUCS)
  await world.run(600)
  assert.deepEqual(world.verdicts.get(TRAEFIK), [null, 'ok', 'settling', 'silent'])
})

test('nobody should answer for the one VIP that there is → idle, and no other word after that', async (t) => {
  const world = await started(t)
  world.withdraw(TRAEFIK)
  world.server.remove('L2Advertisement', 'metallb-system', 'default')
  await world.run(120)
  assert.equal(verdict(world), 'idle')
  const words = world.verdicts.get(TRAEFIK)!.length
  await world.run(480)
  assert.equal(world.verdicts.get(TRAEFIK)!.length, words, String(world.verdicts.get(TRAEFIK)))
})

test('every NIC record deleted by others, each second for a minute → ok all the time; ours is back within 15 s, written seldom', async (t) => {
  const world = await started(t)
  for (let second = 0; second < 60; second++) {
    for (const name of NUCS) world.server.remove('Lease', 'arpcheck', `arpcheck-${name}`)
    await world.run(1)
  }
  assert.ok(world.published.length <= 20, `${world.published.length} writes in a minute`)
  await world.run(15)
  assert.ok(world.server.objects('Lease').some(({ metadata: { name } }) => name === 'arpcheck-nuc-3'))
  for (const name of ['nuc-1', 'nuc-2', 'nuc-4'] as const) world.server.apply(nicLease(name))
  await world.run(60)
  assert.deepEqual(world.verdicts.get(TRAEFIK), [null, 'ok'])
  assertCalm(world)
})

test('all of it started while the API is away → ready, ok, and every view read within 2 min of its return', async (t) => {
  const world = new ApiWorld()
  world.isAway = true
  world.start()
  t.after(() => world.close())
  await world.run(90)
  assert.deepEqual([world.watch.unready() === null, world.asked.length], [false, 0])
  world.isAway = false
  const seconds = await secondsToOk(world, 120)
  await world.run(120 - seconds)
  assert.deepEqual([...new Set(world.kinds.values())], ['view'])
  assertCalm(world)
})

test('the memberlist Secret rotated and its speakers rolled over → every view read within 6 min, ok all the time', async (t) => {
  const world = await started(t)
  world.server.apply(secret('memberlist', { secretkey: 'another' }))
  for (const [i, name] of NUCS.entries()) {
    const startedAt = new Date(Number(world.clock.wallNs() / 1_000_000n)).toISOString().replace(/\.\d+/, '')
    world.speakerKeys.set(name, 'another')
    world.server.apply(speakerPod({ node: name, ip: `192.168.1.${11 + i}`, startedAt }))
    await world.run(15)
  }
  await world.run(345)
  assert.deepEqual(world.verdicts.get(TRAEFIK), [null, 'ok'])
  assert.deepEqual([...new Set(world.kinds.values())], ['view'])
  assertCalm(world)
})

test('the Secret cannot be read for a while at start → no speaker is asked without its key, every view within 2 min', async (t) => {
  const world = new ApiWorld()
  world.server.faults.add({ on: { path: /\/secrets\// }, times: 1000, does: { status: 503 } })
  world.start()
  t.after(() => world.close())
  await world.run(120)
  assert.deepEqual([verdict(world), world.asked.length], ['ok', 0])
  world.server.faults.clear()
  await world.run(120)
  assert.deepEqual([...new Set(world.kinds.values())], ['view'])
  assertCalm(world)
})

test('a speaker with another key starts again with ours → it is asked at once, not after 5 minutes', async (t) => {
  const world = new ApiWorld()
  world.speakerKeys.set('nuc-1', 'another')
  world.start()
  t.after(() => world.close())
  await world.run(120)
  assert.equal(world.kinds.get('nuc-1'), 'wrong-key')
  world.speakerKeys.clear()
  const startedAt = new Date(Number(world.clock.wallNs() / 1_000_000n)).toISOString()
  world.server.apply(speakerPod({ node: 'nuc-1', ip: '192.168.1.11', startedAt }))
  await world.run(15)
  assert.equal(world.kinds.get('nuc-1'), 'view')
  assertCalm(world)
})

test('memberlist port filtered for ten minutes → ok by inference, the views again within 30 s', async (t) => {
  const world = await started(t)
  const { views } = world
  world.views = {
    ...views,
    readings: views.readings.map((one) => ({ ...one, reading: { kind: 'connect-timeout' } })),
  }
  await world.run(600)
  assert.equal(world.vip(TRAEFIK).row?.expected?.source, 'inferred')
  world.views = views
  await world.run(30)
  assert.equal(world.vip(TRAEFIK).row?.expected?.source, 'memberlist')
  assert.deepEqual(world.verdicts.get(TRAEFIK), [null, 'ok'])
  assertCalm(world)
})

test('stopped for 40 s, again and again (SIGSTOP) → no fault, ok within 40 s, and no burst to catch up', async (t) => {
  const world = await started(t)
  for (let i = 0; i < 8; i++) {
    await world.run(7 + i)
    world.clock.stall(40_000 + 137 * i)
    const before = world.sent.length
    await world.run(3)
    assert.ok(world.sent.length - before <= 30, `${world.sent.length - before} frames in 3 s`)
  }
  await secondsToOk(world, 40)
  await world.run(120)
  assertCalm(world)
})

for (const [what, stepMs] of [
  ['an hour ahead', 3_600_000],
  ['an hour back', -3_600_000],
  ['two seconds back', -2000],
] as const) {
  test(`the wall clock set ${what} → ok all the time, and no fail-over is counted`, async (t) => {
    const world = await started(t)
    for (let i = 0; i < 5; i++) {
      world.clock.wallStepMs += stepMs
      await world.run(40)
    }
    await world.run(60)
    const { silentSinceMs, ownerChanges, lastAnswerAt } = world.vip(TRAEFIK)
    assert.deepEqual([verdict(world), silentSinceMs, ownerChanges], ['ok', null, 0])
    const nowAt = Number(world.clock.wallNs() / 1_000_000n)
    assert.ok(
      Math.abs(nowAt - lastAnswerAt!) < 60_000,
      'the time of the last answer is of the clock as it is now',
    )
    assert.deepEqual(
      world.observed.filter(({ what: one }) => one !== 'rtt'),
      [],
    )
    assertCalm(world)
  })
}

test('a host suspended for eight hours → no fault, ok within 90 s', async (t) => {
  const world = await started(t)
  // the monotonic clock stands still meanwhile, the wall clock does not, and every connection is dead
  world.clock.wallStepMs += 8 * 3_600_000
  world.isAway = true
  await world.run(1)
  world.isAway = false
  await secondsToOk(world, 90)
  await world.run(180)
  assert.equal(verdict(world), 'ok')
  assertCalm(world)
})

test('the interface is renamed, its MAC changes → watched on as it is now, our record follows within 15 s', async (t) => {
  const world = await started(t)
  const change = (part: Partial<Link>): void => {
    const links = world.facts.links.map((one) => ({ ...one, ...part }))
    const gateways = world.facts.gateways.map((one) => ({ ...one, interface: links[0]!.name }))
    world.facts = { ...world.facts, links, gateways }
    world.onHostChange()
  }
  for (const part of [{ name: 'eno9' }, { mac: mac('02:00:00:00:00:99') }, { name: 'eno1', index: 7 }]) {
    change(part)
    const before = world.sent.length
    await world.run(15)
    const [{ name, mac: hardware }] = [...world.watch.state().interfaces.values()] as [InterfaceState]
    assert.deepEqual(
      [name, hardware, world.open.size],
      [world.facts.links[0]!.name, world.facts.links[0]!.mac, 1],
    )
    assert.equal(verdict(world), 'ok')
    assert.ok(world.sent.slice(before + 1).every(({ sha }) => sha === hardware))
    const record = world.snapshot().nicRecords.find(({ node: one }) => one === 'nuc-3')
    assert.deepEqual(
      record?.nics.map((nic) => [nic.name, nic.mac]),
      [[name, hardware]],
    )
  }
  assertCalm(world)
})

test('this host cannot be read when its interface changes (out of descriptors) → goes on by what was known, and reads it again', async (t) => {
  const world = await started(t)
  world.hostRefuses = new ArpcheckError('host-unreadable', 'Cannot read this host: EMFILE.')
  world.facts = {
    ...world.facts,
    links: world.facts.links.map((one) => ({ ...one, mac: mac('02:00:00:00:00:99') })),
  }
  world.onHostChange()
  await world.run(60)
  assert.equal(world.lines.filter(({ message }) => message === 'this host could not be read').length, 1)
  assert.equal(verdict(world), 'ok')
  world.hostRefuses = null
  await world.run(3)
  assert.equal([...world.watch.state().interfaces.values()][0]!.mac, '02:00:00:00:00:99')
  await secondsToOk(world, 60)
  assertCalm(world)
})

test('no capture can be opened for a while (out of descriptors) → unknown at most, ok within 60 s', async (t) => {
  const world = await started(t)
  world.refuses = new ArpcheckError('capture-failed', 'Too many open files.')
  world.facts = { ...world.facts, links: world.facts.links.map((one) => ({ ...one, index: 8 })) }
  world.onHostChange()
  await world.run(120)
  world.refuses = null
  await secondsToOk(world, 60)
  assertCalm(world)
})
