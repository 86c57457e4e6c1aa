import { Histogram, type Registry } from 'prom-client'
import { isFault, VERDICTS } from '../core/verdict.ts'
import { METRICS, type HistogramName } from '../core/watch/metric-names.ts'
import type { Observation, WatchState } from '../core/watch/state.ts'
import { PROVIDER } from './owners.ts'

/** The metrics that hold what happened, not what is. Their series exist from the start, at 0. */
export class Histograms {
  readonly #rtt: Histogram<'interface'>
  readonly #outage: Histogram<'provider'>
  readonly #detection: Histogram<'verdict'>
  readonly #lag: Histogram
  #interfaces = new Set<string>()

  constructor(registry: Registry) {
    this.#rtt = histogram('arpcheck_probe_rtt_seconds', registry)
    this.#outage = histogram('arpcheck_failover_outage_seconds', registry)
    this.#detection = histogram('arpcheck_detection_delay_seconds', registry)
    this.#lag = histogram('arpcheck_event_loop_lag_seconds', registry)
    this.#outage.zero({ provider: PROVIDER })
    for (const verdict of VERDICTS.filter(isFault)) this.#detection.zero({ verdict })
  }

  observe(seen: Observation): void {
    if (seen.what === 'rtt') {
      this.#interfaces.add(seen.interface)
      this.#rtt.observe({ interface: seen.interface }, seen.seconds)
    } else if (seen.what === 'outage') this.#outage.observe({ provider: PROVIDER }, seen.seconds)
    else this.#detection.observe({ verdict: seen.verdict }, seen.seconds)
  }

  observeLag(seconds: number): void {
    this.#lag.observe(seconds)
  }

  /** An interface that is new has its series, one that went takes them along. */
  follow({ interfaces }: WatchState): void {
    for (const name of interfaces.keys()) if (!this.#interfaces.has(name)) this.#rtt.zero({ interface: name })
    for (const name of this.#interfaces) if (!interfaces.has(name)) this.#rtt.remove({ interface: name })
    this.#interfaces = new Set(interfaces.keys())
  }
}

function histogram<N extends HistogramName>(
  name: N,
  registry: Registry,
): Histogram<Extract<keyof (typeof METRICS)[N]['labels'], string>> {
  const { help, labels, buckets } = METRICS[name]
  const labelNames = Object.keys(labels) as Extract<keyof (typeof METRICS)[N]['labels'], string>[]
  return new Histogram({ name, help, labelNames, buckets: [...buckets], registers: [registry] })
}
