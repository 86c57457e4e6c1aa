import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, type CheckOptions } from '../src/check.ts'
import type { ClusterSnapshot } from '../src/core/cluster.ts'
import type { Report } from '../src/core/report.ts'
import type { ViewsReading } from '../src/elected.ts'
import type { Wait } from '../src/options.ts'
import { NOW } from './helpers/cluster.ts'
import {
  addressOf,
  calmCluster,
  nucViews,
  NUC_MACS,
  NUCS,
  VIPS,
  withNodes,
  withOwners,
} from './helpers/nucs.ts'
import { NO_OPTIONS } from './helpers/options.ts'
import { answers, FakeSegment } from './helpers/segment.ts'

// A one-shot in the middle of a change: it asks again until the change has settled or cannot explain what it sees.

const TRAEFIK = VIPS['ingress/traefik'][0]
const LIVE = ['nuc-1', 'nuc-2', 'nuc-3'] as const

interface World {
  readonly segment: FakeSegment
  readonly waits: Wait[]
  cluster: ClusterSnapshot
  views: ViewsReading
  stop: AbortController
}

/** nuc-4 has just lost power: it answers nothing, the API takes it for Ready, and every view counts it. */
function powerLoss(): World {
  const segment = new FakeSegment()
  withNodes(segment, ['nuc-1', 'nuc-2'])
  withOwners(segment, { 'ingress/traefik': null })
  return {
    segment,
    waits: [],
    cluster: calmCluster(),
    views: nucViews(LIVE, NUCS),
    stop: new AbortController(),
  }
}

function run(world: World, options: Partial<CheckOptions> = {}): Promise<Report> {
  const edges = {
    clock: world.segment.clock,
    hostFacts: () => world.segment.facts,
    openCapture: world.segment.open,
    readCluster: async () => ({ ...world.cluster, takenAt: NOW + world.segment.clock.monotonicMs() }),
    readViews: async () => world.views,
    onWait: (wait: Wait) => void world.waits.push(wait),
  }
  return check({ ...NO_OPTIONS, ...options }, edges, world.stop.signal)
}

function told(report: Report, vip: string = TRAEFIK): string {
  const row = report.vips.find((one) => one.vip === vip)!
  return [row.verdict, ...row.findings.map(({ code }) => code)].join(' ')
}

test('a node dies, its successor takes over within seconds → ok, and that it settled while we looked', async () => {
  const world = powerLoss()
  world.segment.clock.onStep = (ms) => {
    if (ms < 6000 || world.views.readings.length === 0) return
    world.views = nucViews(LIVE, LIVE)
    world.segment.responders.push(answers(TRAEFIK, NUC_MACS['nuc-1']))
    world.segment.clock.onStep = () => {}
  }
  const report = await run(world)
  assert.equal(told(report), 'ok ARP902')
  assert.ok(report.durationMs < 15_000, `took ${report.durationMs} ms`)
})

test('a node dies and nobody takes over → settling until its hold-down is over, then silent with ARP102', async () => {
  const world = powerLoss()
  const report = await run(world)
  assert.equal(told(report), 'silent ARP102')
  assert.ok(report.durationMs > 34_000 && report.durationMs < 45_000, `took ${report.durationMs} ms`)
})

test('what is waited for is told, with what was seen and what may explain it', async () => {
  const world = powerLoss()
  await run(world)
  const [first] = world.waits
  assert.deepEqual(first!.vips, [TRAEFIK])
  assert.match(first!.finding.message, /is not answered, which a change may explain for 34 s more/)
  assert.match(first!.finding.why[0]!, /nuc-4 does not answer any more, and is not NotReady yet/)
})

test('the API says NotReady for longer than the hold-down → silent at once', async () => {
  const world = powerLoss()
  const since = NOW - 372_000
  world.cluster = {
    ...world.cluster,
    nodes: world.cluster.nodes.map((one) =>
      one.name === 'nuc-4' ? { ...one, ready: { status: 'Unknown', since } } : one,
    ),
  }
  const report = await run(world)
  assert.equal(told(report), 'silent ARP102')
  assert.deepEqual([world.waits, report.durationMs < 5000], [[], true])
})

test('a node that dies while we ask → is no live node that keeps silent: settling, then the dead owner', async () => {
  const world = powerLoss()
  const [own] = [addressOf('nuc-4')]
  let asked = 0
  // it answers our first question for its own address, and nothing after it
  world.segment.responders.push((question) =>
    question.tpa === own && asked++ === 0 ? answers(own, NUC_MACS['nuc-4'])(question) : [],
  )
  const report = await run(world)
  assert.equal(told(report), 'silent ARP102')
  assert.match(world.waits[0]!.finding.why[0]!, /nuc-4 does not answer any more/)
})

test('--no-settle → the fault at once, and nothing is waited for', async () => {
  const world = powerLoss()
  const report = await run(world, { settle: false })
  assert.equal(told(report), 'silent ARP102')
  assert.deepEqual([world.waits, report.durationMs < 5000], [[], true])
})

test('only what has not settled is asked for again; the other VIPs keep their rows', async () => {
  const world = powerLoss()
  const report = await run(world)
  const asked = (vip: string): number => world.segment.sent.filter(({ tpa }) => tpa === vip).length
  assert.equal(asked(VIPS['registry/registry'][0]), 3)
  assert.ok(asked(TRAEFIK) > 6)
  assert.equal(told(report, VIPS['registry/registry'][0]), 'ok')
  assert.equal(report.vips.length, 5)
  assert.equal(report.frames.sent, world.segment.sent.length)
})

test('churn without end → the hold-down ends all the same', async () => {
  const world = powerLoss()
  world.segment.clock.onStep = (ms) => {
    const at = NOW + ms
    world.cluster = {
      ...world.cluster,
      services: world.cluster.services.map((one) => ({ ...one, changedAt: at })),
    }
  }
  const report = await run(world)
  assert.equal(told(report), 'silent ARP102')
  assert.ok(report.durationMs < 45_000, `took ${report.durationMs} ms`)
})

test('Ctrl-C while it waits → what was known: settling, and interrupted', async () => {
  const world = powerLoss()
  world.segment.clock.onStep = (ms) => ms > 10_000 && world.stop.abort()
  const report = await run(world)
  assert.deepEqual([told(report), report.interrupted], ['settling ARP902', true])
})

test('a Service that is deleted while we ask → settling, never a crash', async () => {
  const world = powerLoss()
  world.segment.clock.onStep = () => {
    world.cluster = { ...world.cluster, services: world.cluster.services.slice(1) }
  }
  const report = await run(world, { settle: false })
  assert.equal(told(report), 'settling ARP902')
})

test('a VIP that is wrong for certain is told while another one is waited for', async () => {
  const world = powerLoss()
  world.segment.responders.push(answers(VIPS['media/jellyfin'][0], '24:6f:28:5e:10:9c'))
  const report = await run(world)
  assert.match(told(report, VIPS['media/jellyfin'][0]), /^(foreign|unknown)/)
  assert.equal(told(report), 'silent ARP102')
})
