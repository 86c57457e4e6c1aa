import type { Clock } from '../clock.ts'
import { parseIp, type Ip } from '../core/ip.ts'
import { printable, quoted } from '../core/text.ts'
import type { WatchState } from '../core/watch/state.ts'
import { plain, type Answer, type Asked, type Route } from './route.ts'

/** Asks for one VIP now, within the daemon's budget; rejects with an ArpcheckError where the budget is spent. */
export type Probe = (vip: Ip, signal: AbortSignal) => Promise<ProbeResult>

export interface ProbeResult {
  /** Answered as expected. */
  readonly success: boolean
  /** MACs that answered. */
  readonly answerers: number
  /** What happened, a line each. */
  readonly log: readonly string[]
}

const MOST_AT_ONCE = 4
const MOST_MS = 10_000
/** As blackbox_exporter: an answer that comes when Prometheus has given up is none. */
const AHEAD_MS = 500

/** `/probe?target=VIP&module=arp[&debug=true]`: blackbox_exporter's contract, for VIPs that the daemon knows. */
export function probeRoute(probe: Probe, state: () => WatchState, clock: Clock): Route {
  let running = 0
  const answer = async (asked: Asked): Promise<Answer> => {
    const vip = targetOf(asked.query, state())
    if (typeof vip !== 'string') return vip
    if (running >= MOST_AT_ONCE) return plain(503, 'Too many probes at once.', { 'retry-after': '1' })
    running++
    try {
      return await probed(vip, asked, probe, clock)
    } finally {
      running--
    }
  }
  return { method: 'GET', answer }
}

function targetOf(query: URLSearchParams, { vips }: WatchState): Ip | Answer {
  const module = query.get('module') ?? 'arp'
  if (module !== 'arp') return plain(400, `There is no module ${printable(quoted(module))}, only arp.`)
  const target = query.get('target')
  if (!target) return plain(400, 'Give a VIP:  /probe?target=VIP&module=arp')
  const vip = parseIp(target)
  if (vip && vips.has(vip)) return vip
  return plain(400, `${printable(quoted(target))} is no VIP that is known here; nothing else is asked for.`)
}

async function probed(
  vip: Ip,
  { query, headers, signal }: Asked,
  probe: Probe,
  clock: Clock,
): Promise<Answer> {
  const began = clock.monotonicMs()
  const over = new AbortController()
  const stop = (): void => over.abort()
  signal.addEventListener('abort', stop, { once: true })
  void clock.sleep(allowedMs(headers['x-prometheus-scrape-timeout-seconds']), over.signal).then(stop)
  try {
    const result = await probe(vip, over.signal)
    const seconds = (clock.monotonicMs() - began) / 1000
    return plain(200, query.get('debug') === 'true' ? debug(vip, result, seconds) : samples(result, seconds))
  } finally {
    stop()
    signal.removeEventListener('abort', stop)
  }
}

function allowedMs(given: string | string[] | undefined): number {
  const ms = Number(given ?? Number.NaN) * 1000 - AHEAD_MS
  return ms > 0 ? Math.min(ms, MOST_MS) : MOST_MS
}

function samples({ success, answerers }: ProbeResult, seconds: number): string {
  return [
    ['probe_success', 'Whether the VIP was answered as expected', Number(success)],
    ['probe_duration_seconds', 'How long the probe took', seconds],
    ['probe_arp_answerers', 'MACs that answered', answerers],
  ]
    .map(([name, help, value]) => `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}`)
    .join('\n')
}

function debug(vip: Ip, result: ProbeResult, seconds: number): string {
  const log = result.log.map(printable).join('\n')
  return `Logs for the probe of ${vip}:\n${log}\n\nMetrics that would have been returned:\n${samples(result, seconds)}`
}
