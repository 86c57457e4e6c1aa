import { INPUTS } from '../cluster.ts'
import { VERDICTS } from '../verdict.ts'

/** A label whose values nobody can list: addresses, names of nodes, interfaces. What bounds them stands in the help. */
export const OPEN = null

/** A family of metrics: its type, its labels (each with its closed set of values, or OPEN) and its help. */
export interface MetricFamily {
  readonly type: 'gauge' | 'counter' | 'histogram'
  readonly labels: Readonly<Record<string, readonly string[] | typeof OPEN>>
  readonly help: string
  /** Of a histogram, in seconds. */
  readonly buckets?: readonly number[]
}

const VIP = { vip: OPEN }
const INTERFACE = { interface: OPEN }
/** A LAN, and an event loop that wakes up late at times. */
const RTT = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
/** Around memberlist's own bounds, 3 to 10 s, and up to what somebody has to mend by hand. */
const OUTAGE = [0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 120, 300, 600]

/** How late a process may be without harm, and with it. */
const LAG = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

/**
 * Every metric that is ours. Names and labels are an API: added, never renamed. The metrics edge makes these and no
 * others; alert rules and the dashboard may use these and no others (test/deploy).
 */
export const METRICS = {
  arpcheck_build_info: gauge({ version: OPEN, revision: OPEN, runtime: OPEN }, 'Always 1: what is running.'),
  arpcheck_vip_info: gauge(
    { ...VIP, namespace: OPEN, service: OPEN, pool: OPEN, provider: ['metallb'] },
    'Always 1: the Services of a VIP and its pool, to join by vip. One series a VIP: several Services are joined by commas.',
  ),
  arpcheck_vip_expected_owner_info: gauge(
    { ...VIP, node: OPEN, source: ['elected', 'recorded', 'claimed', 'static'] },
    'Always 1: who should answer, and who says so.',
  ),
  arpcheck_vip_observed_owner_info: gauge(
    { ...VIP, node: OPEN, mac: OPEN, relation: ['elected', 'node', 'foreign', 'self', 'other'] },
    'Always 1: who answered in the last round; node is empty for a stranger. At most 8 MACs a VIP, the rest is mac="other".',
  ),
  arpcheck_vip_verdict: gauge(
    { ...VIP, verdict: VERDICTS },
    '1 for the verdict that stands, 0 for the others; all 0 until the VIP is judged for the first time.',
  ),
  arpcheck_vip_testable: gauge(
    VIP,
    '0 where no daemon can test the VIP from where it stands: its own node should answer, or the cluster has one node.',
  ),
  arpcheck_vip_probe_interval_seconds: gauge(
    VIP,
    'Seconds between two sweeps of the VIP in effect: as configured, or more where the frame budget needs it.',
  ),
  arpcheck_vip_answerers: gauge(VIP, 'How many MACs answered in the last round.'),
  arpcheck_vip_silence_seconds: gauge(
    VIP,
    'Seconds since the last good answer, 0 while it is answered; not finer than the probe interval.',
  ),
  arpcheck_vip_last_answer_timestamp_seconds: gauge(
    VIP,
    'When the VIP was last answered, Unix time; absent until it was.',
  ),
  arpcheck_vip_owner_changes_total: counter(VIP, 'How often another node began to answer.'),
  arpcheck_finding_active: gauge(
    { ...VIP, code: OPEN, severity: ['error', 'warning', 'info'] },
    '1 while the finding holds. Codes that never held for the VIP are absent.',
  ),
  arpcheck_probes_total: counter(
    { ...INTERFACE, mode: ['broadcast', 'unicast'], result: ['reply', 'timeout', 'error'] },
    'Questions asked, by how they ended.',
  ),
  arpcheck_vip_probes_total: counter(
    { ...VIP, result: ['good', 'bad', 'excluded'] },
    'Judged probes: good / (good + bad) is the availability. What cannot be judged, or settles, is excluded.',
  ),
  arpcheck_probe_rtt_seconds: histogram(INTERFACE, 'Seconds from a question to its first reply.', RTT),
  arpcheck_gratuitous_total: counter(
    { ...VIP, relation: ['expected', 'other_node', 'foreign'] },
    'Gratuitous ARP heard for the VIP, by who sent it.',
  ),
  arpcheck_vip_replies_heard_total: counter(
    { ...VIP, relation: ['expected', 'other_node', 'foreign'] },
    'ARP replies heard for the VIP, whoever asked, by who sent them: on its own node those that its speaker sends.',
  ),
  arpcheck_failover_outage_seconds: histogram(
    { provider: ['metallb'] },
    'Seconds from the last good answer of the old owner to the first of the new; not finer than the probe interval.',
    OUTAGE,
  ),
  arpcheck_detection_delay_seconds: histogram(
    { verdict: VERDICTS },
    'Seconds from the first missed or wrong answer to the fault verdict, the hold-down included.',
    OUTAGE,
  ),
  arpcheck_node_answers: gauge(
    { node: OPEN },
    "1 where the node's own address answers ARP, 0 where it does not, absent where nobody asked.",
  ),
  arpcheck_members: gauge(
    { view: ['pods_listed', 'pods_ready', 'nodes_ready', 'read'] },
    'Candidates as each source counts them; all should be the same.',
  ),
  arpcheck_membership_disagreement: gauge(
    {},
    '1 where member views elect different owners for some VIP; absent while there is nothing to compare.',
  ),
  arpcheck_daemons: gauge(
    { state: ['recorded', 'alive'] },
    'Daemons with a NIC record on a Ready node, and those of them that share the work; fewer where some do not run.',
  ),
  arpcheck_vantages: gauge(VIP, 'How many daemons are assigned to watch the VIP.'),
  arpcheck_canary_up: gauge(
    { ...INTERFACE, kind: ['must_answer', 'must_be_free'] },
    '1 where the address that must answer does, or where the address that must be free is.',
  ),
  arpcheck_frames_total: counter(
    { ...INTERFACE, direction: ['sent', 'received'], kind: ['broadcast', 'unicast', 'arp'] },
    'Frames sent, by kind, and ARP frames received (kind="arp").',
  ),
  arpcheck_frames_dropped_total: counter(
    { ...INTERFACE, reason: ['kernel', 'ring', 'malformed', 'rate_limit'] },
    'Frames lost or set aside, by reason.',
  ),
  arpcheck_rate_limit_frames_per_second: gauge(INTERFACE, 'How many frames a second may be sent and caused.'),
  arpcheck_expectation_last_success_timestamp_seconds: gauge(
    { source: INPUTS },
    'When the input was last known to be complete, Unix time; absent until it was.',
  ),
  arpcheck_expectation_errors_total: counter(
    { source: INPUTS, reason: OPEN },
    'Failed reads of an input, by a closed list of reasons.',
  ),
  arpcheck_source_readable: gauge(
    { source: INPUTS },
    '1 where the input can be read, or the cluster has no such thing; 0 where it is denied or fails.',
  ),
  arpcheck_config_last_reload_successful: gauge(
    {},
    '1 where the last reading of the configuration succeeded.',
  ),
  arpcheck_config_last_reload_success_timestamp_seconds: gauge(
    {},
    'When the configuration in force was loaded, Unix time.',
  ),
  arpcheck_metrics_vips_left_out: gauge(
    {},
    'VIPs without series, because there are more than --metrics-max-vips.',
  ),
  arpcheck_event_loop_lag_seconds: histogram(
    {},
    'How late a timer of this process fired, tried once a second.',
    LAG,
  ),
} as const satisfies Readonly<Record<`arpcheck_${string}`, MetricFamily>>

/** Of the process itself, under prom-client's default names: those that the dashboard shows. */
export const RUNTIME_METRICS = ['process_cpu_seconds_total', 'process_resident_memory_bytes'] as const

export type MetricName = keyof typeof METRICS

/** Metrics that hold what happened; all others are read off the state. */
export type HistogramName = {
  [N in MetricName]: (typeof METRICS)[N]['type'] extends 'histogram' ? N : never
}[MetricName]

/** The table's row, without the literal types that each row has of its own. */
export function metricOf(name: MetricName): MetricFamily {
  return METRICS[name]
}

function gauge<const L extends MetricFamily['labels']>(labels: L, help: string) {
  return { type: 'gauge', labels, help } as const
}

function counter<const L extends MetricFamily['labels']>(labels: L, help: string) {
  return { type: 'counter', labels, help } as const
}

function histogram<const L extends MetricFamily['labels']>(
  labels: L,
  help: string,
  buckets: readonly number[],
) {
  return { type: 'histogram', labels, help, buckets } as const
}
