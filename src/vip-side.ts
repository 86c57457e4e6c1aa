import type { Vip } from './announcers/announcer.ts'
import { explain, metallb } from './announcers/metallb/metallb.ts'
import type { VipSide } from './core/cluster-side.ts'
import type { ClusterSnapshot } from './core/cluster.ts'

/** What a cluster says of one VIP, worked out where it is asked for: a daemon asks it of the few VIPs that it watches. */
export function vipSideOf(vip: Vip, cluster: ClusterSnapshot): VipSide {
  const members = cluster.speakerPods.flatMap(({ nodeName }) => nodeName ?? [])
  const explained = once(() => explain(vip, cluster, { members })[0]?.election)
  const candidates = once(
    () => explained()?.candidates.map(({ node, hash, score }) => ({ node, hash, score })) ?? [],
  )
  const records = once(() => metallb.recorded(vip, cluster))
  const others = once(() => metallb.others(vip, cluster))
  return {
    services: vip.holders.map(({ key }) => key),
    pool: vip.pool,
    get records() {
      return records()
    },
    get others() {
      return others()
    },
    changes: () => metallb.changes(vip, cluster),
    get candidates() {
      return candidates()
    },
    get excluded() {
      return explained()?.excluded ?? []
    },
    policies: [...new Set(vip.holders.map(({ service }) => service.externalTrafficPolicy))].sort(),
    refusal: vip.holders.every(({ refusal }) => refusal !== null) ? (vip.holders[0]?.refusal ?? null) : null,
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
