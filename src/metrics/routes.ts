import type { Clock } from '../clock.ts'
import type { Report } from '../core/report.ts'
import { printableJson } from '../core/text.ts'
import type { WatchState } from '../core/watch/state.ts'
import { frugal } from './frugal.ts'
import { landingPage } from './landing.ts'
import type { Format, Metrics } from './metrics.ts'
import { wantsOpenMetrics } from './openmetrics.ts'
import { probeRoute, type Probe } from './probe.ts'
import { plain, type Answer, type Route, type Routes } from './route.ts'

const TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

export interface PublicParts {
  readonly metrics: Metrics
  readonly state: () => WatchState
  readonly report: () => Report
  readonly probe: Probe
  readonly clock: Clock
  readonly version: string
}

/** What the metrics' port serves: it changes nothing, and `/probe` asks within the daemon's budget. */
export function publicRoutes({ metrics, state, report, probe, clock, version }: PublicParts): Routes {
  return new Map<string, Route>([
    ['/', get(() => landingPage(version))],
    ['/metrics', metricsRoute(metrics, clock)],
    ['/api/v1/report', reportRoute(report, clock)],
    ['/probe', probeRoute(probe, state, clock)],
  ])
}

function metricsRoute(metrics: Metrics, clock: Clock): Route {
  const scrapes = {
    text: frugal(() => metrics.scrape('text'), clock),
    openmetrics: frugal(() => metrics.scrape('openmetrics'), clock),
  }
  return get(async ({ headers }) => {
    const format = wantsOpenMetrics(headers.accept) ? 'openmetrics' : 'text'
    return { status: 200, type: TYPES[format], body: await scrapes[format]() }
  })
}

/** The report of this vantage; names from the network say nothing to a terminal that shows it. */
function reportRoute(report: () => Report, clock: Clock): Route {
  const text = frugal(async () => `${printableJson(JSON.stringify(report()))}\n`, clock)
  return get(async () => ({ status: 200, type: 'application/json; charset=utf-8', body: await text() }))
}

export interface LocalParts {
  /** Why the daemon is not well, or not ready; null when it is. */
  readonly unhealthy: () => string | null
  readonly unready: () => string | null
  /** Throws where the new configuration is refused. */
  readonly reload: () => Promise<void>
}

/** What the loopback port serves: the kubelet's questions, and the one request that changes something. */
export function localRoutes({ unhealthy, unready, reload }: LocalParts): Routes {
  return new Map<string, Route>([
    ['/-/healthy', get(() => verdictOn(unhealthy()))],
    ['/-/ready', get(() => verdictOn(unready()))],
    ['/-/reload', { method: 'POST', answer: () => reload().then(() => plain(200, 'reloaded')) }],
  ])
}

function verdictOn(trouble: string | null): Answer {
  return trouble === null ? plain(200, 'ok') : plain(503, trouble)
}

function get(answer: Route['answer']): Route {
  return { method: 'GET', answer }
}
