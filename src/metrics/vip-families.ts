import { VERDICTS } from '../core/verdict.ts'
import type { VipState } from '../core/watch/state.ts'
import { counts, some, type Family, type Sample, type View } from './family.ts'
import { expectedOwners, namesOf, observedOwners, PROVIDER } from './owners.ts'

const RELATIONS = ['expected', 'other_node', 'foreign']

/** What is known of each VIP. Labels are bounded: a VIP that goes takes its series along. */
export const VIP_FAMILIES: readonly Family[] = [
  {
    name: 'arpcheck_vip_info',
    type: 'gauge',
    labels: ['vip', 'namespace', 'service', 'pool', 'provider'],
    help: 'Always 1: the names of a VIP, to join by vip. One series a VIP; several Services are joined by commas.',
    samples: ({ vips }) => vips.map((vip) => [1, vip.vip, ...namesOf(vip), vip.pool ?? '', PROVIDER]),
  },
  {
    name: 'arpcheck_vip_testable',
    type: 'gauge',
    labels: ['vip'],
    help: '1 if this vantage can test the VIP; 0 where the VIP is its own, or the cluster has one node.',
    samples: ({ watched }) => watched.map(({ vip, testable }) => [testable ? 1 : 0, vip]),
  },
  {
    name: 'arpcheck_vip_verdict',
    type: 'gauge',
    labels: ['vip', 'verdict'],
    help: '1 for the verdict that holds, else 0; all 0 until the VIP is judged first.',
    samples: ({ watched }) =>
      watched.flatMap(({ vip, row }) =>
        VERDICTS.map((verdict): Sample => [row?.verdict === verdict ? 1 : 0, vip, verdict]),
      ),
  },
  {
    name: 'arpcheck_vip_expected_owner_info',
    type: 'gauge',
    labels: ['vip', 'node', 'source'],
    help: 'Always 1: the node that should answer, by what says so (elected, recorded, claimed, static).',
    samples: ({ watched }) => watched.flatMap(expectedOwners),
  },
  {
    name: 'arpcheck_vip_observed_owner_info',
    type: 'gauge',
    labels: ['vip', 'node', 'mac', 'relation'],
    help: 'Always 1: who answered in the last round; at most 8 for a VIP, all others as mac="other".',
    samples: ({ watched }) => watched.flatMap(observedOwners),
  },
  {
    name: 'arpcheck_vip_answerers',
    type: 'gauge',
    labels: ['vip'],
    help: 'MACs that answered in the last round.',
    samples: ({ watched }) => watched.map(({ vip, row }) => [macsOf(row), vip]),
  },
  {
    name: 'arpcheck_vip_silence_seconds',
    type: 'gauge',
    labels: ['vip'],
    help: 'Time since the last good answer while there is none, else 0. Its resolution is the interval of the probes.',
    samples: ({ watched, nowMs }) =>
      watched.map(({ vip, silentSinceMs }) => [secondsSince(silentSinceMs, nowMs), vip]),
  },
  {
    name: 'arpcheck_vip_last_answer_timestamp_seconds',
    type: 'gauge',
    labels: ['vip'],
    help: 'When the VIP was last answered, as Unix time; absent until it was.',
    samples: ({ watched }) =>
      watched.flatMap(({ vip, lastAnswerAt }) => some(lastAnswerAt && lastAnswerAt / 1000, vip)),
  },
  {
    name: 'arpcheck_vip_owner_changes_total',
    type: 'counter',
    labels: ['vip'],
    help: 'How often another MAC took over the answering.',
    samples: ({ watched }) => watched.map(({ vip, ownerChanges }) => [ownerChanges, vip]),
  },
  {
    name: 'arpcheck_finding_active',
    type: 'gauge',
    labels: ['vip', 'code', 'severity'],
    help: '1 while a finding holds for the VIP, 0 when it did before; a code that never fired is absent.',
    samples: ({ watched }) => watched.flatMap(findings),
  },
  {
    name: 'arpcheck_vip_probes_total',
    type: 'counter',
    labels: ['vip', 'result'],
    help: 'Rounds by what they showed: good, bad, or excluded (self, settling, unknown: neither).',
    samples: ({ watched }) =>
      watched.flatMap(({ vip, probes }) =>
        (['good', 'bad', 'excluded'] as const).map((result): Sample => [probes[result], vip, result]),
      ),
  },
  {
    name: 'arpcheck_gratuitous_total',
    type: 'counter',
    labels: ['vip', 'relation'],
    help: 'Unasked announcements heard, by who sent them: expected, other_node or foreign.',
    samples: ({ watched }) => watched.flatMap(({ vip, gratuitous }) => counts(gratuitous, RELATIONS, vip)),
  },
  {
    name: 'arpcheck_vip_probe_interval_seconds',
    type: 'gauge',
    labels: ['vip'],
    help: 'Time between two broadcast sweeps as it is now: as configured, or what the budget allows.',
    samples: ({ watched }) => watched.map(({ vip, intervalMs }) => [intervalMs / 1000, vip]),
  },
  {
    name: 'arpcheck_vantages',
    type: 'gauge',
    labels: ['vip'],
    help: 'Vantages that are assigned to the VIP and alive, as this daemon counts them.',
    samples: ({ vips }) => vips.map(({ vip, vantages }) => [vantages.length, vip]),
  },
  {
    name: 'arpcheck_metrics_vips_left_out',
    type: 'gauge',
    labels: [],
    help: 'VIPs without series, because there are more than --metrics-max-vips.',
    samples: ({ state, vips }: View) => [[state.vips.size - vips.length]],
  },
]

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
