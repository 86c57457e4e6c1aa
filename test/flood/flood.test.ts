// Runs alone: floods take the processor that all else would need.
// May take 300 s: on a busy machine a check in a flood takes a multiple of its time.
// Frames that arrive as fast as this machine makes them, for a few seconds each: one check, and the daemon.
// Longer, and with figures: once.soak.ts, daemon.soak.ts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from '../../src/check.ts'
import { parseIp } from '../../src/core/ip.ts'
import { parseMac } from '../../src/core/mac.ts'
import type { Report } from '../../src/core/report.ts'
import { liveEdges } from '../../src/live.ts'
import { flooding, KINDS } from '../helpers/flood.ts'
import {
  ASKER,
  framesIn,
  OWNED,
  peakMb,
  probesOf,
  recordedHomelab,
  segment,
  SETTINGS,
  SILENT,
  verdictIn,
} from '../helpers/flooded.ts'
import { inNamespaces } from '../helpers/netns.ts'
import { NUC_MACS } from '../helpers/nucs.ts'
import { runProgram } from '../helpers/program.ts'
import { RunningDaemon } from '../helpers/running-daemon.ts'

/** Whoever answers must not be accused, and silence must not be called well, whatever else comes. */
const HONEST = {
  answered: ['ok', 'unknown frames-lost', 'unknown deaf-vantage'],
  silent: ['silent', 'unknown frames-lost', 'unknown deaf-vantage'],
  /** Many answer: that is seen, or one of them, or nobody. */
  claimed: ['ok', 'duplicate', 'mismatch', 'unknown frames-lost', 'unknown deaf-vantage'],
}
/** Of one daemon: 93 MB at rest, 190 seen. */
const CEILING_MB = 300
const OK = new RegExp(`^arpcheck_vip_verdict\\{vip="${OWNED}",verdict="ok"\\} 1$`, 'm')
const MAC = NUC_MACS['nuc-4']

inNamespaces(() => {
  const owner = segment()
  const other = '192.168.1.100'
  owner.run('ip', 'address', 'add', `${other}/32`, 'dev', 'far0')
  const flood = flooding()
  const floodOf = (kind: (typeof KINDS)[number], seconds: number) =>
    flood({ kind, device: 'eno1', vip: OWNED, to: ASKER, seconds })

  for (const kind of KINDS)
    test(`one check in a flood (${kind}) → who answers is ok, who does not is silent, or what was lost is said`, async (t) => {
      const flooded = floodOf(kind, 20)
      const wanted = [other, SILENT, OWNED].map((ip) => `${ip}=${MAC}`)
      const argv = ['--count', '1', '--timeout', '300ms', '-o', 'json', ...wanted]
      const { stdout, stderr } = await runProgram(argv, { ARPCHECK_NO_KUBE: '1' })
      flooded.stop()
      await flooded.ended
      assert.notEqual(stdout, '', stderr)
      const { vips, frames } = JSON.parse(stdout) as Report
      t.diagnostic(JSON.stringify(frames))
      assert.ok(frames.received > 1000, `${frames.received} frames came`)
      const said = Object.fromEntries(
        vips.map(({ vip, verdict, reason }) => [vip, reason ? `${verdict} ${reason}` : verdict]),
      )
      assert.ok(HONEST.answered.includes(said[other]!), said[other])
      assert.ok(HONEST.silent.includes(said[SILENT]!), said[SILENT])
      assert.ok(HONEST[kind === 'claims' ? 'claimed' : 'answered'].includes(said[OWNED]!), said[OWNED])
    })

  test('JavaScript blocked for 200 ms while a flood comes and questions are answered → ok, or what was lost is said', async () => {
    const edges = liveEdges()
    const flooded = floodOf('random', 20)
    const pace = { count: 1, intervalMs: 100, timeoutMs: 300, rate: null, sender: 'auto' } as const
    const targets = [OWNED, SILENT].map((ip) => ({ vip: parseIp(ip)!, macs: [parseMac(MAC)!] }))
    const options = { targets, mustBeFree: [], interfaces: ['eno1'], ...pace }
    let blocked = false
    const openCapture: typeof edges.openCapture = (name, frames, events) => {
      const capture = edges.openCapture(name, frames, events)
      return {
        engine: capture.engine,
        can: capture.can,
        send: async (batch) => {
          const sent = capture.send(batch)
          block(200)
          blocked = true
          return sent
        },
        drain: () => capture.drain(),
        statistics: () => capture.statistics(),
        close: () => capture.close(),
      }
    }
    const { vips, frames } = await check(options, { ...edges, openCapture }, new AbortController().signal)
    flooded.stop()
    await flooded.ended
    assert.ok(blocked && frames.received > 1000)
    const [owned, silent] = vips.map(({ verdict, reason }) => (reason ? `${verdict} ${reason}` : verdict))
    assert.ok(HONEST.answered.includes(owned!), owned)
    assert.ok(HONEST.silent.includes(silent!), silent)
  })

  test('the daemon in each flood → nobody is accused, its memory stays bounded, and the next round tells as before', async (t) => {
    const daemon = await RunningDaemon.start(t, SETTINGS, 10_840, recordedHomelab())
    await daemon.metric(OK, 60_000)
    for (const kind of KINDS) {
      const before = framesIn(await daemon.scrape())
      const flooded = floodOf(kind, 3)
      const seen = new Set<string>()
      while (!flooded.isOver()) {
        seen.add(verdictIn(await daemon.scrape(), OWNED) ?? 'none')
        await new Promise((resolve) => setTimeout(resolve, 50)) // the flood has its own time
      }
      const { frames } = (await flooded.ended)!
      const ended = await daemon.scrape()
      await daemon.metric(OK, 60_000)
      const rounds = probesOf(await daemon.scrape(), OWNED) - probesOf(ended, OWNED)
      const came = framesIn(ended).received - before.received
      t.diagnostic(
        `${kind}: ${frames} offered, ${came} received, ${[...seen].join()}, ${rounds} rounds to ok`,
      )
      const honest = [
        'ok',
        'unknown',
        'settling',
        'none',
        ...(kind === 'claims' ? ['foreign', 'duplicate'] : []),
      ]
      for (const verdict of seen) assert.ok(honest.includes(verdict), `${kind}: ${verdict}\n${daemon.log}`)
      assert.ok(came > frames / 2, `${came} of ${frames} came`)
      // one was under way when the flood ended
      assert.ok(rounds <= 2, `${kind}: ${rounds} rounds until ok\n${daemon.log}`)
    }
    const peak = peakMb(daemon)
    t.diagnostic(`${peak.toFixed(0)} MB at most`)
    assert.ok(peak < CEILING_MB, `${peak} MB`)
    assert.equal((await daemon.terminate()).status, 0, daemon.log)
    assert.doesNotMatch(daemon.log, /a mistake of ours/)
  })
})

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
