import { systemClock } from './clock.ts'
import type { DaemonCluster } from './daemon-cluster.ts'
import type { ArpcheckError } from './errors.ts'
import type { Cluster } from './kubernetes/main.ts'
import { askByEcho } from './live-echo.ts'
import type { Log } from './log.ts'
import type { CheckEdges } from './options.ts'
import { tokenNote } from './secret-note.ts'

/** ICMP echo, where that is allowed; why it is not is told once. */
export function echoTelling(log: Log): NonNullable<CheckEdges['echo']> {
  let told = ''
  const onRefused = ({ message }: ArpcheckError): void => {
    if (message !== told) log.warn?.('nodes are not asked by ICMP echo', { why: message })
    told = message
  }
  return (ips, signal) => askByEcho(ips, signal, { onRefused })
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
