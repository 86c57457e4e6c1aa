import type { DaemonConfig } from './core/watch/config.ts'
import type { Ip } from './core/ip.ts'
import { Watch, type WatchEdges } from './daemon-watch.ts'
import { ArpcheckError, messageOf } from './errors.ts'
import { Metrics } from './metrics/metrics.ts'
import type { ProbeResult } from './metrics/probe.ts'
import { serve } from './metrics/serve.ts'
import type { Build } from './metrics/view.ts'

export type { WatchEdges } from './daemon-watch.ts'

export interface DaemonOptions {
  readonly config: DaemonConfig
  /** Reads it again; throws an ArpcheckError that says what is wrong with it. */
  readonly readConfig: () => DaemonConfig
  readonly build: Build
  /** Calls back whenever the configuration is to be read again (SIGHUP); returns how to stop. */
  readonly onReload: (reload: () => void) => () => void
}

/** Watches until the signal: loop, metrics and HTTP. Throws an ArpcheckError where it cannot even begin. */
export async function runDaemon(
  { config, readConfig, build, onReload }: DaemonOptions,
  edges: WatchEdges,
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = edges
  const onBug = (error: unknown): void => log.error?.('a mistake of ours', { error: messageOf(error) })
  const watch = new Watch(config, edges)
  const state = () => watch.state()
  const metrics = new Metrics({ state, clock, build, maxVips: config.metricsMaxVips })
  const reload = async (): Promise<void> => reconfigure(watch, config, readConfig, edges)
  const server = await serve({
    metrics,
    state,
    clock,
    version: build.version,
    listen: config.listen,
    healthListen: config.healthListen,
    webConfigFile: config.webConfigFile,
    reload,
    onBug,
    report: () => watch.report(),
    probe: (vip, gone) => probe(watch, vip, gone),
    unhealthy: () => null,
    unready: () => watch.unready(),
    onTrouble: ({ message }) => log.error?.('web configuration refused', { why: message }),
  })
  const unlisten = onReload(() => void reload().catch((error: unknown) => tellRefusal(error, onBug)))
  const stopped = new AbortController()
  const ended = AbortSignal.any([signal, stopped.signal])
  const lag = metrics.watchLag(ended)
  log.info?.('watching', { node: config.node, version: build.version })
  try {
    await watch.run((observation) => metrics.observe(observation), ended)
  } finally {
    stopped.abort()
    unlisten()
    await Promise.all([server.close(), lag])
  }
  log.info?.('stopped')
}

/** What the watching goes by is taken over; what is open stays as it was until the next start. */
const FIXED: readonly (keyof DaemonConfig)[] = [
  ...(['kubeconfig', 'context', 'metallbNamespace', 'namespace', 'node'] as const),
  ...(['memberlist', 'memberlistKeyFile', 'speakerMetrics'] as const),
  ...(['listen', 'healthListen', 'webConfigFile', 'metricsMaxVips', 'logLevel', 'logFormat'] as const),
]

function reconfigure(
  watch: Watch,
  first: DaemonConfig,
  readConfig: () => DaemonConfig,
  { log }: WatchEdges,
): void {
  try {
    const config = readConfig()
    const open = FIXED.filter((key) => JSON.stringify(config[key]) !== JSON.stringify(first[key]))
    const kept = Object.fromEntries(FIXED.map((key) => [key, first[key]]))
    watch.reconfigure({ ...config, ...kept })
    if (open.length > 0) log.warn?.('some settings need a restart', { settings: open })
  } catch (error) {
    watch.reconfigure(null)
    if (error instanceof ArpcheckError)
      log.error?.('configuration not taken', { why: [error.message, ...error.remedy].join(' ') })
    throw error
  }
}

/** Told in the log already, unless it is ours. */
function tellRefusal(error: unknown, onBug: (error: unknown) => void): void {
  if (!(error instanceof ArpcheckError)) onBug(error)
}

async function probe(watch: Watch, vip: Ip, gone: AbortSignal): Promise<ProbeResult> {
  await watch.look(vip, gone)
  const row = watch.state().vips.get(vip)?.row
  const answered = row?.answered ?? []
  return {
    success: row?.verdict === 'ok',
    answerers: answered.length,
    log: [
      `verdict ${row?.verdict ?? 'none'}${row?.reason ? ` (${row.reason})` : ''}`,
      ...answered.map(({ mac, node, rttMs }) => `answered by ${mac} (${node ?? 'no node'}), ${rttMs} ms`),
      ...(row?.findings.map(({ code, message }) => `${code} ${message}`) ?? []),
    ],
  }
}
