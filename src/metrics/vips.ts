import { VERDICTS } from '../core/verdict.ts'
import { METRICS } from '../core/watch/metric-names.ts'
import type { VipState } from '../core/watch/state.ts'
import { counts, some, type Sample, type SampledName, type Samples } from './view.ts'
import { expectedOwners, namesOf, observedOwners, PROVIDER } from './owners.ts'

const { relation: RELATIONS } = METRICS.arpcheck_gratuitous_total.labels
const { result: RESULTS } = METRICS.arpcheck_vip_probes_total.labels

/** What is known of each VIP. Labels are bounded: a VIP that goes takes its series along. */
export const OF_VIPS = {
  arpcheck_vip_info: ({ vips }) => vips.map((vip) => [1, vip.vip, ...namesOf(vip), vip.pool ?? '', PROVIDER]),
  arpcheck_vip_testable: ({ vips, watched }) => {
    // what nobody can test is told by everybody: there is no vantage that could, and the alert on unwatched VIPs asks for it
    const ours = new Set(watched)
    const told = vips.filter((one) => !one.testable || ours.has(one))
    return told.map(({ vip, testable }) => [testable ? 1 : 0, vip])
  },
  arpcheck_vip_verdict: ({ watched }) =>
    watched.flatMap(({ vip, row }) =>
      VERDICTS.map((verdict): Sample => [row?.verdict === verdict ? 1 : 0, vip, verdict]),
    ),
  arpcheck_vip_expected_owner_info: ({ watched }) => watched.flatMap(expectedOwners),
  arpcheck_vip_observed_owner_info: ({ watched }) => watched.flatMap(observedOwners),
  arpcheck_vip_answerers: ({ watched }) => watched.map(({ vip, row }) => [macsOf(row), vip]),
  arpcheck_vip_silence_seconds: ({ watched, nowMs }) =>
    watched.map(({ vip, silentSinceMs }) => [secondsSince(silentSinceMs, nowMs), vip]),
  arpcheck_vip_last_answer_timestamp_seconds: ({ watched }) =>
    watched.flatMap(({ vip, lastAnswerAt }) => some(lastAnswerAt && lastAnswerAt / 1000, vip)),
  arpcheck_vip_owner_changes_total: ({ watched }) =>
    watched.map(({ vip, ownerChanges }) => [ownerChanges, vip]),
  arpcheck_finding_active: ({ watched }) => watched.flatMap(findings),
  arpcheck_vip_probes_total: ({ watched }) =>
    watched.flatMap(({ vip, probes }) => RESULTS.map((result): Sample => [probes[result], vip, result])),
  arpcheck_gratuitous_total: ({ watched }) =>
    watched.flatMap(({ vip, gratuitous }) => counts(gratuitous, RELATIONS, vip)),
  arpcheck_vip_replies_heard_total: ({ watched }) =>
    watched.flatMap(({ vip, replies }) => counts(replies, RELATIONS, vip)),
  arpcheck_vip_probe_interval_seconds: ({ watched }) =>
    watched.map(({ vip, intervalMs }) => [intervalMs / 1000, vip]),
  arpcheck_vantages: ({ vips }) => vips.map(({ vip, vantages }) => [vantages.length, vip]),
  arpcheck_metrics_vips_left_out: ({ state, vips }) => [[state.vips.size - vips.length]],
} satisfies Partial<Record<SampledName, Samples>>

function macsOf(row: VipState['row']): number {
  return new Set(row?.answered.map(({ mac }) => mac)).size
}

function secondsSince(sinceMs: number | null, nowMs: number): number {
  return sinceMs === null ? 0 : Math.max(0, nowMs - sinceMs) / 1000
}

function findings({ vip, row, firedFindings }: VipState): Sample[] {
  const active = new Set(row?.findings.map(({ code }) => code))
  return [...firedFindings].map(([code, severity]) => [active.has(code) ? 1 : 0, vip, code, severity])
}
