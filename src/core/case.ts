import type { Timing, VipSide } from './cluster-side.ts'
import type { ClusterExpectation } from './expectation.ts'
import type { Finding } from './findings.ts'
import type { ArpListener, Neighbour } from './host.ts'
import type { Ip } from './ip.ts'
import type { Mac } from './mac.ts'
import type { MacMap } from './macs.ts'
import type { NodeFacts } from './nodes.ts'
import type { Evidence } from './round.ts'
import type { UnknownReason, VerdictName } from './verdict.ts'

/** Who should answer. */
export type Expectation =
  | { readonly source: 'static'; readonly macs: readonly Mac[] } // given with the address
  | { readonly source: 'any'; readonly remembered?: boolean } // whoever answers, as long as it is one
  | ElectedExpectation

/** What a cluster says of it; `moved`: it changed while we asked (rule 7). */
export interface ElectedExpectation {
  readonly source: 'cluster'
  /** Where MetalLB runs, and what runs its speakers: for commands. */
  readonly namespace: string
  readonly daemonSet: string
  /** When the cluster was read, by the API server's clock. */
  readonly takenAt: number
  readonly timing: Timing
  readonly elected: ClusterExpectation
  readonly moved: boolean
}

/** A case whose expectation comes from a cluster. */
export type ClusterCase = Case & { readonly expected: ElectedExpectation }

/** Frames that were lost while we listened; `uncounted`: the engine cannot tell. */
export type Loss = 'none' | 'few' | 'lost' | 'uncounted'

/** All that is known of one VIP on one vantage when its round is over. */
export interface Case {
  readonly vip: Ip
  readonly interface: string
  readonly expected: Expectation
  readonly evidence: Evidence
  /** A reply to any of our questions came in this round. */
  readonly hears: boolean
  readonly loss: Loss
  /** Every MAC of this host. */
  readonly ownMacs: ReadonlySet<Mac>
  /** This host's kernel holds the VIP as an address of its own. */
  readonly ownAddress: boolean
  /** Other processes of this host that listen for ARP on this interface: perhaps a speaker. */
  readonly listeners: readonly ArpListener[]
  /** MACs that answer for two or more addresses that must be free. */
  readonly proxies: ReadonlySet<Mac>
  /** Whether such an address was asked for: without one proxy ARP cannot be excluded (rule 4). */
  readonly freeAsked: boolean
  /** The VIP is this host's next hop. */
  readonly isGateway: boolean
  /** Which node a MAC belongs to, and which MACs belong to none. */
  readonly macs: MacMap
  /** The node that this host is. */
  readonly ownNode: string | null
  /** What is known of each node, by name; empty without a cluster. */
  readonly nodes: ReadonlyMap<string, NodeFacts>
  /** What the cluster says of the VIP; null for an address that is none of its VIPs. */
  readonly side: VipSide | null
  /** This host's neighbour entry for the VIP, read before our first frame. */
  readonly neighbour: Neighbour | null
}

export interface Judgement {
  readonly verdict: VerdictName
  readonly reason: UnknownReason | null
  readonly findings: readonly Finding[]
}

export const OK: Judgement = { verdict: 'ok', reason: null, findings: [] }

export function unsettled(findings: readonly Finding[]): Judgement {
  return { verdict: 'settling', reason: null, findings }
}

export function fault(verdict: VerdictName, ...findings: Finding[]): Judgement {
  return { verdict, reason: null, findings }
}

export function unknown(reason: UnknownReason, findings: readonly Finding[]): Judgement {
  return { verdict: 'unknown', reason, findings }
}

/** Whether the question or its answer may be among frames that were lost: one that was not seen to leave was never asked. */
export function mayBeLost({ loss, evidence }: Pick<Case, 'loss' | 'evidence'>): boolean {
  return loss !== 'none' || evidence.asked === 0
}
