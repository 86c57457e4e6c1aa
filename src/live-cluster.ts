import { systemClock } from './clock.ts'
import type { ClusterSnapshot } from './core/cluster.ts'
import { seededRandom } from './core/random.ts'
import type { ClusterOptions } from './kubernetes/main.ts'
import { secretNote, tokenNote } from './secret-note.ts'
import type { SpeakerClaims } from './speaker-claims.ts'
import type { SpeakerViews } from './speaker-views.ts'

/** A cluster that is read over one connection: its `read` is a check's `readCluster`. */
export interface LiveCluster {
  /** Which context of which file, for sentences. */
  readonly origin: string
  /** The cluster now, within 5 s. Throws an ArpcheckError; rejects with the signal's reason when it aborts. */
  readonly read: (signal: AbortSignal) => Promise<ClusterSnapshot>
  /** What its speakers believe: a check's `readViews`. Asks nobody, and reads no key, before it is used. */
  readonly views: SpeakerViews
  /** What they claim of themselves: a check's `readClaims`. Asks nobody, and for no token, before it is used. */
  readonly claims: SpeakerClaims
  /** Resolves when no socket is left; the memberlist's keys are wiped. */
  readonly close: () => Promise<void>
}

/** Where the memberlist's key comes from, and who is told what could not be had. */
export interface KeySource {
  /** A file that holds it; null: the Secret is read. */
  readonly keyFile: string | null
  /** Told once, in one sentence, why there is no key where the Secret gave none. */
  readonly onNoKey: (note: string) => void
  /** Told in one sentence why there is no token for metrics, where a speaker may want one. */
  readonly onNoToken: (note: string) => void
}

/**
 * Opens the cluster that kubectl would use; throws an ArpcheckError where there are no credentials. Sends nothing yet.
 * The Kubernetes edge is a bundle of its own, loaded here and for nobody else.
 */
export async function openLiveCluster(
  options: ClusterOptions,
  { keyFile, onNoKey, onNoToken }: KeySource,
): Promise<LiveCluster> {
  const [{ openCluster }, { openSpeakerViews }, { openSpeakerClaims }] = await Promise.all([
    import('./kubernetes/main.ts'),
    import('./speaker-views.ts'),
    import('./speaker-claims.ts'),
  ])
  const random = seededRandom(Number(systemClock.wallNs() & 0xffff_ffffn))
  const cluster = openCluster(options, { clock: systemClock, random })
  async function readSecret(namespace: string, signal: AbortSignal): Promise<Uint8Array | null> {
    const secret = await cluster.memberlistSecret(namespace, signal)
    if (secret.name !== null) return secret.secretkey
    if (!signal.aborted) onNoKey(secretNote(secret.why, namespace))
    return null
  }
  async function readToken(signal: AbortSignal): Promise<string | null> {
    const given = await cluster.metricsToken(signal)
    if (given.token === null && !signal.aborted) onNoToken(tokenNote(given.why, given.namespace))
    return given.token
  }
  const views = openSpeakerViews({ keyFile, readSecret }, systemClock)
  const claims = openSpeakerClaims({ readToken }, systemClock)
  return {
    origin: cluster.origin,
    read: (signal) => cluster.read({}, signal),
    views,
    claims,
    close: async () => {
      views.close()
      await cluster.close()
    },
  }
}
