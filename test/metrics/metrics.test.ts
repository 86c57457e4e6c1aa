import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { suite, test } from 'node:test'
import type { Clock } from '../../src/clock.ts'
import type { Finding } from '../../src/core/findings.ts'
import { VERDICTS } from '../../src/core/verdict.ts'
import { metricOf, METRICS, RUNTIME_METRICS, type MetricName } from '../../src/core/watch/metric-names.ts'
import type { VipState, WatchState } from '../../src/core/watch/state.ts'
import { Metrics } from '../../src/metrics/metrics.ts'
import { metricsTable } from '../../src/metrics/table.ts'
import { FakeClock } from '../helpers/clock.ts'
import {
  address,
  answer,
  AT,
  interfaceState,
  macNumber,
  manyVips,
  row,
  vipState,
  watchState,
} from '../helpers/watched.ts'

// What a scrape says of a state. Not covered: who may scrape, and how (server.test.ts, auth.test.ts).

const V60 = address('192.168.1.60')
const V61 = address('192.168.1.61')
const BUILD = { version: '1.2.3', revision: 'abc', runtime: 'node v20' }

class Scraped {
  state: WatchState
  readonly clock = new FakeClock()
  readonly metrics: Metrics

  constructor(state: WatchState, maxVips = 500) {
    this.state = state
    this.metrics = new Metrics({ state: () => this.state, clock: this.clock, build: BUILD, maxVips })
  }

  async lines(pattern: RegExp | string, format: 'text' | 'openmetrics' = 'text'): Promise<string[]> {
    const text = await this.metrics.scrape(format)
    return text.split('\n').filter((line) => !line.startsWith('#') && line.match(pattern))
  }
}

function scraped(vips: readonly VipState[], changed: Partial<WatchState> = {}): Scraped {
  return new Scraped(watchState(vips, changed))
}

function finding(code: Finding['code']): Finding {
  return { code, severity: 'error', message: '', why: [], next: [] }
}

suite('a VIP', () => {
  for (const verdict of VERDICTS) {
    test(`${verdict} → 1 for ${verdict} and 0 for the nine others`, async () => {
      const lines = await scraped([vipState(V60, { row: row(V60, verdict) })]).lines('arpcheck_vip_verdict')
      assert.deepEqual(
        lines,
        VERDICTS.map(
          (one) => `arpcheck_vip_verdict{vip="${V60}",verdict="${one}"} ${one === verdict ? 1 : 0}`,
        ),
      )
    })
  }

  test('watched and not yet judged → every verdict is there, at 0', async () => {
    const lines = await scraped([vipState(V60, { row: null })]).lines('arpcheck_vip_verdict')
    assert.deepEqual([lines.length, lines.filter((line) => line.endsWith(' 0')).length], [10, 10])
  })

  test('that another vantage watches → its names and vantages, and nothing that could be taken for a judgement', async () => {
    const lines = await scraped([vipState(V60, { row: null, vantages: ['nuc-1', 'nuc-2'] })]).lines(V60)
    assert.deepEqual(lines, [
      `arpcheck_vip_info{vip="${V60}",namespace="ingress",service="traefik",pool="default",provider="metallb"} 1`,
      `arpcheck_vantages{vip="${V60}"} 2`,
    ])
  })

  test('that nobody can test → 0, though nobody watches it, so that no alert asks for a vantage', async () => {
    const nobodys = vipState(V60, { row: null, vantages: [], testable: false })
    assert.deepEqual(await scraped([nobodys]).lines('arpcheck_vip_testable'), [
      `arpcheck_vip_testable{vip="${V60}"} 0`,
    ])
  })

  test('on a host that is no node → watched, whoever its vantages are', async () => {
    const lines = await scraped([vipState(V60, { row: null })], { node: null }).lines('arpcheck_vip_testable')
    assert.deepEqual(lines, [`arpcheck_vip_testable{vip="${V60}"} 1`])
  })

  test('that is new has its counters at 0, so that its first failure is an increase', async () => {
    const lines = await scraped([vipState(V60)]).lines(/_total\{vip=/)
    assert.deepEqual(lines, [
      `arpcheck_vip_owner_changes_total{vip="${V60}"} 0`,
      `arpcheck_vip_probes_total{vip="${V60}",result="good"} 0`,
      `arpcheck_vip_probes_total{vip="${V60}",result="bad"} 0`,
      `arpcheck_vip_probes_total{vip="${V60}",result="excluded"} 0`,
      `arpcheck_gratuitous_total{vip="${V60}",relation="expected"} 0`,
      `arpcheck_gratuitous_total{vip="${V60}",relation="other_node"} 0`,
      `arpcheck_gratuitous_total{vip="${V60}",relation="foreign"} 0`,
      `arpcheck_vip_replies_heard_total{vip="${V60}",relation="expected"} 0`,
      `arpcheck_vip_replies_heard_total{vip="${V60}",relation="other_node"} 0`,
      `arpcheck_vip_replies_heard_total{vip="${V60}",relation="foreign"} 0`,
    ])
  })

  test('that goes takes every series along', async () => {
    const daemon = scraped([vipState(V60), vipState(V61)])
    assert.ok((await daemon.lines(V61)).length > 20)
    daemon.state = watchState([vipState(V60)])
    assert.deepEqual(await daemon.lines(V61), [])
    assert.ok((await daemon.lines(V60)).length > 20)
  })

  test('silent → its silence grows with the clock, not with the rounds', async () => {
    const daemon = scraped([vipState(V60, { silentSinceMs: 0 }), vipState(V61)])
    await daemon.clock.sleep(42_500)
    assert.deepEqual(await daemon.lines('silence_seconds'), [
      `arpcheck_vip_silence_seconds{vip="${V60}"} 42.5`,
      `arpcheck_vip_silence_seconds{vip="${V61}"} 0`,
    ])
  })

  test('never answered → no time stamp, which would be read as 1970', async () => {
    const lines = await scraped([vipState(V60, { lastAnswerAt: null }), vipState(V61)]).lines('last_answer')
    assert.deepEqual(lines, [`arpcheck_vip_last_answer_timestamp_seconds{vip="${V61}"} ${AT / 1000}`])
  })

  test('a finding that held before → 0; one that never did → absent', async () => {
    const findings = [finding('ARP101')]
    const fired = new Map([
      ['ARP101', 'error'],
      ['ARP501', 'warning'],
    ]) as unknown as VipState['firedFindings']
    const lines = await scraped([
      vipState(V60, { row: row(V60, 'silent', { findings }), firedFindings: fired }),
    ]).lines('finding_active')
    assert.deepEqual(lines, [
      `arpcheck_finding_active{vip="${V60}",code="ARP101",severity="error"} 1`,
      `arpcheck_finding_active{vip="${V60}",code="ARP501",severity="warning"} 0`,
    ])
  })

  test('several Services on one address → one series, or no query could join by vip', async () => {
    const services = ['ingress/traefik', 'ingress/nginx', 'media/jellyfin']
    const lines = await scraped([vipState(V60, { services })]).lines('vip_info')
    assert.equal(lines.length, 1)
    assert.match(lines[0]!, /namespace="ingress,media",service="traefik,nginx,jellyfin"/)
  })

  test('truths → a series for each, by what says so', async () => {
    const truths = { elected: ['nuc-2'], recorded: ['nuc-4'], claimed: ['nuc-1', 'nuc-2'], answered: [] }
    const lines = await scraped([vipState(V60, { row: row(V60, 'ok', { truths }) })]).lines('expected_owner')
    assert.deepEqual(
      lines.map((line) => /node="(.*)",source="(.*)"/.exec(line)!.slice(1).join()),
      ['nuc-2,elected', 'nuc-4,recorded', 'nuc-1,claimed', 'nuc-2,claimed'],
    )
  })
})

suite('labels are bounded', () => {
  for (const [count, series] of [
    [0, 0],
    [1, 1],
    [8, 8],
    [9, 9],
    [4000, 9],
  ] as const) {
    test(`${count} MACs answer → ${series} series of owners`, async () => {
      const answered = Array.from({ length: count }, (_, i) => answer(macNumber(i), null, 'foreign'))
      const daemon = scraped([vipState(V60, { row: row(V60, 'foreign', { answered }) })])
      const lines = await daemon.lines('observed_owner')
      assert.equal(lines.length, series)
      assert.equal(lines.filter((line) => line.includes('mac="other"')).length, count > 8 ? 1 : 0)
      assert.deepEqual(await daemon.lines('vip_answerers'), [`arpcheck_vip_answerers{vip="${V60}"} ${count}`])
    })
  }

  test('501 VIPs under a cap of 500 → 500 have series, and one is told to be left out', async () => {
    const daemon = scraped(manyVips(501))
    assert.equal((await daemon.lines('arpcheck_vip_info')).length, 500)
    assert.deepEqual(await daemon.lines('left_out'), ['arpcheck_metrics_vips_left_out 1'])
  })

  test('300 Services on one address → 8 names and "other"', async () => {
    const services = Array.from({ length: 300 }, (_, i) => `ns/s${i}`)
    const [line] = await scraped([vipState(V60, { services })]).lines('vip_info')
    assert.match(line!, /service="s0,s1,s2,s3,s4,s5,s6,s7,other"/)
  })

  test('an endless list of reasons → 16 of them', async () => {
    const errors = new Map(Array.from({ length: 1000 }, (_, i) => [`reason ${i}`, 1]))
    const sources: WatchState['sources'] = new Map([
      ['nodes', { readable: 'yes', lastSuccessAt: AT, errors }],
    ])
    assert.equal((await scraped([], { sources }).lines('expectation_errors')).length, 16)
  })

  test('a name with quotes, backslashes and line ends stays one label of one line', async () => {
    const daemon = scraped([vipState(V60, { pool: 'a"b\\c\nd' })])
    assert.equal((await daemon.lines('vip_info'))[0]!.includes('pool="a\\"b\\\\c\\nd"'), true)
  })
})

suite('the vantage', () => {
  test('each mode and result, each reason of a drop is there from the start', async () => {
    const daemon = scraped([])
    assert.equal((await daemon.lines('arpcheck_probes_total')).length, 6)
    assert.deepEqual(await daemon.lines('frames_dropped'), [
      'arpcheck_frames_dropped_total{interface="eno1",reason="kernel"} 0',
      'arpcheck_frames_dropped_total{interface="eno1",reason="ring"} 0',
      'arpcheck_frames_dropped_total{interface="eno1",reason="malformed"} 0',
      'arpcheck_frames_dropped_total{interface="eno1",reason="rate_limit"} 0',
    ])
  })

  test('what nobody knows is absent, not 0', async () => {
    const daemon = scraped([])
    assert.deepEqual(await daemon.lines(/node_answers|members|disagreement|canary/), [
      'arpcheck_canary_up{interface="eno1",kind="must_answer"} 1',
      'arpcheck_node_answers{node="nuc-1"} 1',
      'arpcheck_node_answers{node="nuc-4"} 0',
      'arpcheck_members{view="pods_listed"} 4',
      'arpcheck_members{view="pods_ready"} 3',
      'arpcheck_members{view="nodes_ready"} 3',
    ])
  })

  test('an input that is denied → 0; one that this cluster does not have → 1', async () => {
    assert.deepEqual(await scraped([]).lines('source_readable'), [
      'arpcheck_source_readable{source="services"} 1',
      'arpcheck_source_readable{source="nodes"} 0',
      'arpcheck_source_readable{source="l2Statuses"} 1',
    ])
  })

  test('this process: memory, event loop and start', async () => {
    const text = await scraped([]).metrics.scrape('text')
    for (const name of ['process_resident_memory_bytes', 'process_start_time', 'nodejs_heap_size_used_bytes'])
      assert.match(text, new RegExp(`^${name}`, 'm'))
  })
})

test('a timer that fires late is lag, and the watch ends with its signal', async () => {
  const daemon = scraped([])
  const stop = new AbortController()
  const late: Clock = {
    wallNs: () => 0n,
    monotonicMs: () => daemon.clock.monotonicMs(),
    sleep: async (ms) => {
      if (daemon.clock.monotonicMs() > 4000) stop.abort()
      await daemon.clock.sleep(ms + 40)
    },
  }
  const metrics = new Metrics({ state: () => daemon.state, clock: late, build: BUILD, maxVips: 1 })
  await metrics.watchLag(stop.signal)
  const text = await metrics.scrape('text')
  assert.match(text, /^arpcheck_event_loop_lag_seconds_bucket\{le="0.025"\} 0$/m)
  assert.match(text, /^arpcheck_event_loop_lag_seconds_bucket\{le="0.05"\} 4$/m)
})

suite('histograms', () => {
  test('are there before anything was seen', async () => {
    assert.deepEqual(await scraped([]).lines('_count'), [
      'arpcheck_probe_rtt_seconds_count{interface="eno1"} 0',
      'arpcheck_failover_outage_seconds_count{provider="metallb"} 0',
      ...['mismatch', 'duplicate', 'foreign', 'silent', 'unexpected'].map(
        (verdict) => `arpcheck_detection_delay_seconds_count{verdict="${verdict}"} 0`,
      ),
      'arpcheck_event_loop_lag_seconds_count 0',
    ])
  })

  test('an observation is counted in its bucket and in those above', async () => {
    const daemon = scraped([])
    daemon.metrics.observe({ what: 'outage', seconds: 9 })
    daemon.metrics.observe({ what: 'detection', verdict: 'silent', seconds: 700 })
    daemon.metrics.observe({ what: 'rtt', interface: 'eno1', seconds: 0.0003 })
    const lines = await daemon.lines(
      /outage_seconds_bucket.*le="(8|10)"|(sum|count)\{verdict="silent"|rtt_seconds_sum/,
    )
    assert.deepEqual(lines, [
      'arpcheck_probe_rtt_seconds_sum{interface="eno1"} 0.0003',
      'arpcheck_failover_outage_seconds_bucket{le="8",provider="metallb"} 0',
      'arpcheck_failover_outage_seconds_bucket{le="10",provider="metallb"} 1',
      'arpcheck_detection_delay_seconds_sum{verdict="silent"} 700',
      'arpcheck_detection_delay_seconds_count{verdict="silent"} 1',
    ])
  })

  test('an interface that goes takes its series along; one that nobody knows gets none', async () => {
    const daemon = scraped([])
    daemon.metrics.observe({ what: 'rtt', interface: 'veth0', seconds: 1 })
    daemon.state = watchState([], { interfaces: new Map([['eno2', interfaceState('eno2')]]) })
    assert.deepEqual(await daemon.lines('rtt_seconds_count'), [
      'arpcheck_probe_rtt_seconds_count{interface="eno2"} 0',
    ])
  })
})

suite('as OpenMetrics', () => {
  test('counters lose _total in their family, samples keep it, an end is marked, no line is empty', async () => {
    const daemon = scraped([vipState(V60)])
    const text = await daemon.metrics.scrape('openmetrics')
    assert.match(text, /^# TYPE arpcheck_vip_owner_changes counter$/m)
    assert.match(text, /^arpcheck_vip_owner_changes_total\{/m)
    assert.ok(text.endsWith('\n# EOF\n') && !text.includes('\n\n'))
  })

  test('the next scrape in the other format is as if there had been none', async () => {
    const daemon = scraped([vipState(V60)])
    const names = (text: string): string[] => text.match(/^# TYPE .*$/gm)!
    const before = names(await daemon.metrics.scrape('text'))
    await daemon.metrics.scrape('openmetrics')
    assert.deepEqual(names(await daemon.metrics.scrape('text')), before)
  })
})

test('a scrape in the middle of another shows one moment', async () => {
  const daemon = scraped(manyVips(50))
  const first = daemon.metrics.scrape('text')
  daemon.state = watchState([])
  const [before, after] = await Promise.all([first, daemon.metrics.scrape('text')])
  assert.equal(before.match(/^arpcheck_vip_testable\{/gm)!.length, 50)
  assert.equal(before.match(/^arpcheck_vip_verdict\{/gm)!.length, 500)
  assert.doesNotMatch(after, /^arpcheck_vip_\w+\{/m)
})

test('every metric that is declared is exported, and none of ours that is not; labels have no value beyond their set', async () => {
  const answered = Array.from({ length: 9 }, (_, i) => answer(macNumber(i), null, 'foreign'))
  const daemon = scraped([vipState(V60), vipState(V61, { row: row(V61, 'foreign', { answered }) })], {
    membersDisagree: false,
  })
  const text = await daemon.metrics.scrape('text')
  const types = [...text.matchAll(/^# TYPE (arpcheck_\w+) (\w+)$/gm)].map(([, name, type]) => [name, type])
  const declared = Object.entries(METRICS).map(([name, { type }]) => [name, type])
  assert.deepEqual(Object.fromEntries(types), Object.fromEntries(declared))
  for (const name of RUNTIME_METRICS) assert.match(text, new RegExp(`^${name} `, 'm'))
  for (const [, name, labels] of text.matchAll(/^(arpcheck_\w+?)(?:_bucket|_sum|_count)?\{(.*)\}/gm)) {
    const sets = metricOf(name as MetricName).labels
    for (const [, label, value] of labels!.matchAll(/(\w+)="([^"]*)"/g))
      if (label !== 'le')
        assert.ok(sets[label!] === null || sets[label!]!.includes(value!), `${name} ${label} ${value}`)
  }
})

test('promtool check metrics has no objection', (t) => {
  const found = spawnSync('promtool', ['--version'])
  if (found.error) return t.skip('needs promtool: apt-get install --no-install-recommends prometheus')
  const busy = scraped([vipState(V60), vipState(V61, { row: row(V61, 'silent') })])
  return busy.metrics.scrape('text').then((input) => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input,
      encoding: 'utf8',
    })
    assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' })
  })
})

test('every metric says in its help what it is, and how exact a time bounded by the interval is', () => {
  for (const [name, { help }] of Object.entries(METRICS)) assert.ok(help.length > 10, name)
  const text = metricsTable()
  assert.match(text, /silence_seconds.*not finer than the probe interval/)
  assert.match(text, /outage_seconds.*not finer than the probe interval/)
})

test('docs/metrics.md holds the table of all metrics', () => {
  const text = readFileSync('docs/metrics.md', 'utf8')
  const right = text.replace(
    /(?<=<!-- metrics: .* -->\n)[^]*(?=<!-- \/metrics -->)/,
    () => `\n${metricsTable()}\n\n`,
  )
  if (process.env['ARPCHECK_UPDATE_GOLDEN'] === '1') writeFileSync('docs/metrics.md', right)
  else assert.equal(text, right, 'ARPCHECK_UPDATE_GOLDEN=1 node .ci/test.mjs metrics/metrics writes it anew')
})
