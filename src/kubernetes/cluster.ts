import type { ClusterSnapshot, NodeNic } from '../core/cluster.ts'
import { openApi } from './api.ts'
import { openCredentials } from './credentials.ts'
import { type ClusterWatch, followApi, type FollowOptions } from './follow.ts'
import { type Chances, type ClusterOptions, homeOf, type ReadOptions, readOnce } from './read.ts'
import { publishNics } from './records.ts'
import { type MemberlistSecret, readMemberlistSecret } from './secret.ts'
import { type MetricsToken, requestMetricsToken } from './token.ts'
import { openTransport } from './transport.ts'

/** One cluster's API, over one connection. */
export interface Cluster {
  /** Which context of which file, for sentences. */
  readonly origin: string
  /** The namespace of the pod that this is; null outside. */
  readonly podNamespace: string | null
  /** Whether its credentials come from a plugin, a program that is started for each. */
  readonly startsPrograms: boolean
  /** The cluster now; see `readCluster`. */
  read(options?: Pick<ReadOptions, 'deadlineMs'>, signal?: AbortSignal): Promise<ClusterSnapshot>
  /** The cluster, kept up to date. */
  follow(options?: Pick<FollowOptions, 'startWithinMs' | 'onFault'>): ClusterWatch
  /** The memberlist's key as its Secret holds it; never throws. */
  memberlistSecret(metallbNamespace: string, signal: AbortSignal): Promise<MemberlistSecret>
  /** A token that is worth nothing but metrics, for speakers that ask for one; never throws. */
  metricsToken(signal: AbortSignal): Promise<MetricsToken>
  /** Writes down this node's NICs where they have changed; rejects where that is refused. */
  publishNics(
    node: string,
    nics: readonly NodeNic[],
    signal: AbortSignal,
  ): Promise<'created' | 'updated' | 'same'>
  /** Ends all that is under way; resolves when no socket is left. */
  close(): Promise<void>
}

/** Opens the API that kubectl would use; throws an `ArpcheckError` where there are no credentials. Sends nothing yet. */
export function openCluster(options: ClusterOptions, chances: Chances): Cluster {
  const { clock } = chances
  const credentials = openCredentials(options, clock)
  const api = openApi(credentials, openTransport(clock), clock)
  const ownNamespace = options.ownNamespace ?? credentials.podNamespace ?? undefined
  const home = homeOf({ ownNamespace })
  const watches: ClusterWatch[] = []
  return {
    origin: credentials.origin,
    podNamespace: credentials.podNamespace,
    startsPrograms: credentials.startsPrograms,
    read: (more, signal) => readOnce({ api, credentials }, { ...options, ...more }, chances, signal),
    follow: (more) => {
      const watch = followApi(api, { ...options, ownNamespace, ...more }, chances)
      watches.push(watch)
      return watch
    },
    memberlistSecret: (namespace, signal) => readMemberlistSecret(api, clock, namespace, signal),
    metricsToken: (signal) => requestMetricsToken(api, clock, home, signal),
    publishNics: (node, nics, signal) => publishNics(api, clock, { namespace: home, node, nics }, signal),
    close: async () => {
      await Promise.all(watches.map((watch) => watch.stop()))
      await api.close()
    },
  }
}

/**
 * The cluster now, in a few parallel requests within a total deadline (5 s). What may not be read degrades one input,
 * and `inputs` says which permission is missing. Throws an `ArpcheckError` where nothing can be read; rejects with the
 * signal's reason when it aborts.
 */
export async function readCluster(
  options: ReadOptions,
  chances: Chances,
  signal?: AbortSignal,
): Promise<ClusterSnapshot> {
  const cluster = openCluster(options, chances)
  try {
    return await cluster.read({}, signal)
  } finally {
    await cluster.close()
  }
}
