import type { MetricsEndpoint, MetricsSource } from '../../core/claims.ts'
import type { ClusterSnapshot, SpeakerPod } from '../../core/cluster.ts'
import { flagsOf } from './flags.ts'
import { releaseOf } from './rules.ts'
import { atLeast, type Version } from './version.ts'

/** From this release on a speaker serves metrics by TLS alone, and asks for a token (#2979). */
const TLS_FROM: Version = [0, 16, 0]
export const PLAIN_PORT = 7472
export const TLS_PORT = 9120
/** Where only what runs on the node itself is heard. */
const LOOPBACK = /^(?:127\.|::1$|localhost$)/

/** Where each speaker's metrics may be read; one for each node, and a pod that is being deleted last. */
export function metricsSources(cluster: ClusterSnapshot): MetricsSource[] {
  const pods = cluster.speakerPods.toSorted(
    (a, b) => Number(a.deletedAt === null) - Number(b.deletedAt === null),
  )
  const sources = pods.flatMap((pod) => sourceOf(pod, cluster))
  const byNode = new Map(sources.map((source) => [source.node, source]))
  return [...byNode.values()].toSorted((a, b) => (a.node < b.node ? -1 : Number(a.node > b.node)))
}

function sourceOf(pod: SpeakerPod, cluster: ClusterSnapshot): MetricsSource[] {
  const { nodeName: node, podIp: address } = pod
  if (node === null || address === null) return []
  return [{ node, address, endpoints: endpointsOf(pod, releaseOf(pod, cluster)) }]
}

/** As the release serves them; where none is told, as the newer ones do and then as the older ones did. */
function endpointsOf(pod: SpeakerPod, release: Version | undefined): MetricsEndpoint[] {
  const { metricsPort, host } = flagsOf(pod)
  // MetalLB's HEAD: port 0 turns metrics off.
  if (metricsPort === 0) return []
  const byTls = { scheme: 'https', port: metricsPort ?? TLS_PORT } as const
  // Before v0.16.0 a proxy beside the speaker may serve them by TLS; then plain HTTP is kept on loopback (#2315).
  const plain = { scheme: 'http', port: metricsPort ?? PLAIN_PORT } as const
  const older = [...(LOOPBACK.test(host) ? [] : [plain]), { scheme: 'https', port: TLS_PORT } as const]
  if (release) return atLeast(release, TLS_FROM) ? [byTls] : older
  return distinct([byTls, ...older])
}

function distinct(endpoints: readonly MetricsEndpoint[]): MetricsEndpoint[] {
  return [...new Map(endpoints.map((one) => [`${one.scheme} ${one.port}`, one])).values()]
}
