// Runs alone: what grows is measured
// May take 4000 s: as SOAK_SECONDS says
// One daemon with every VIP of the others to watch, in a cluster that changes all the time, scraped and probed. What it
// holds after a collection of garbage is written down each minute. SOAK_SECONDS, 300 where not given.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { node, speakerPod } from '../../../src/lab/api/objects.ts'
import { file } from '../../helpers/double.ts'
import {
  fleet,
  median,
  pause,
  serviceComes,
  serviceGoes,
  startDaemon,
  untilAllOk,
  vipOf,
  type Fleet,
  type FleetDaemon,
} from '../../helpers/fleet.ts'
import { inNamespaces, ipCommand } from '../../helpers/netns.ts'
import { until } from '../../helpers/until.ts'

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 300)
const VIPS = 100
const SETTINGS = 'node: node-1\nmemberlist: off\nvantages: all\ninterval: 10s\nconfirmInterval: 3s\n'

interface Sample {
  readonly heapUsed: number
  readonly external: number
  readonly handles: number
  readonly kinds: string
}

inNamespaces(() => {
  test(`a cluster that changes for ${SECONDS} s → heap, handles, descriptors and memory do not grow`, async (t) => {
    const all = await fleet(t, { nodes: 4, vips: VIPS }, (i) => i > 0)
    const told = file(t, 'sample.json', '')
    const probe = file(t, 'probe.cjs', PROBE.replaceAll('FILE', JSON.stringify(told)))
    const daemon = startDaemon(t, all, all.nodes[0]!, SETTINGS, ['--expose-gc', '--require', probe])
    const watched = [...all.owners.values()].filter((owner) => owner !== all.nodes[0]).length
    await untilAllOk([daemon], watched, 60_000)
    const rows: (Sample & ReturnType<FleetDaemon['usage']>)[] = []
    const everyMs = Math.max(10_000, (SECONDS * 1000) / 30)
    const start = performance.now()
    let [turn, sampledMs] = [0, -Infinity]
    while (performance.now() - start < SECONDS * 1000) {
      await churn(all, daemon, turn++)
      if (performance.now() - sampledMs < everyMs) continue
      sampledMs = performance.now()
      rmSync(told, { force: true })
      daemon.child.kill('SIGUSR2')
      await until('a sample', () => existsSync(told), 10_000)
      rows.push({ ...(JSON.parse(readFileSync(told, 'utf8')) as Sample), ...daemon.usage() })
      const { heapUsed, external, handles, kinds, rssMb, descriptors, sockets, threads, cpuMs } = rows.at(-1)!
      const seconds = ((sampledMs - start) / 1000).toFixed(0).padStart(5)
      process.stderr.write(
        `growth ${seconds} s: heap ${(heapUsed / 1e6).toFixed(2)} MB, external ${(external / 1e6).toFixed(2)} MB, RSS ${rssMb} MB, ${handles} handles (${kinds}), ${descriptors} descriptors, ${sockets} sockets, ${threads} threads, CPU ${cpuMs} ms, ${turn} changes\n`,
      )
    }
    // What is warm: after the first fifth.
    const warm = rows.slice(Math.ceil(rows.length / 5))
    const half = warm.length >> 1
    const grown = (pick: (row: (typeof rows)[number]) => number): number =>
      median(warm.slice(half).map(pick)) / median(warm.slice(0, half).map(pick))
    t.diagnostic(`heap × ${grown((row) => row.heapUsed).toFixed(3)}, RSS × ${grown((row) => row.rssMb).toFixed(3)}, from the first half to the second`) // prettier-ignore
    assert.ok(grown((row) => row.heapUsed) < 1.1)
    assert.ok(grown((row) => row.rssMb) < 1.15)
    assert.ok(grown((row) => row.handles) < 1.2)
    assert.ok(grown((row) => row.descriptors) < 1.2)
    assert.doesNotMatch(daemon.log(), /a mistake of ours/)
    daemon.child.kill('SIGTERM')
    assert.equal(await daemon.ended, 0)
  })
})

/** Written into the daemon's own process; the program knows nothing of it. */
const PROBE = `
process.on('SIGUSR2', () => setTimeout(() => {
  global.gc(); global.gc()
  const kinds = {}
  for (const one of process.getActiveResourcesInfo()) kinds[one] = (kinds[one] ?? 0) + 1
  const handles = Object.values(kinds).reduce((a, b) => a + b, 0)
  const text = JSON.stringify({ ...process.memoryUsage(), handles, kinds: Object.entries(kinds).map((one) => one.join(' ')).join(', ') })
  require('node:fs').writeFileSync(FILE + '.part', text)
  require('node:fs').renameSync(FILE + '.part', FILE)
}, 0))
`

/** One change, half a second, and what looks at the daemon. */
async function churn(all: Fleet, daemon: FleetDaemon, turn: number): Promise<void> {
  const { nodes, double } = all
  const { api, wire } = double
  // a Service that is new each time, of 1,500 addresses, and goes 20 turns later
  const vip = vipOf(100 + (turn % 1500))
  serviceComes(all, vip)
  if (turn >= 20) serviceGoes(all, vipOf(100 + ((turn - 20 + 1500) % 1500)))
  const one = nodes[1 + (turn % 3)]!
  if (turn % 10 === 3) api.apply(node({ name: one.name, ip: one.ip, networkUnavailable: true }))
  if (turn % 10 === 7) for (const { name, ip } of nodes) api.apply(node({ name, ip }))
  if (turn % 14 === 5) api.apply(speakerPod({ node: one.name, ip: one.ip, ready: false }))
  if (turn % 14 === 9) for (const { name, ip } of nodes) api.apply(speakerPod({ node: name, ip }))
  if (turn % 40 === 11) wire.reset()
  if (turn % 80 === 31) double.restart()
  if (turn % 60 === 41) ipCommand(`link set ${nodes[3]!.port} down`)
  if (turn % 60 === 51) ipCommand(`link set ${nodes[3]!.port} up`)
  if (turn % 240 === 201) ipCommand(`link set ${nodes[0]!.port} down`)
  if (turn % 240 === 211) ipCommand(`link set ${nodes[0]!.port} up`)
  if (turn % 120 === 71) daemon.child.kill('SIGHUP')
  if (turn % 10 === 2) await daemon.get('/metrics')
  if (turn % 20 === 4) await daemon.get('/api/v1/report')
  if (turn % 10 === 6) await daemon.get(`/probe?target=${vipOf(turn % 100)}&module=arp`).catch(() => '')
  if (turn % 240 === 1) api.remove('Lease', 'arpcheck', `arpcheck-${nodes[0]!.name}`)
  await pause(500)
}
