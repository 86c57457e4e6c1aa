import { Histogram, type Registry } from 'prom-client'
import { isFault, VERDICTS } from '../core/verdict.ts'
import type { Observation, WatchState } from '../core/watch/state.ts'
import { PROVIDER } from './owners.ts'

const RTT_SECONDS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const LAG_SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]
/** Outages and delays: a fail-over of MetalLB takes seconds, one by suspicion up to a minute. */
const LONG_SECONDS = [0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 120, 300, 600]

export const HISTOGRAMS = {
  rtt: {
    name: 'arpcheck_probe_rtt_seconds',
    labels: ['interface'],
    buckets: RTT_SECONDS,
    help: "Time from who-has to first reply, by the kernel's stamps.",
  },
  outage: {
    name: 'arpcheck_failover_outage_seconds',
    labels: ['provider'],
    buckets: LONG_SECONDS,
    help: 'Time from the last good answer of the old owner to the first of the new; bounded below by the interval of the probes.',
  },
  detection: {
    name: 'arpcheck_detection_delay_seconds',
    labels: ['verdict'],
    buckets: LONG_SECONDS,
    help: 'Time from the first missed or wrong answer to the fault verdict, the hold-down included.',
  },
  lag: {
    name: 'arpcheck_event_loop_lag_seconds',
    labels: [],
    buckets: LAG_SECONDS,
    help: 'How late a timer of this process fired, tried four times a second.',
  },
} as const

/** The metrics that hold what happened, not what is. Their series exist from the start, at 0. */
export class Histograms {
  readonly #rtt: Histogram<'interface'>
  readonly #outage: Histogram<'provider'>
  readonly #detection: Histogram<'verdict'>
  readonly #lag: Histogram
  #interfaces = new Set<string>()

  constructor(registry: Registry) {
    this.#rtt = histogram('rtt', registry)
    this.#outage = histogram('outage', registry)
    this.#detection = histogram('detection', registry)
    this.#lag = histogram('lag', registry)
    this.#outage.zero({ provider: PROVIDER })
    for (const verdict of VERDICTS.filter(isFault)) this.#detection.zero({ verdict })
  }

  observe(seen: Observation): void {
    if (seen.what === 'rtt') {
      if (this.#interfaces.has(seen.interface)) this.#rtt.observe({ interface: seen.interface }, seen.seconds)
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

function histogram<K extends keyof typeof HISTOGRAMS>(
  which: K,
  registry: Registry,
): Histogram<(typeof HISTOGRAMS)[K]['labels'][number]> {
  const { name, help, labels, buckets } = HISTOGRAMS[which]
  return new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] })
}
