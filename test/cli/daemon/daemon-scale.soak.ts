// Runs alone: measures CPU and memory
// May take 1500 s: fifty nodes, four daemons one after another
// One built daemon in a cluster of 50 nodes, each a namespace that answers for its address and its VIPs: what it costs at 100
// VIPs and at 1,000. Where the machine is busy with other work, CPU time is still its own. SOAK_SECONDS for each, 60 where not given.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fleet, median, pause, serviceComes, startDaemon, untilAllOk, vipOf } from '../../helpers/fleet.ts'
import { inNamespaces } from '../../helpers/netns.ts'

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 60)
const NODES = 50
const COMMON = 'node: node-1\nmemberlist: off\nmetricsMaxVips: 1000\n'
const SMALL_YOUNG = ['--max-semi-space-size=2']

const told = [
  '| VIPs, vantages | watched | CPU, % of a core | RSS | a scrape | its size | its CPU | report |',
]

inNamespaces(() => {
  test(`${NODES} nodes: what one daemon takes`, async (t) => {
    const all = await fleet(t, { nodes: NODES, vips: 100 }, (i) => i > 0)
    const measure = async (
      name: string,
      vips: number,
      settings: string,
      flags: readonly string[] = [],
    ): Promise<void> => {
      const daemon = startDaemon(t, all, all.nodes[0]!, COMMON + settings, flags)
      try {
        // what it watches: those of which it says a verdict
        await untilAllOk([daemon], 1, 60_000)
        await pause(25_000 + vips * 20)
        const before = daemon.usage()
        await pause(SECONDS * 1000)
        const after = daemon.usage()
        const percent = (after.cpuMs - before.cpuMs) / SECONDS / 10
        const [ms, cpu]: [number[], number[]] = [[], []]
        let text = ''
        for (let i = 0; i < 8; i++) {
          const used = daemon.usage().cpuMs
          const startMs = performance.now()
          text = await daemon.get('/metrics')
          ms.push(performance.now() - startMs)
          await pause(2100)
          cpu.push(daemon.usage().cpuMs - used)
        }
        const reportMs = performance.now()
        const report = await daemon.get('/api/v1/report')
        const watched = [...text.matchAll(/^arpcheck_vip_verdict\{[^}]*\} 1$/gm)].length
        told.push(`| ${[`${vips}, ${name}`, watched, percent.toFixed(2), `${after.rssMb} MB`, `${median(ms).toFixed(0)} ms (most ${Math.max(...ms).toFixed(0)})`, `${(text.length / 1024).toFixed(0)} KiB`, `${(cpu.reduce((a, b) => a + b) / cpu.length).toFixed(0)} ms`, `${(report.length / 1024).toFixed(0)} KiB, ${(performance.now() - reportMs).toFixed(0)} ms`].join(' | ')} |`) // prettier-ignore
        assert.doesNotMatch(daemon.log(), /a mistake of ours/)
      } finally {
        daemon.child.kill('SIGTERM')
        await daemon.ended
      }
    }
    await measure('2', 100, '')
    await measure('2, --max-semi-space-size=2', 100, '', SMALL_YOUNG)
    await measure('all', 100, 'vantages: all\n', SMALL_YOUNG)
    for (let i = 100; i < 1000; i++) serviceComes(all, vipOf(i))
    await measure('2', 1000, '')
    await measure('2, --max-semi-space-size=2', 1000, '', SMALL_YOUNG)
    process.stderr.write(`${told.join('\n')}\n`)
  })
})
