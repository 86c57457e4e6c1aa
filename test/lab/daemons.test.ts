import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { seededRandom } from '../../src/core/random.ts'
import type { StoryResult } from '../../src/lab/run.ts'
import { parseStory } from '../../src/lab/story.ts'
import { NO_PROMTOOL } from '../helpers/promql.ts'
import { alertsOver, firstSeen, inputSeries, seriesOf, valueAt } from '../helpers/scraped.ts'
import {
  HOLD_DOWN_S,
  INTERVAL_S,
  lossesOf,
  MARGIN_S,
  quantile,
  tellLosses,
  staleViewsStory,
  VIPS_A_ROUND,
  writeStory,
} from '../helpers/stale-views.ts'
import { ownFolder } from '../helpers/folder.ts'
import { failures, playStory, skipReason, USERS } from './lab.ts'

// Four real daemons on the lab's four nodes, against the lab's API, speakers and member lists: what their metrics say of a
// clean fail-over, and of one that never comes. Not covered: a real memberlist (daemon.soak.ts).
// Runs alone: what is exported when is held against time.
// May take 300 s: labs of others on the same machine come first.

const folder = ownFolder()
const [user] = USERS
const skip = skipReason(user)
const VIP = '192.168.1.60'
const NODES = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']
const LEFT = NODES.slice(0, 3)
const FAULTS = /"verdict":"(?:silent|mismatch|duplicate|foreign|unexpected)"/
/** Probe, probe missed, suspicion of four members on a LAN: when the lab's speakers drop a dead node. */
const DROPPED_S = 6
/** What a machine of two cores that is busy with others may add. */
const BUSY_S = 10
/** `for` of ArpcheckVIPSilent. */
const FOR_S = 30

// What a story may wait for of its daemons' metrics.
for (const [until, said] of [
  ['every arpcheck_vantages == 2', /the story has no daemons/],
  ['nuc-9 arpcheck_vantages == 2', /there is no host "nuc-9"/],
  ['every arpcheck_vantages', /write: NUMBER who-has ADDRESS, or any, every or HOST, METRIC/],
] as const) {
  test(`until: ${until} → refused, with ${String(said)}`, () => {
    const daemons = said.source.includes('nuc-9') ? '  daemons: true\n' : '  services: {}\n'
    const story = `name: one\ntells: One.\ncluster:\n${daemons}steps:\n  - until: ${until}\n`
    assert.throws(
      () => parseStory(story, 'one.yaml'),
      (error: Error) => said.test(String([error.message, ...(error as { remedy?: string[] }).remedy!])),
    )
  })
}

suite('four daemons', { concurrency: 2, skip }, () => {
  test('power loss and a clean fail-over → outage and owner change counted, no fault verdict, no alert', async (t) => {
    const story = writeStory(
      folder,
      'over',
      `name: over
tells: nuc-4 loses power, the others drop it after six seconds, and nuc-1 takes .60 over.
cluster:
  daemons: [--interval, ${INTERVAL_S}s, --confirm-interval, 1s]
  services:
    ingress/traefik: { ip: ${VIP} }
    gitea: { ip: 192.168.1.62 }
steps:
  - until: every arpcheck_members{view="read"} == 4
  - until: every arpcheck_vantages == 2
  - until: every arpcheck_vip_verdict{vip="${VIP}",verdict="ok"} == 1
  - fault: power-off nuc-4
  - until: any arpcheck_vip_silence_seconds{vip="${VIP}"} > 0
  - until: any arpcheck_failover_outage_seconds_count > 0
  - until: every arpcheck_vip_verdict{verdict="settling"} == 0
`,
    )
    const result = await playStory(user, story)
    assert.ok(result.passed, failures(result))
    endedWell(result, LEFT)
    const lostMs = result.faults[0]!.atMs
    const series = { owner: seriesOf('arpcheck_vip_owner_changes_total', { vip: VIP }) }
    const saw = LEFT.filter(
      (host) => firstSeen(result, host, series.owner, (n) => n === 1, lostMs) !== undefined,
    )
    assert.ok(saw.length > 0, 'nobody counted the owner change')
    for (const host of saw) {
      const intervalS = valueAt(
        result,
        host,
        seriesOf('arpcheck_vip_probe_interval_seconds', { vip: VIP }),
        lostMs,
      )!
      const outageS = valueAt(
        result,
        host,
        'arpcheck_failover_outage_seconds_sum{provider="metallb"}',
        Infinity,
      )!
      t.diagnostic(
        `${host}: injected 6 s and the time to react, outage ${outageS.toFixed(2)} s at interval ${intervalS.toFixed(1)} s`,
      )
      assert.ok(outageS >= DROPPED_S && outageS <= DROPPED_S + intervalS + 1 + BUSY_S, `${host}: ${outageS}`)
    }
    assert.deepEqual(detections(result), [], 'a fault was detected')
    for (const { host, log } of result.daemons) assert.doesNotMatch(log, FAULTS, host)
    await t.test('ArpcheckVIPSilent stays quiet', { skip: NO_PROMTOOL }, () => {
      const seconds = Math.floor((result.scraped.at(-1)!.atMs - lostMs) / 1000)
      const quiet = Array.from({ length: seconds }, (_, s) => alert(s, []))
      assert.equal(alertsOver(inputSeries(result, lostMs, seconds), quiet), null)
    })
  })

  test('stale views: raw silence and the fault verdict come in time, and the alert fires', async (t) => {
    const rounds = 2
    const last = Array.from({ length: 4 }, () => ({ wait: 8000 }))
    const story = writeStory(folder, 'stale', staleViewsStory(rounds, seededRandom(11), last))
    const result = await playStory(user, story)
    assert.ok(result.passed, failures(result))
    endedWell(result, NODES)
    const losses = lossesOf(result)
    assert.ok(losses.length >= rounds * VIPS_A_ROUND, `${losses.length} losses`)
    tellLosses(t, losses)
    // what a busy machine delays is no fault of theirs: the soak holds the p99
    const silence = losses.map(({ silenceS, intervalS }) => silenceS - intervalS)
    const verdict = losses.map(({ verdictS, intervalS }) => verdictS - intervalS - HOLD_DOWN_S)
    for (const [what, late] of Object.entries({ silence, verdict })) {
      assert.ok(quantile(late, 0.9) <= 1 + MARGIN_S, `${what}: ${late.join(', ')}`)
      assert.ok(Math.max(...late) <= 1 + MARGIN_S + BUSY_S, `${what}: ${late.join(', ')}`)
    }
    assert.ok(detections(result).length > 0, 'no detection delay was observed')
    await t.test(
      'ArpcheckVIPSilent fires 30 s after the verdict, and not before',
      { skip: NO_PROMTOOL },
      () => {
        const beganMs = result.faults.findLast(({ text }) => text === 'unplug nuc-4')!.atMs
        const own = losses.filter(({ vip }) => vip === VIP).slice(-2)
        const verdictS = Math.min(...own.map((loss) => loss.verdictS))
        const seconds = Math.floor((result.scraped.at(-1)!.atMs - beganMs) / 1000)
        const firesS = Math.ceil(verdictS) + FOR_S
        assert.ok(seconds > firesS, `${seconds} s were recorded, ${firesS} are needed`)
        const series = inputSeries(result, beganMs, seconds).filter(({ series: key }) =>
          key.includes(`vip="${VIP}"`),
        )
        const quiet = Array.from({ length: firesS }, (_, s) => alert(s, []))
        assert.equal(alertsOver(series, [...quiet, alert(firesS, [FIRING])]), null)
      },
    )
  })
})

/** Every daemon that still had power came to its end by itself, in time. */
function endedWell({ daemons }: StoryResult, hosts: readonly string[]): void {
  for (const { host, exit, stopMs, log } of daemons.filter((one) => hosts.includes(one.host))) {
    assert.equal(exit, 0, `${host}: ${log.slice(-2000)}`)
    assert.ok(stopMs < 2000 + BUSY_S * 1000, `${host} took ${stopMs} ms to end`)
  }
}

/** What the histograms of detection hold at the end. */
function detections({ daemons }: StoryResult): string[] {
  return daemons.flatMap(({ host, metrics }) =>
    [...(metrics ?? '').matchAll(/^arpcheck_detection_delay_seconds_count\{.*\} (?!0$).*$/gm)].map(
      ([line]) => `${host} ${line}`,
    ),
  )
}

const FIRING = {
  exp_labels: { severity: 'critical', vip: VIP },
  exp_annotations: {
    summary: `VIP ${VIP} default/vip-0 is not answered on the network`,
    description: `Clients get "no route to host". Run: arpcheck explain ${VIP}`,
    runbook: 'docs/runbooks/ArpcheckVIPSilent.md',
  },
}

function alert(second: number, exp_alerts: readonly object[]): object {
  return { eval_time: `${second}s`, alertname: 'ArpcheckVIPSilent', exp_alerts }
}
