// Runs alone: floods take the processor that all else would need.
// Floods of replies against one check after another, SOAK_SECONDS (10) of each kind.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Report } from '../../src/core/report.ts'
import { flooding, KINDS } from '../helpers/flood.ts'
import { ASKER, OWNED, segment } from '../helpers/flooded.ts'
import { inNamespaces } from '../helpers/netns.ts'
import { NUC_MACS } from '../helpers/nucs.ts'
import { runProgram } from '../helpers/program.ts'

const seconds = Number(process.env['SOAK_SECONDS'] ?? 10)
const MAC = NUC_MACS['nuc-4']
const ANSWERED = Array.from({ length: 20 }, (_, i) => `192.168.1.${100 + i}`)
const UNANSWERED = Array.from({ length: 5 }, (_, i) => `192.168.1.${130 + i}`)

inNamespaces(() => {
  const owner = segment()
  for (const ip of ANSWERED) owner.run('ip', 'address', 'add', `${ip}/32`, 'dev', 'far0')
  const flood = flooding()
  for (const kind of KINDS)
    test(`${kind}: who answers is ok or unknown, who does not is silent or unknown`, async (t) => {
      const { ended, isOver } = flood({ kind, device: 'eno1', vip: OWNED, to: ASKER, seconds })
      const verdicts = new Map<string, number>()
      let [checks, received, lost] = [0, 0, 0]
      let peakMb = 0
      while (!isOver()) {
        const wanted = [...ANSWERED, ...UNANSWERED, OWNED].map((ip) => `${ip}=${MAC}`)
        const argv = ['--interval', '100ms', '--timeout', '300ms', '-o', 'json', ...wanted]
        const { stdout, stderr } = await runProgram(argv, { ARPCHECK_NO_KUBE: '1' }, undefined, [
          '/usr/bin/env',
          'time',
          '-f',
          'rss %M',
        ])
        assert.notEqual(stdout, '', stderr)
        const report = JSON.parse(stdout) as Report
        peakMb = Math.max(peakMb, Number(/rss (\d+)/.exec(stderr)?.[1] ?? 0) / 1024)
        checks++
        for (const { vip, verdict, reason } of report.vips) {
          const who = vip === OWNED ? 'claimed' : ANSWERED.includes(vip) ? 'answered' : 'unanswered'
          const key = `${who} ${verdict} ${reason ?? ''}`
          verdicts.set(key, (verdicts.get(key) ?? 0) + 1)
        }
        lost += report.frames.kernelDrops! + report.frames.ringDrops!
        received += report.frames.received
      }
      const said = [...verdicts.keys()]
      assert.ok(
        !said.some((one) => /^answered (?!ok|unknown)|^unanswered (?!silent|unknown)/.test(one)),
        said.join(),
      )
      assert.ok(!said.some((one) => one.startsWith('claimed silent')), said.join())
      const { frames, seconds: took } = (await ended)!
      t.diagnostic(
        JSON.stringify({
          kind,
          offered: Math.round(frames / took),
          checks,
          received,
          lost,
          peakMb,
          verdicts: [...verdicts],
        }),
      )
    })
})
