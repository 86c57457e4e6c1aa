import { systemClock } from './clock.ts'
import type { DaemonCluster } from './daemon-cluster.ts'
import { ArpcheckError } from './errors.ts'
import { echo } from './icmp/echo.ts'
import type { Cluster } from './kubernetes/main.ts'
import type { Log } from './log.ts'
import type { CheckEdges } from './options.ts'
import { tokenNote } from './secret-note.ts'

/** As long as a node on another segment may take. */
const ECHO_MS = 1000

/** ICMP echo, where that is allowed; why it is not is told once. */
export function echoTelling(log: Log): NonNullable<CheckEdges['echo']> {
  let told = ''
  return async (ips, signal) => {
    try {
      return await echo(ips, {
        timeoutMs: ECHO_MS,
        seed: Number(systemClock.wallNs() & 0xffff_ffffn),
        signal,
      })
    } catch (error) {
      if (!(error instanceof ArpcheckError)) throw error
      if (error.message !== told) log.warn?.('nodes are not asked by ICMP echo', { why: error.message })
      told = error.message
      return null
    }
  }
}

/** What speakers claim; why there is no token for it is told once. Loaded for whoever wants it alone. */
export async function claimsTelling(
  cluster: Pick<Cluster, 'metricsToken'>,
  log: Log,
): Promise<NonNullable<DaemonCluster['readClaims']>> {
  const { openSpeakerClaims } = await import('./speaker-claims.ts')
  let told = ''
  async function readToken(signal: AbortSignal): Promise<string | null> {
    const given = await cluster.metricsToken(signal)
    const note = given.token === null ? tokenNote(given.why, given.namespace) : ''
    if (!signal.aborted && note !== '' && note !== told)
      log.warn?.('no token for speaker metrics', { why: note })
    told = note
    return given.token
  }
  return openSpeakerClaims({ readToken }, systemClock).read
}
