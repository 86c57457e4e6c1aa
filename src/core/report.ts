import type { Finding } from './findings.ts'
import type { Ip } from './ip.ts'
import type { Mac } from './mac.ts'
import type { UnknownReason, VerdictName } from './verdict.ts'

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
  readonly canaries: readonly CanaryReport[]
  readonly frames: FrameCounts
  readonly summary: Summary
  /** In numeric order of the address, then by interface. */
  readonly vips: readonly VipReport[]
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
  /** Null when no interface of this host could ask. */
  readonly interface: string | null
  readonly verdict: VerdictName
  /** Whether the verdict is a fault, so that consumers need no table. */
  readonly faultVerdict: boolean
  readonly reason: UnknownReason | null
  readonly expected: {
    readonly nodes: readonly string[]
    readonly macs: readonly Mac[]
    /** `static`: given on the command line; `any`: whoever answers, as long as it is one. */
    readonly source: 'static' | 'any' | 'none'
  }
  /** One row a MAC, in the order in which they answered first. */
  readonly answered: readonly AnswerReport[]
  readonly findings: readonly Finding[]
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
