import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Random } from '../../src/core/random.ts'
import type { StoryResult } from '../../src/lab/run.ts'
import { firstSeen, seriesOf, valueAt } from './scraped.ts'

// Speakers that go on counting a node whose cable is out: nobody takes its VIPs over, and four daemons see it.

/** Interval of the broadcasts that the daemons are given. */
export const INTERVAL_S = 3
/** The elected node of each, by MetalLB's hash. */
const VIPS: Readonly<Record<string, readonly string[]>> = {
  'nuc-4': ['192.168.1.60', '192.168.1.61', '192.168.1.65'],
  'nuc-2': ['192.168.1.62', '192.168.1.63'],
}
/** Of these daemons for the lab's fast memberlist: three probes, two more, a suspicion of 200 ms, and 5 s. */
export const HOLD_DOWN_S = 5.7
/** A scrape every 200 ms sees what is exported so much later at most. */
export const MARGIN_S = 0.3
/** Longer than an effective interval, so that a loss comes at any moment of it. */
const SPREAD_MS = 5000
const NODES = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']
export const VIPS_A_ROUND = Object.values(VIPS).flat().length

/** Each round loses both nodes, at moments that have nothing to do with the daemons' own; the last is left as it is. */
export function staleViewsStory(rounds: number, random: Random, last: readonly object[] = []): string {
  const vips = Object.values(VIPS).flat()
  const services = vips.map((ip, i) => [`vip-${i}`, { ip }])
  const all = (verdict: string): object => ({
    until: `every arpcheck_vip_verdict{vip="${vips.join('|')}",verdict="${verdict}"} == 1`,
  })
  const loss = (node: string): object[] => [
    { wait: Math.floor(random.next() * SPREAD_MS) },
    { fault: `unplug ${node}` },
  ]
  const settled = [
    { until: 'every arpcheck_members{view="read"} == 4' },
    { until: 'every arpcheck_vantages == 3' },
    all('ok'),
    { until: `every arpcheck_vip_silence_seconds == 0` },
  ]
  const round = (): object[] => [...settled, ...Object.keys(VIPS).flatMap(loss), all('silent')]
  const back = Object.keys(VIPS).map((node) => ({ fault: `plug ${node}` }))
  const steps = Array.from({ length: rounds }, (_, i) => (i + 1 < rounds ? [...round(), ...back] : round()))
  return JSON.stringify({
    name: 'stale-views',
    tells: 'Two nodes lose their cables, one after the other, and the speakers count them still.',
    cluster: {
      daemons: ['--interval', `${INTERVAL_S}s`, '--confirm-interval', '1s', '--vantages', 'all'],
      memberlistConfig: 'fast',
      services: Object.fromEntries(services),
      views: Object.fromEntries(NODES.map((name) => [name, NODES])),
    },
    steps: [...steps.flat(), ...last],
  })
}

export function writeStory(folder: string, name: string, text: string): string {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, text)
  return file
}

/** One VIP lost, as one daemon saw it; seconds after the cable went out. */
export interface Loss {
  readonly vip: string
  readonly by: string
  /** What the daemon exported as its interval when it happened. */
  readonly intervalS: number
  readonly silenceS: number
  readonly verdictS: number
}

/** Every loss, as each daemon saw it that watched the VIP, said ok of it, and could be scraped. */
export function lossesOf(result: StoryResult): Loss[] {
  const { faults } = result
  return faults.flatMap(({ text, atMs }, i) => {
    const node = text.replace(/^unplug /, '')
    if (node === text) return []
    const endMs = faults.slice(i).find((later) => later.text === `plug ${node}`)?.atMs ?? Infinity
    const others = NODES.filter((name) => !(name in VIPS))
    const wasOk = (vip: string, by: string): boolean =>
      valueAt(result, by, seriesOf('arpcheck_vip_verdict', { vip, verdict: 'ok' }), atMs) === 1
    return VIPS[node]!.flatMap((vip) =>
      others.flatMap((by) => (wasOk(vip, by) ? lossOf(result, { vip, by, atMs, endMs }) : [])),
    )
  })
}

function lossOf(
  result: StoryResult,
  { vip, by, atMs, endMs }: { vip: string; by: string; atMs: number; endMs: number },
): Loss {
  const silence = seriesOf('arpcheck_vip_silence_seconds', { vip })
  const verdict = seriesOf('arpcheck_vip_verdict', { vip, verdict: 'silent' })
  const interval = seriesOf('arpcheck_vip_probe_interval_seconds', { vip })
  const seconds = (series: string): number => {
    const seenMs = firstSeen(result, by, series, (value) => value > 0, atMs, endMs)
    return seenMs === undefined ? Infinity : (seenMs - atMs) / 1000
  }
  const intervalS = valueAt(result, by, interval, atMs) ?? NaN
  return { vip, by, intervalS, silenceS: seconds(silence), verdictS: seconds(verdict) }
}

/** The value that this share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)]!
}

export function tellLosses(t: TestContext, losses: readonly Loss[]): void {
  const line = (what: string, values: readonly number[]): void =>
    t.diagnostic(
      `${what}: ${[0.5, 0.9, 0.99, 1].map((share) => `p${share * 100} ${quantile(values, share).toFixed(2)} s`).join(', ')}`,
    )
  t.diagnostic(`${losses.length} losses, each VIP by each daemon that watched it`)
  line(
    'effective interval',
    losses.map(({ intervalS }) => intervalS),
  )
  line(
    'raw silence after the loss',
    losses.map(({ silenceS }) => silenceS),
  )
  line(
    'the same, less the effective interval (at most 1 s)',
    losses.map((one) => one.silenceS - one.intervalS),
  )
  line(
    'fault verdict after the loss',
    losses.map(({ verdictS }) => verdictS),
  )
  line(
    `the same, less interval and hold-down of ${HOLD_DOWN_S} s (at most 1 s)`,
    losses.map((one) => one.verdictS - one.intervalS - HOLD_DOWN_S),
  )
}
