import { openNative } from './capture/native.ts'
import { WATCHER_FILTER } from './capture/filter.ts'
import { systemClock } from './clock.ts'
import { seededRandom } from './core/random.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import { claimsTelling, echoTelling } from './daemon-asides.ts'
import { renewedViews } from './daemon-views.ts'
import type { WatchEdges } from './daemon-watch.ts'
import { messageOf } from './errors.ts'
import { readHostFacts } from './host/facts.ts'
import { watchHost } from './host/watch.ts'
import type { Log } from './log.ts'
import { openSpeakerViews } from './speaker-views.ts'

/** A second of a flood; a daemon asks a few frames a second. */
const RING_FRAMES = 16_384
const KERNEL_FRAME_BYTES = 208

export interface LiveDaemon {
  readonly edges: WatchEdges
  /** Whether a plugin of the kubeconfig is to be started again and again. */
  readonly startsPrograms: boolean
  /** Resolves when no socket is left, and keys are wiped. */
  readonly close: () => Promise<void>
}

/** The edges of a daemon on this host. Throws an ArpcheckError where there are no credentials. */
export async function openLiveDaemon(
  config: DaemonConfig,
  env: Readonly<Record<string, string | undefined>>,
  log: Log,
): Promise<LiveDaemon> {
  const { openCluster } = await import('./kubernetes/main.ts')
  const random = seededRandom(Number(systemClock.wallNs() & 0xffff_ffffn))
  const cluster = openCluster(
    {
      env,
      kubeconfig: config.kubeconfig ?? undefined,
      context: config.context ?? undefined,
      metallbNamespace: config.metallbNamespace ?? undefined,
      ownNamespace: config.namespace ?? undefined,
    },
    { clock: systemClock, random },
  )
  const onFault = (error: unknown): void => log.error?.('a mistake of ours', { error: messageOf(error) })
  const watch = cluster.follow({ onFault })
  const views =
    config.memberlist === 'off'
      ? null
      : renewedViews({
          keyFile: config.memberlistKeyFile,
          memberlistSecret: (namespace, signal) => cluster.memberlistSecret(namespace, signal),
          open: openSpeakerViews,
          clock: systemClock,
          log,
        })
  const { node } = config
  return {
    edges: {
      clock: systemClock,
      random,
      log,
      hostFacts: () => readHostFacts(),
      echo: echoTelling(log),
      openCapture: (device, events) =>
        openNative(
          {
            device,
            filter: WATCHER_FILTER,
            ringFrames: RING_FRAMES,
            foldRepeats: true,
            kernelBufferBytes: RING_FRAMES * KERNEL_FRAME_BYTES,
          },
          events,
        ),
      watchHost: (onChange) => watchHost(onChange, onFault),
      cluster: {
        watch,
        ready: (signal) => watch.ready(signal),
        readViews: views?.read ?? null,
        readClaims: config.speakerMetrics ? await claimsTelling(cluster, log) : null,
        publish: node === null ? null : (nics, signal) => cluster.publishNics(node, nics, signal),
      },
    },
    startsPrograms: cluster.startsPrograms,
    close: async () => {
      views?.close()
      await cluster.close()
    },
  }
}
