import type { Ip } from '../../core/ip.ts'
import type { Counted } from './counters.ts'
import type { MetricsTold } from './told.ts'

type Labels = Readonly<Record<string, string>>

/** What a speaker says: names and labels as MetalLB has them; it shares nothing with the reader. */
export function metricsText(
  told: MetricsTold,
  announces: readonly Ip[],
  counted: ReadonlyMap<Ip, Counted>,
): string {
  const counts = [...counted]
  return [
    gauge('go_goroutines', [[{}, 71]]),
    gauge('metallb_k8s_client_config_loaded_bool', [[{}, Number(told.config !== 'none')]]),
    gauge('metallb_k8s_client_config_stale_bool', [[{}, Number(told.config === 'stale')]]),
    counter(
      'metallb_layer2_requests_received',
      counts.map(([ip, { requests }]) => [{ ip }, requests]),
    ),
    counter(
      'metallb_layer2_responses_sent',
      counts.map(([ip, { responses }]) => [{ ip }, responses]),
    ),
    gauge(
      'metallb_speaker_announced',
      announcedBy(told, announces).map((labels) => [labels, 1]),
    ),
  ].join('')
}

function announcedBy({ node, services, failed }: MetricsTold, announces: readonly Ip[]): Labels[] {
  const held = announces.flatMap((ip) => (services[ip] ?? []).map((service) => ({ ip, service })))
  return [...held, ...failed].map(({ ip, service }) => ({ ip, node, protocol: 'layer2', service }))
}

type Series = readonly (readonly [Labels, number])[]

function gauge(name: string, series: Series): string {
  return family(name, 'gauge', series)
}

function counter(name: string, series: Series): string {
  return family(name, 'counter', series)
}

/** A family without a series is not there at all (client_golang). */
function family(name: string, type: string, series: Series): string {
  if (series.length === 0) return ''
  const lines = series.map(([labels, value]) => `${name}${labelText(labels)} ${value}`)
  return [`# HELP ${name} As MetalLB has it.`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
