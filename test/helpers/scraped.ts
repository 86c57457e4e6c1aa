import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { stringify } from 'yaml'
import type { StoryResult } from '../../src/lab/run.ts'
import { promtool } from './promql.ts'

type Scraped = Pick<StoryResult, 'scraped'>

/** `arpcheck_vip_silence_seconds{vip="…"}` */
export function seriesOf(metric: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return `${metric}{${pairs.join(',')}}`
}

/** When a series of a host was first seen like that at or after `sinceMs`, and before `untilMs`; undefined: never. */
export function firstSeen(
  { scraped }: Scraped,
  host: string,
  series: string,
  is: (value: number) => boolean,
  sinceMs: number,
  untilMs = Infinity,
): number | undefined {
  const found = scraped.find((one) => {
    const value = one.host === host && one.atMs >= sinceMs && one.atMs < untilMs ? one.changed[series] : null
    return value !== undefined && value !== null && is(value)
  })
  return found?.atMs
}

/** What a series of a host was at that time; undefined: it was not there. */
export function valueAt(
  { scraped }: Scraped,
  host: string,
  series: string,
  atMs: number,
): number | undefined {
  const before = scraped.filter((one) => one.host === host && one.atMs <= atMs && series in one.changed)
  return before.at(-1)?.changed[series] ?? undefined
}

interface InputSeries {
  readonly series: string
  readonly values: string
}

/** A Prometheus that scraped each of them once a second, as promtool takes it. */
export function inputSeries(result: Scraped, beganMs: number, seconds: number): InputSeries[] {
  const keys = new Map<string, Map<string, string[]>>()
  for (let second = 0; second < seconds; second++)
    for (const [host, series] of snapshot(result, beganMs + second * 1000)) {
      const known = keys.get(host) ?? new Map<string, string[]>()
      keys.set(host, known)
      for (const [key, value] of series) {
        const values = known.get(key) ?? []
        while (values.length < second) values.push(values.length === 0 ? '_' : 'stale')
        known.set(key, [...values, String(value)])
      }
    }
  return [...keys].flatMap(([host, known]) =>
    [...known].map(([key, values]) => ({
      series: withInstance(key, host),
      values: [...values, ...(values.length < seconds ? ['stale'] : [])].join(' '),
    })),
  )
}

function snapshot({ scraped }: Scraped, atMs: number): Map<string, Map<string, number>> {
  const hosts = new Map<string, Map<string, number>>()
  for (const { host, changed } of scraped.filter((one) => one.atMs <= atMs)) {
    const series = hosts.get(host) ?? new Map<string, number>()
    hosts.set(host, series)
    for (const [key, value] of Object.entries(changed))
      if (value === null) series.delete(key)
      else series.set(key, value)
  }
  return hosts
}

function withInstance(key: string, host: string): string {
  const at = key.indexOf('{')
  const own = `instance="${host}:10806",vantage="${host}"`
  return at < 0 ? `${key}{${own}}` : `${key.slice(0, at)}{${own},${key.slice(at + 1)}`
}

/** Runs the rules that are shipped over what was recorded; null where the alerts were as told. */
export function alertsOver(series: readonly InputSeries[], cases: readonly object[]): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'arpcheck-recorded-'))
  const file = join(folder, 'test.yaml')
  const one = { interval: '1s', input_series: series, alert_rule_test: cases }
  const rule_files = [resolve('deploy/alerts.yaml')]
  writeFileSync(file, stringify({ rule_files, evaluation_interval: '1s', tests: [one] }, { lineWidth: 0 }))
  const said = promtool('test', 'rules', file)
  rmSync(folder, { recursive: true })
  return said
}
