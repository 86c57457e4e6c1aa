import type { InputName, Readable } from '../cluster.ts'
import type { FindingCode, Severity } from '../findings.ts'
import type { Ip } from '../ip.ts'
import type { Mac } from '../mac.ts'
import type { VipReport } from '../report.ts'
import type { VerdictName } from '../verdict.ts'

/** What one daemon knows at one moment. Times: monotonic ms (`…Ms`) or, where they leave the process, Unix ms by our clock (`…At`). */
export interface WatchState {
  readonly startedAt: number
  readonly node: string | null
  readonly vips: ReadonlyMap<Ip, VipState>
  readonly nodes: ReadonlyMap<string, { readonly answers: boolean | null }>
  readonly interfaces: ReadonlyMap<string, InterfaceState>
  readonly sources: ReadonlyMap<
    InputName,
    {
      readonly readable: Readable
      readonly lastSuccessAt: number | null
      readonly errors: ReadonlyMap<string, number>
    }
  >
  readonly members: ReadonlyMap<'pods_listed' | 'pods_ready' | 'nodes_ready' | 'read', number | null>
  readonly membersDisagree: boolean | null
  /** The daemons that share the work; null: this one shares with nobody, or has not begun. */
  readonly daemons: {
    readonly by: 'pods' | 'records'
    readonly recorded: number
    readonly alive: number
  } | null
  readonly config: { readonly loadedAt: number; readonly successful: boolean }
}

export interface VipState {
  readonly vip: Ip
  readonly services: readonly string[]
  readonly pool: string | null
  /** The newest judgement; null: not watched from here (another vantage does). */
  readonly row: VipReport | null
  /** False: one-node cluster, or self. */
  readonly testable: boolean
  /** Nodes assigned to watch it. */
  readonly vantages: readonly string[]
  /** Effective sweep interval. */
  readonly intervalMs: number
  readonly lastAnswerAt: number | null
  readonly silentSinceMs: number | null
  readonly ownerChanges: number
  readonly probes: { readonly good: number; readonly bad: number; readonly excluded: number }
  /** Ever fired; those active now are in `row.findings`. */
  readonly firedFindings: ReadonlyMap<FindingCode, Severity>
  readonly gratuitous: ReadonlyMap<'expected' | 'other_node' | 'foreign', number>
  readonly replies: ReadonlyMap<'expected' | 'other_node' | 'foreign', number>
}

export interface InterfaceState {
  readonly name: string
  readonly mac: Mac
  /** Frames. */
  readonly sent: ReadonlyMap<'broadcast' | 'unicast', number>
  /** `${mode} ${result}` → count. */
  readonly results: ReadonlyMap<string, number>
  readonly received: number
  /** kernel, ring, malformed, rate_limit. */
  readonly drops: ReadonlyMap<string, number>
  readonly budgetPerSecond: number
  readonly canaries: { readonly mustAnswer: boolean | null; readonly mustBeFree: boolean | null }
}

/** What happens once and is no state: handed to the metrics as it happens, for their histograms. */
export type Observation =
  | { readonly what: 'rtt'; readonly interface: string; readonly seconds: number }
  | { readonly what: 'outage'; readonly seconds: number }
  | { readonly what: 'detection'; readonly verdict: VerdictName; readonly seconds: number }
