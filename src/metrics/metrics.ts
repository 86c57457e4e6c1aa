import { collectDefaultMetrics, Registry, type Gauge } from 'prom-client'
import type { Clock } from '../clock.ts'
import type { Observation, WatchState } from '../core/watch/state.ts'
import { metricOf } from '../core/watch/metric-names.ts'
import { Histograms } from './histograms.ts'
import { openMetrics } from './openmetrics.ts'
import { OF_VANTAGE } from './vantage.ts'
import { viewOf, type Build, type SampledName, type Samples, type View } from './view.ts'
import { OF_VIPS } from './vips.ts'

/** One for each metric that is declared: the compiler says which is missing. */
const SAMPLES: Readonly<Record<SampledName, Samples>> = { ...OF_VANTAGE, ...OF_VIPS }

/**
 * What we leave out of prom-client's: gauges that are named as counters, to which promtool objects, and its measure of lag,
 * which takes its own 10 ms of waiting for lag and wakes the process a hundred times a second (0.4 % of a core).
 */
const LEFT_OUT = [
  ...['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`),
  ...['min_', 'max_', 'mean_', 'stddev_', 'p50_', 'p90_', 'p99_', ''].map(
    (what) => `nodejs_eventloop_lag_${what}seconds`,
  ),
]
const LAG_EVERY_MS = 1000

export type Format = 'text' | 'openmetrics'

export interface MetricsOptions {
  readonly state: () => WatchState
  readonly clock: Clock
  readonly build: Build
  /** VIPs that have series; the rest is counted. */
  readonly maxVips: number
}

/** Our metrics: what is, read off the state at each scrape; what happened, in histograms; and how this process fares. */
export class Metrics {
  readonly #registry = new Registry()
  readonly #histograms = new Histograms(this.#registry)
  readonly #options: MetricsOptions
  #view: View

  constructor(options: MetricsOptions) {
    this.#options = options
    this.#view = this.#look()
    for (const name of Object.keys(SAMPLES) as SampledName[])
      this.#registry.registerMetric(sampled(name, () => this.#view))
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: 60_000 })
    for (const name of LEFT_OUT) this.#registry.removeSingleMetric(name)
  }

  observe(observation: Observation): void {
    this.#histograms.observe(observation)
  }

  /** One scrape, all of it from one moment: prom-client reads every metric before it awaits any. */
  async scrape(format: Format): Promise<string> {
    this.#view = this.#look()
    this.#histograms.follow(this.#view.state)
    const text = await this.#registry.metrics()
    return format === 'text' ? text : openMetrics(text)
  }

  /** Watches how late this process is, until the signal. */
  async watchLag(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    while (!signal.aborted) {
      const due = clock.monotonicMs() + LAG_EVERY_MS
      await clock.sleep(LAG_EVERY_MS, signal)
      if (!signal.aborted) this.#histograms.observeLag(Math.max(0, clock.monotonicMs() - due) / 1000)
    }
  }

  #look(): View {
    const { state, clock, build, maxVips } = this.#options
    return viewOf(state(), maxVips, clock.monotonicMs(), build)
  }
}

/**
 * A metric whose values are made when they are read, which is all that a Registry asks of one. A Gauge that is emptied and
 * filled at each scrape cannot be absent when it has no labels, and hashes every label to find what it just wrote.
 */
function sampled(name: SampledName, view: () => View): Gauge {
  const { help, type, labels } = metricOf(name)
  const names = Object.keys(labels)
  const metric = {
    name,
    get: async () => ({
      name,
      help,
      type,
      aggregator: 'sum',
      values: SAMPLES[name](view()).map(([value, ...texts]) => ({
        value,
        labels: Object.fromEntries(names.map((label, i) => [label, texts[i]])),
      })),
    }),
  }
  return metric as unknown as Gauge
}
