import type { Vip } from './announcers/announcer.ts'
import { explain, metallb } from './announcers/metallb/metallb.ts'
import type { VipSide } from './core/cluster-side.ts'
import { differsInAgesAlone, type ClusterSnapshot } from './core/cluster.ts'

/** What a cluster says of one VIP, worked out where it is asked for: a daemon asks it of the few VIPs that it watches. */
export function vipSideOf(vip: Vip, cluster: ClusterSnapshot): VipSide {
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
      return standFor(vip, cluster).candidates
    },
    get excluded() {
      return standFor(vip, cluster).excluded
    },
    policies: [...new Set(vip.holders.map(({ service }) => service.externalTrafficPolicy))].sort(),
    refusal: vip.holders.every(({ refusal }) => refusal !== null) ? (vip.holders[0]?.refusal ?? null) : null,
  }
}

interface Stand extends Pick<VipSide, 'candidates' | 'excluded'> {
  readonly cluster: ClusterSnapshot
}

const stands = new WeakMap<Vip, Stand>()

/** Who stands for it, which every node is hashed for: made again only when more than ages moved. */
function standFor(vip: Vip, cluster: ClusterSnapshot): Stand {
  const known = stands.get(vip)
  if (known && (known.cluster === cluster || differsInAgesAlone(known.cluster, cluster))) return known
  const members = cluster.speakerPods.flatMap(({ nodeName }) => nodeName ?? [])
  const election = explain(vip, cluster, { members })[0]?.election
  const candidates = election?.candidates.map(({ node, hash, score }) => ({ node, hash, score })) ?? []
  const stand = { cluster, candidates, excluded: election?.excluded ?? [] }
  stands.set(vip, stand)
  return stand
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}
