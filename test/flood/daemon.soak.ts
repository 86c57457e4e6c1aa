// Runs alone: floods take the processor that all else would need.
// Floods of replies against the running daemon, each SOAK_SECONDS (10) long, as fast as this machine makes them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flooding, KINDS } from '../helpers/flood.ts'
import {
  ASKER,
  framesIn,
  lagBelow,
  lagsIn,
  OWNED,
  peakMb,
  recordedHomelab,
  segment,
  SETTINGS,
  verdictIn,
} from '../helpers/flooded.ts'
import { inNamespaces } from '../helpers/netns.ts'
import { RunningDaemon } from '../helpers/running-daemon.ts'

const seconds = Number(process.env['SOAK_SECONDS'] ?? 10)

inNamespaces(() => {
  segment()
  const flood = flooding()
  for (const kind of KINDS)
    test(`the daemon in a flood (${kind}) → nobody is accused, lag p99 at most a second, memory bounded`, async (t) => {
      const daemon = await RunningDaemon.start(t, SETTINGS, 10_840, recordedHomelab())
      await daemon.metric(new RegExp(`verdict\\{vip="${OWNED}",verdict="ok"\\} 1`), 20_000)
      const quietMb = peakMb(daemon)
      const before = await daemon.scrape()
      const { ended, isOver } = flood({ kind, device: 'eno1', vip: OWNED, to: ASKER, seconds })
      const seen = new Map<string, number>()
      let slowest = 0
      while (!isOver()) {
        const began = performance.now()
        const scrape = await daemon.scrape()
        slowest = Math.max(slowest, performance.now() - began)
        const verdicts = `${verdictIn(scrape, OWNED)}`
        seen.set(verdicts, (seen.get(verdicts) ?? 0) + 1)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      const { frames, seconds: took } = (await ended)!
      const began = performance.now()
      await daemon.metric(new RegExp(`verdict\\{vip="${OWNED}",verdict="ok"\\} 1`), 20_000)
      const back = performance.now() - began
      const after = await daemon.scrape()
      const peak = peakMb(daemon)
      const lags = [lagsIn(before), lagsIn(after)] as const
      t.diagnostic(
        JSON.stringify({
          kind,
          offered: Math.round(frames / took),
          frames,
          before: framesIn(before),
          after: framesIn(after),
          lag: [lagBelow(0.5, ...lags), lagBelow(0.99, ...lags)],
          slowest,
          quietMb,
          peakMb: Math.round(peak),
          seen: [...seen],
          back,
        }),
      )
      const honest = ['ok', 'unknown', 'settling', ...(kind === 'claims' ? ['foreign', 'duplicate'] : [])]
      for (const verdict of seen.keys()) assert.ok(honest.includes(verdict), `${verdict}\n${daemon.log}`)
      assert.ok(lagBelow(0.99, ...lags) <= 1, `${lagBelow(0.99, ...lags)} s`)
      assert.ok(peak < 300, `${peak} MB`)
    })
})
