import type { ClusterSnapshot } from '../src/core/cluster.ts'
import { ipv4Of } from '../src/core/ip.ts'
import { parseMac } from '../src/core/mac.ts'
import { workOf, type Work } from '../src/daemon-plan.ts'
import { clusterSideOf, readingOf, type Look } from '../src/elected.ts'
import { advertisement, cluster, node, pool, service, slice, speaker } from '../test/helpers/cluster.ts'
import { CONFIG } from '../test/helpers/daemon.ts'
import { hostFacts, ip, link } from '../test/helpers/segment.ts'
import { tell } from './measure.ts'

// What a plan of the whole cluster costs, as each daemon makes it: the first, one after a Service or a Node changed, and one
// after nothing but the ages of the lists did. In memory; CPU
// time, with that of the collection of garbage.

const ROUNDS = 5
const SIZES = [
  [1000, 50],
  [10_000, 500],
] as const

const SETTINGS = { ...CONFIG, node: 'node-0', vantages: 2 } as const
const FACTS = hostFacts({ links: [link({ addresses: [{ ip: ip('10.9.0.1'), bits: 16 }] })] })

for (const [vips, nodes] of SIZES) measure(vips, nodes)

function measure(vips: number, nodes: number): void {
  const of = (what: string): string => `${vips} VIPs, ${nodes} nodes: ${what}`
  const first = clusterOf(vips, nodes)
  const [work, firstMs] = timed(first, null)
  tell({ name: of('the first plan'), unit: 'ms', samples: [firstMs] })
  for (const [what, change] of [
    ['a Service changed', aService],
    ['a Node is NotReady', aNode],
    ['nothing changed', (before: ClusterSnapshot) => ({ ...before })],
  ] as const) {
    let [last, made] = [first, work]
    const samples = Array.from({ length: ROUNDS }, (_, round) => {
      last = change(last, round)
      const [next, ms] = timed(last, made)
      made = next
      return ms
    })
    tell({ name: of(what), unit: 'ms', samples, against: of('the first plan') })
  }
}

function timed(snapshot: ClusterSnapshot, before: Work | null): [Work, number] {
  const start = process.cpuUsage()
  const look: Look = { cluster: snapshot, views: null, claims: null, atMs: 0 }
  const side = clusterSideOf(readingOf(look), FACTS)
  const work = workOf({ config: SETTINGS, facts: FACTS, look, side, before, nowMs: 0 })
  const { user, system } = process.cpuUsage(start)
  return [work, (user + system) / 1000]
}

function clusterOf(vips: number, nodes: number): ClusterSnapshot {
  const names = Array.from({ length: nodes }, (_, i) => `node-${i}`)
  const mac = parseMac('02:00:00:00:00:01')!
  return cluster({
    nodes: names.map((name, i) => node(name, { internalIps: [nodeIp(i)] })),
    speakerPods: names.map((name) => speaker(name, 'v0.16.1')),
    pools: [pool('default', ['10.9.64.0-10.9.191.255'])],
    l2Advertisements: [advertisement('lan')],
    nicRecords: names.map((name, i) => ({
      node: name,
      nics: [{ name: 'eno1', mac, addresses: [{ ip: nodeIp(i), bits: 16 }], state: 'up' }],
      changedAt: null,
    })),
    services: Array.from({ length: vips }, (_, i) => service(`web-${i}`, [ipv4Of(0x0a09_4000 + i)])),
    endpointSlices: Array.from({ length: vips }, (_, i) => slice(`web-${i}`, ['node-1'])),
  })
}

function nodeIp(i: number) {
  return ipv4Of(0x0a09_0100 + i)
}

function aService(before: ClusterSnapshot, round: number): ClusterSnapshot {
  const services = before.services.map((one, i) =>
    i === round ? { ...one, labels: { round: String(round) } } : one,
  )
  return { ...before, services }
}

function aNode(before: ClusterSnapshot, round: number): ClusterSnapshot {
  const ready = { status: 'False', since: 0 } as const
  return { ...before, nodes: before.nodes.map((one, i) => (i === round + 1 ? { ...one, ready } : one)) }
}
