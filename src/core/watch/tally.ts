import type { FindingCode, Severity } from '../findings.ts'
import type { VipReport } from '../report.ts'
import { isFault } from '../verdict.ts'
import type { VipState } from './state.ts'

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
