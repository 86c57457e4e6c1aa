import type { MembersReport } from '../core/members-report.ts'
import type { Report } from '../core/report.ts'
import type { ErrorCode } from '../errors.ts'
import type { Checked } from './expect.ts'
import type { LabHost } from './hosts.ts'

/** What the outside asks of the inside: play this story, or hold the segment until told otherwise. */
export interface Order {
  /** Text of the story, already found valid outside; the inside reads it again, since shapes do not travel. */
  readonly story: string
  readonly file: string
  readonly hold: boolean
  readonly seed: number
  /** Record with tcpdump too. */
  readonly witness: boolean
  /** Ask each question a second time for the table that people read. */
  readonly show: boolean
  /** dist/lab.js, which is the responders' program too, and dist/arpcheck.js beside it. */
  readonly program: string
  readonly arpcheck: string
}

/** One arpcheck inside the segment, and what it said. */
export interface RunTold {
  readonly command: string
  readonly on: string
  readonly exit: number | null
  /** Of a check, or of `arpcheck members`. */
  readonly report: Report | MembersReport | null
  readonly stderr: string
  /** What a person sees of it: the table, and stderr before it; null where it was asked for JSON alone. */
  readonly shown: string | null
  readonly checks: readonly Checked[]
}

/** One daemon, at its end. */
export interface DaemonTold {
  readonly host: string
  /** Null where a signal ended it. */
  readonly exit: number | null
  /** From SIGTERM to its end. */
  readonly stopMs: number
  /** Its stderr, JSON lines. */
  readonly log: string
  /** What it served last; null where it could not be reached. */
  readonly metrics: string | null
  readonly report: Report | null
}

/** What is new in the metrics of a daemon; null: the series is gone. Milliseconds since 1970. */
export interface Scraped {
  readonly host: string
  readonly atMs: number
  readonly changed: Readonly<Record<string, number | null>>
}

/** What the inside tells, in order. */
export type Told =
  | { readonly told: 'hello' }
  | { readonly told: 'built'; readonly hosts: readonly LabHost[]; readonly kubeconfig: string | null }
  | { readonly told: 'note'; readonly text: string }
  | { readonly told: 'fault'; readonly text: string; readonly atMs: number }
  | ({ readonly told: 'run' } & RunTold)
  | { readonly told: 'pcap'; readonly by: 'lab' | 'tcpdump'; readonly bytes: Uint8Array }
  | {
      readonly told: 'error'
      readonly code: ErrorCode
      readonly message: string
      readonly remedy: readonly string[]
    }
  | ({ readonly told: 'scraped' } & Scraped)
  | ({ readonly told: 'daemon' } & DaemonTold)
  | { readonly told: 'end'; readonly passed: boolean }
