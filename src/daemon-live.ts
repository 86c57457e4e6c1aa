import { openNative } from './capture/native.ts'
import { WATCHER_FILTER } from './capture/filter.ts'
import { systemClock } from './clock.ts'
import type { ClusterSnapshot } from './core/cluster.ts'
import { seededRandom } from './core/random.ts'
import type { DaemonConfig } from './core/watch/config.ts'
import { KEY_TROUBLE } from './daemon-cluster.ts'
import type { WatchEdges } from './daemon-watch.ts'
import type { ViewsReading } from './elected.ts'
import { messageOf } from './errors.ts'
import { readHostFacts } from './host/facts.ts'
import { watchHost } from './host/watch.ts'
import type { Cluster } from './kubernetes/main.ts'
import type { Log } from './log.ts'
import { secretNote } from './secret-note.ts'
import { openSpeakerViews, type SpeakerViews } from './speaker-views.ts'

/** A second of a flood; a daemon asks a few frames a second. */
const RING_FRAMES = 16_384
const KERNEL_FRAME_BYTES = 208

export interface LiveDaemon {
  readonly edges: WatchEdges
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
  const views = config.memberlist === 'off' ? null : renewedViews(config, cluster, log)
  const { node } = config
  return {
    edges: {
      clock: systemClock,
      random,
      log,
      hostFacts: () => readHostFacts(),
      openCapture: (device, events) =>
        openNative(
          {
            device,
            filter: WATCHER_FILTER,
            ringFrames: RING_FRAMES,
            kernelBufferBytes: RING_FRAMES * KERNEL_FRAME_BYTES,
          },
          events,
        ),
      watchHost: (onChange) => watchHost(onChange, onFault),
      cluster: {
        watch,
        ready: (signal) => watch.ready(signal),
        readViews: views?.read ?? null,
        publish: node === null ? null : (nics, signal) => cluster.publishNics(node, nics, signal),
      },
    },
    close: async () => {
      views?.close()
      await cluster.close()
    },
  }
}

/** A Secret that was rotated is read again, but no more often than that. */
const RENEW_MS = 60_000

function renewedViews(
  { memberlistKeyFile }: DaemonConfig,
  cluster: Cluster,
  log: Log,
): Pick<SpeakerViews, 'read' | 'close'> {
  let told = ''
  let openedMs = systemClock.monotonicMs()
  let views = openSpeakerViews({ keyFile: memberlistKeyFile, readSecret }, systemClock)

  async function readSecret(namespace: string, signal: AbortSignal): Promise<Uint8Array | null> {
    const secret = await cluster.memberlistSecret(namespace, signal)
    if (secret.name !== null) return secret.secretkey
    const note = secretNote(secret.why, namespace)
    if (!signal.aborted && note !== told) log.warn?.('no key for the member lists', { why: note })
    told = note
    return null
  }

  async function read(snapshot: ClusterSnapshot, signal: AbortSignal): Promise<ViewsReading | null> {
    try {
      const reading = await views.read(snapshot, signal)
      if (reading?.readings.some(({ reading: { kind } }) => KEY_TROUBLE.has(kind))) renew()
      return reading
    } catch (error) {
      log.warn?.('member lists could not be read', { why: messageOf(error) })
      renew()
      return null
    }
  }

  function renew(): void {
    if (systemClock.monotonicMs() - openedMs < RENEW_MS) return
    views.close()
    views = openSpeakerViews({ keyFile: memberlistKeyFile, readSecret }, systemClock)
    openedMs = systemClock.monotonicMs()
  }

  return { read, close: () => views.close() }
}
