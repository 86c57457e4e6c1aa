import type { Clock } from './clock.ts'
import type { ClusterSnapshot } from './core/cluster.ts'
import { KEY_TROUBLE } from './daemon-speakers.ts'
import type { ViewsReading } from './elected.ts'
import { ArpcheckError, messageOf } from './errors.ts'
import type { Cluster } from './kubernetes/main.ts'
import type { Log } from './log.ts'
import { secretNote } from './secret-note.ts'
import type { openSpeakerViews, SpeakerViews } from './speaker-views.ts'

/** A Secret that was rotated is read again, but no more often than that. */
const RENEW_MS = 60_000

export interface RenewedViewsOptions extends Pick<Cluster, 'memberlistSecret'> {
  readonly keyFile: string | null
  readonly open: (...asked: Parameters<typeof openSpeakerViews>) => Pick<SpeakerViews, 'read' | 'close'>
  readonly clock: Clock
  readonly log: Log
}

/** The speakers' views, by the key as it is now: where a speaker is not opened by it, it may have been rotated. */
export function renewedViews({
  keyFile,
  memberlistSecret,
  open,
  clock,
  log,
}: RenewedViewsOptions): Pick<SpeakerViews, 'read' | 'close'> {
  let told = ''
  let openedMs = clock.monotonicMs()
  let views = open({ keyFile, readSecret }, clock)

  async function readSecret(namespace: string, signal: AbortSignal): Promise<Uint8Array | null> {
    const secret = await memberlistSecret(namespace, signal)
    if (secret.name !== null) return secret.secretkey
    // asked without a key, a speaker that has one would say so in its log: better later than that
    if (typeof secret.why === 'object' && 'failed' in secret.why)
      throw new ArpcheckError('api-unreachable', `The memberlist's Secret: ${secret.why.failed}.`)
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
      const why = messageOf(error)
      if (!signal.aborted && why !== told) log.warn?.('member lists could not be read', { why })
      told = why
      renew()
      return null
    }
  }

  function renew(): void {
    if (clock.monotonicMs() - openedMs < RENEW_MS) return
    views.close()
    views = open({ keyFile, readSecret }, clock)
    openedMs = clock.monotonicMs()
  }

  return { read, close: () => views.close() }
}
