import type { ClusterSnapshot } from '../../core/cluster.ts'
import type { Announcer, Vip } from '../announcer.ts'
import { ballotOf, bestOf, elect, prepareOrder, type Election, type Membership } from './election.ts'
import { expectationOf } from './expect.ts'
import { changesOf } from './changes.ts'
import { graceOf } from './grace.ts'
import { groundOf } from './ground.ts'
import { inventoryOf } from './inventory.ts'
import { othersOf } from './others.ts'
import { claimsOf, recordsOf } from './records.ts'
import type { Rules } from './rules.ts'
import { compareVersions, versionOf, versionText } from './version.ts'

/** MetalLB in layer-2 mode, from v0.13.0 on. */
export const metallb: Announcer = {
  name: 'metallb',
  vips: inventoryOf,
  elect: expectationOf,
  recorded: recordsOf,
  claimed: claimsOf,
  others: othersOf,
  changes: changesOf,
  grace: graceOf,
}

/** The releases that the speakers' images name, oldest first; empty where none does. */
export function releases({ speakerPods, speakerDaemonSets }: ClusterSnapshot): string[] {
  const speakers = speakerPods.length > 0 ? speakerPods : speakerDaemonSets
  const versions = speakers.map(({ image }) => versionOf(image)).filter((version) => version !== undefined)
  return [...new Set(versions.toSorted(compareVersions).map(versionText))]
}

/** One Service's election under one set of rules, with every node's place or reason. */
export interface Explanation {
  readonly service: string
  readonly rules: Rules
  readonly election: Election
}

/** For `explain`, and for `--without NODE`: several rows for a Service where releases mix. */
export function explain(vip: Vip, cluster: ClusterSnapshot, membership: Membership): Explanation[] {
  const ground = groundOf(cluster)
  return vip.holders.flatMap(({ key }) =>
    ground.rules.map((rules) => ({
      service: key,
      rules,
      election: elect(ground.standings.get(key)!, ground, membership, rules),
    })),
  )
}

/** Hashes every node for every VIP, one VIP at a time: seconds in a large cluster, and nearly nothing once it is done. */
export function* prepareElections(cluster: ClusterSnapshot): Generator<void> {
  const ground = groundOf(cluster)
  for (const { holders } of inventoryOf(cluster).vips)
    for (const { key, refusal } of holders) {
      const [hashed] = ground.standings.get(key)!.ips
      if (refusal === null && hashed !== undefined) prepareOrder(ground.names, hashed)
      yield
    }
}

/** The nodes that would win next, best first, whoever is a member: whose views bear on the VIP. */
export function contenders(vip: Vip, cluster: ClusterSnapshot, count: number): string[] {
  const ground = groundOf(cluster)
  const ranked = vip.holders.flatMap(({ key }) =>
    ground.rules.map((rules) => bestOf(ballotOf(ground.standings.get(key)!, ground, rules), count)),
  )
  return [...new Set(ranked.flat())]
}
