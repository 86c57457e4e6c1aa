import type { FindingCode, Severity } from '../findings.ts'
import type { Ip } from '../ip.ts'
import type { VipReport } from '../report.ts'
import { isFault } from '../verdict.ts'
import type { History } from './history.ts'
import type { VipState } from './state.ts'
import type { Watch } from './vantages.ts'

/** What is counted of one VIP's judgements. */
export type Tally = Pick<VipState, 'probes' | 'firedFindings'>

export const NO_TALLY: Tally = { probes: { good: 0, bad: 0, excluded: 0 }, firedFindings: new Map() }

/** Only `ok` is good and only a fault is bad: what was not judged, or not to be answered, is in no ratio (peers.md D.1). */
export function tallied({ probes, firedFindings }: Tally, { verdict, findings }: VipReport): Tally {
  const kind = verdict === 'ok' ? 'good' : isFault(verdict) ? 'bad' : 'excluded'
  const fired = new Map<FindingCode, Severity>(firedFindings)
  for (const { code, severity } of findings) fired.set(code, severity)
  return { probes: { ...probes, [kind]: probes[kind] + 1 }, firedFindings: fired }
}

/** All that one VIP's state is made of. */
export interface VipParts {
  readonly vip: Ip
  readonly services: readonly string[]
  readonly pool: string | null
  /** With the findings of its history. */
  readonly row: VipReport | null
  readonly watch: Watch | undefined
  readonly intervalMs: number
  readonly history: History
  readonly tally: Tally
  /** Unix milliseconds at the zero of the monotonic clock. */
  readonly epochMs: number
}

export function vipStateOf({ watch, history, tally, epochMs, ...parts }: VipParts): VipState {
  const { lastGood, silentSinceMs, ownerChanges, gratuitous, replies } = history
  return {
    ...parts,
    ...tally,
    testable: watch !== undefined && watch.untestable === null && parts.row?.verdict !== 'self',
    vantages: watch?.vantages ?? [],
    lastAnswerAt:
      lastGood && (lastGood.ns === null ? epochMs + lastGood.ms : Number(lastGood.ns / 1_000_000n)),
    silentSinceMs,
    ownerChanges,
    gratuitous,
    replies,
  }
}
