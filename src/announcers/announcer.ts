import type { SpeakerClaim } from '../core/claims.ts'
import type { ClusterSnapshot, Service } from '../core/cluster.ts'
import type { Other } from '../core/cluster-side.ts'
import type { ClusterExpectation } from '../core/expectation.ts'
import type { Ip } from '../core/ip.ts'
import type { Records } from '../core/records.ts'
import type { Refusal } from '../core/refusal.ts'
import type { Change } from '../core/motions.ts'
import type { SpeakerView } from '../core/views.ts'

/** What makes a node answer for an address: MetalLB today. Pure: snapshots in, values out. */
export interface Announcer {
  readonly name: string
  /** Its VIPs, what is not its own, and what could not be read. */
  vips(cluster: ClusterSnapshot): Inventory
  /** The elected truth: who should answer. */
  elect(vip: Vip, cluster: ClusterSnapshot, evidence: Evidence): ClusterExpectation
  /** The recorded truth: who it wrote down. */
  recorded(vip: Vip, cluster: ClusterSnapshot): Records
  /** The claimed truth: who believes that it announces. */
  claimed(vip: Vip, claims: readonly SpeakerClaim[]): Claimed
  /** Which other controllers announce the address too. */
  others(vip: Vip, cluster: ClusterSnapshot): readonly Other[]
  /** When what decides about the address changed last, newest first; what was taken away leaves no trace. */
  changes(vip: Vip, cluster: ClusterSnapshot): readonly Change[]
  /** How long its own machinery may take. */
  grace(cluster: ClusterSnapshot): Grace
}

export interface Inventory {
  /** In numeric order of the address. */
  readonly vips: readonly Vip[]
  readonly outOfScope: readonly OutOfScope[]
  /** Services of its class that have no address yet. */
  readonly waiting: readonly Holder[]
}

/** An address of a pool, and the Services of the announcer's class that carry it. */
export interface Vip {
  readonly ip: Ip
  readonly family: 'ipv4' | 'ipv6'
  /** Null when the pools could not be read and the Service itself says that MetalLB gave the address. */
  readonly pool: string | null
  /** By `namespace/name`. */
  readonly holders: readonly Holder[]
}

export interface Holder {
  readonly key: string
  readonly service: Service
  /** Why no speaker announces it, whoever is a member. */
  readonly refusal: Refusal | null
}

/** An address that another controller wrote, or that another class serves: listed, never judged. */
export interface OutOfScope {
  readonly ip: Ip
  readonly service: string
  readonly why: 'not-in-a-pool' | 'other-class' | 'pools-not-read'
  /** Who seems to announce it. */
  readonly by: 'servicelb' | 'kube-vip' | 'cilium' | null
}

/** What the election takes besides the API. */
export interface Evidence {
  readonly views: readonly SpeakerView[]
  /** Nodes whose own address did not answer. */
  readonly silentNodes: ReadonlySet<string>
  /** Older inputs decide nothing. */
  readonly maxAgeMs: number
}

export interface Claimed {
  /** Nodes that say they announce the address in layer 2, sorted. */
  readonly nodes: readonly string[]
  /** Nodes whose speaker could be read, sorted: of the others nobody knows what they claim. */
  readonly asked: readonly string[]
}

export interface Grace {
  /** How long a deviation may be lawful: the hold-down of a verdict. */
  readonly holdDownMs: number
  /** From suspect to dead. */
  readonly suspicionMinMs: number
  readonly suspicionMaxMs: number
  /** From the death of a node to the last moment at which a healthy cluster may still elect it; null: for ever. */
  readonly failoverMaxMs: number | null
  readonly profile: 'lan' | 'wan' | 'file' | 'off'
  /** Why the memberlist file cannot be used: speakers do not start with it. */
  readonly problem: string | null
}
