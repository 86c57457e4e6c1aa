import type { InputName } from './cluster.ts'
import type { Vote } from './expectation.ts'
import type { Finding } from './findings.ts'
import type { Ip } from './ip.ts'
import type { Mac } from './mac.ts'
import type { RefusalName } from './refusal.ts'
import type { UnknownReason, VerdictName } from './verdict.ts'
import type { MemberState } from './views.ts'

/** The JSON of `arpcheck.io/v1`; fields are only ever added. report.schema.json states the same. */
export interface Report {
  readonly apiVersion: 'arpcheck.io/v1'
  readonly kind: 'Report'
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  /** True when Ctrl-C or an error ended the run early: the report holds what was known by then. */
  readonly interrupted: boolean
  /** What ended the asking on an interface early: it went down, for one. */
  readonly errors: readonly ErrorReport[]
  readonly vantage: readonly VantageReport[]
  /** Null without a cluster. */
  readonly metallb: MetallbReport | null
  readonly canaries: readonly CanaryReport[]
  readonly frames: FrameCounts
  readonly summary: Summary
  /** In numeric order of the address, then by interface. */
  readonly vips: readonly VipReport[]
  /** Addresses of LoadBalancer Services that MetalLB does not announce: listed, never judged. */
  readonly outOfScope: readonly OutOfScopeReport[]
  /** Findings about the vantage or the run as a whole. */
  readonly findings: readonly Finding[]
}

/** What the world did to the run. */
export interface ErrorReport {
  /** `interface-down`, …: the codes of src/errors.ts. */
  readonly code: string
  readonly message: string
  readonly next: readonly string[]
}

/** Where we asked from: a host and one of its interfaces. */
export interface VantageReport {
  readonly node: string
  readonly interface: string
  readonly mac: Mac
  /** Null when the interface has no IPv4 address. */
  readonly ip: Ip | null
}

export interface CanaryReport {
  readonly ip: Ip
  readonly interface: string
  readonly kind: 'must-answer' | 'must-be-free'
  readonly answered: boolean
}

/** Counts over all interfaces of the run; where an engine keeps no statistics, what it was given and what it gave. */
export interface FrameCounts {
  readonly sent: number
  /** Frames that passed the kernel's filter, our own who-has included. */
  readonly received: number
  /** Null where the engine keeps no statistics. */
  readonly kernelDrops: number | null
  readonly ringDrops: number | null
  /** Frames set aside, by reason. */
  readonly ignored: Readonly<Record<string, number>>
}

export interface Summary {
  readonly total: number
  readonly ok: number
  readonly faults: number
  /** Neither ok nor a fault. */
  readonly untested: number
}

export interface VipReport {
  readonly vip: Ip
  /** `namespace/name` of each Service that holds the address; empty without a cluster. */
  readonly services: readonly string[]
  readonly pool: string | null
  /** `externalTrafficPolicy` of these Services, each once; empty without a cluster. */
  readonly policies: readonly ('Cluster' | 'Local')[]
  /** Null when no interface of this host could ask. */
  readonly interface: string | null
  readonly verdict: VerdictName
  /** Whether the verdict is a fault, so that consumers need no table. */
  readonly faultVerdict: boolean
  readonly reason: UnknownReason | null
  readonly expected: {
    /** Nodes that should answer; they may be several (a split brain), or none while one is elected (a dead owner). */
    readonly nodes: readonly string[]
    readonly macs: readonly Mac[]
    /**
     * `memberlist`: the speakers' own views, or every node where memberlist is off; `inferred`: what Kubernetes knows;
     * `static`: given on the command line; `any`: whoever answers, as long as it is one; `none`: not known.
     */
    readonly source: 'memberlist' | 'inferred' | 'static' | 'any' | 'none'
    /** Why nobody should answer: the first filter that fails; else null. */
    readonly refusal: RefusalName | null
    /** Whom each view, or each hypothesis, elects; several of one voter where Services share the address. */
    readonly votes: readonly Vote[]
    /** Best first, by the rules of the installed MetalLB. */
    readonly candidates: readonly CandidateReport[]
    readonly excluded: readonly ExcludedReport[]
  }
  readonly truths: Truths
  /** One row a MAC, in the order in which they answered first. */
  readonly answered: readonly AnswerReport[]
  readonly findings: readonly Finding[]
}

export interface MetallbReport {
  readonly namespace: string | null
  /** Of the speakers' image; several where a roll-out mixes them, null where nothing tells. */
  readonly version: string | null
  readonly memberlist: 'read' | 'inferred' | 'off' | 'unknown'
  /** Speaker pods. */
  readonly speakers: { readonly ready: number; readonly total: number }
  /** Services of MetalLB's class that have no address yet. */
  readonly waiting: readonly string[]
  /** What the API was asked for and did not give; an empty list elsewhere in the report may come of it. */
  readonly unread: readonly UnreadReport[]
  /** One for each speaker that was asked for its own member list. */
  readonly views: readonly ViewReport[]
  /** One for each speaker that was asked for its metrics. */
  readonly claims: readonly ClaimReport[]
}

export interface UnreadReport {
  readonly input: InputName
  readonly why: 'denied' | 'failed'
  /** The permission that is missing (`list nodes in all namespaces`), or what the API said. */
  readonly what: string
}

export interface ViewReport {
  readonly speaker: string
  readonly members: readonly { readonly name: string; readonly state: MemberState }[]
  /** Why its view could not be read; null where it could. */
  readonly error: string | null
}

export interface ClaimReport {
  /** Its node. */
  readonly speaker: string
  /** Why its metrics could not be read; null where they could. */
  readonly error: string | null
}

export interface CandidateReport {
  readonly node: string
  /** SHA-256 of `node#address`, hex. */
  readonly hash: string
  readonly score: number
}

export interface ExcludedReport {
  readonly node: string
  readonly why: string
}

/** The four truths, by node. */
export interface Truths {
  readonly elected: readonly string[]
  readonly recorded: readonly string[]
  readonly claimed: readonly string[]
  readonly answered: readonly string[]
}

export interface OutOfScopeReport {
  readonly ip: Ip
  readonly service: string
  readonly why: string
}

export interface AnswerReport {
  readonly mac: Mac
  readonly node: string | null
  /** `other`: not the given MAC, or nothing was given to compare it with. */
  readonly relation: 'elected' | 'node' | 'foreign' | 'self' | 'other'
  /** Kernel stamp of the first reply less that of the who-has before it; null without stamps. */
  readonly rttMs: number | null
  readonly replies: number
  readonly vendor: string | null
}
