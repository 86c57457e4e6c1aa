import { randomBytes } from 'node:crypto'
import { gossipOf } from './announcers/metallb/gossip.ts'
import type { CheckEdges } from './options.ts'
import type { Clock } from './clock.ts'
import type { ClusterSnapshot } from './core/cluster.ts'
import { quietCluster, type PacketReading, type SpeakerReading } from './core/views.ts'
import {
  keysFromFile,
  keysFromSecret,
  NO_KEYS,
  type KeyForm,
  type MemberlistKeys,
} from './memberlist/keys.ts'
import { askByPackets } from './memberlist/pings.ts'
import { createObserver, OBSERVER_DEFAULTS, type Observer } from './memberlist/observer.ts'

export interface SpeakerViewsOptions {
  /** A file that holds the Secret's `secretkey`; null: the Secret itself is read. */
  readonly keyFile: string | null
  /** The Secret's bytes, to be wiped; null where there is none. May say why on the way. */
  readonly readSecret: (metallbNamespace: string, signal: AbortSignal) => Promise<Uint8Array | null>
}

export interface SpeakerViews {
  readonly read: NonNullable<CheckEdges['readViews']>
  /** Whether UDP gets through as well; asks nobody unless all views were read and agree (docs/memberlist.md). */
  readonly askByPackets: (
    cluster: ClusterSnapshot,
    readings: readonly SpeakerReading[],
    signal: AbortSignal,
  ) => Promise<readonly PacketReading[]>
  /** Wipes the keys. */
  close(): void
}

/** Pairs grow with the square of the speakers: a hundred say enough. */
const PACKETS = { parallel: OBSERVER_DEFAULTS.parallel, maxPairs: 100 }

/** Asks speakers for their views: read-only, one exchange each, never more than one a second (docs/memberlist.md). */
export function openSpeakerViews(options: SpeakerViewsOptions, clock: Clock): SpeakerViews {
  let keys: Promise<MemberlistKeys> | undefined
  /** One for all looks: it knows which key opened whom, whom it could not reach, and how long ago it asked. */
  let observer: Observer | undefined
  return {
    read: async (cluster, signal) => {
      const { memberlist, speakers, hashesKey } = gossipOf(cluster)
      if (memberlist === 'off' || speakers.length === 0) return null
      keys ??= readKeys(options, cluster.metallbNamespace, hashesKey ? 'hashed' : 'appended', signal)
      const known = await keys
      observer ??= createObserver({ ...OBSERVER_DEFAULTS, keys: known }, { clock })
      return { readings: await observer.observe(speakers, signal), sealed: known.count > 0 }
    },
    askByPackets: async (cluster, readings, signal) => {
      const quiet = quietCluster(readings)
      if (!quiet || !keys) return []
      const { probeTimeoutMs } = gossipOf(cluster).profile
      const settings = { ...PACKETS, keys: await keys, label: '', timeoutMs: probeTimeoutMs, probeTimeoutMs }
      return askByPackets(quiet, settings, { clock, randomBytes }, signal)
    },
    close: () =>
      void keys?.then(
        (known) => known.wipe(),
        () => {},
      ),
  }
}

async function readKeys(
  { keyFile, readSecret }: SpeakerViewsOptions,
  namespace: string | null,
  first: KeyForm,
  signal: AbortSignal,
): Promise<MemberlistKeys> {
  if (keyFile !== null) return keysFromFile(keyFile, first)
  const secret = namespace === null ? null : await readSecret(namespace, signal)
  return secret === null ? NO_KEYS : keysFromSecret(secret, first)
}
