import { LOG_FORMATS, LOG_LEVELS } from '../../core/watch/config.ts'
import { FLAGS, type Flag } from '../flags.ts'
import { choice, duration, oneText, onOff, someTexts, wholeNumber } from '../values.ts'
import { endpoint, someAddresses, someOrAll } from './kinds.ts'

export const DAEMON_GROUPS = ['Watching', 'Cluster', 'Serving', 'Logging', 'Other'] as const

/** One setting of the daemon: a flag, a variable and, by its key, a line of arpcheck.yaml. */
export interface DaemonFlag<T> extends Flag<T, (typeof DAEMON_GROUPS)[number]> {
  /** Null: never in the file. */
  readonly key: string | null
}

/** Every setting, in the order of the help. --help, the file, its schema, docs/configuration.md and checks are made of it. */
export const DAEMON_FLAGS = {
  iface: {
    key: 'interfaces',
    alias: 'i',
    group: 'Watching',
    kind: FLAGS.iface.kind,
    help: 'watch from this interface; may be repeated; else from each that has a VIP on its segment',
  },
  interval: {
    key: 'interval',
    group: 'Watching',
    kind: duration('1s', '60m'),
    default: '30s',
    help: 'between two broadcasts for a VIP; longer where the budget needs it',
  },
  'confirm-interval': {
    key: 'confirmInterval',
    group: 'Watching',
    kind: duration('1s', '60m'),
    default: '5s',
    help: 'between two questions by unicast, in between',
  },
  vantages: {
    key: 'vantages',
    group: 'Watching',
    kind: someOrAll,
    default: '2',
    help: 'how many nodes watch each VIP, or all',
  },
  budget: {
    key: 'budget',
    group: 'Watching',
    kind: wholeNumber(1, 100),
    default: '10',
    help: 'frames a second and port, sent and caused; a switch that inspects ARP closes a port above 15',
  },
  passive: { key: 'passive', group: 'Watching', kind: onOff, help: 'only listen, send nothing' },
  'must-be-free': {
    key: 'mustBeFree',
    group: 'Watching',
    kind: someAddresses,
    help: 'nobody may answer here, asked for seldom; may be repeated, up to 16',
  },
  namespaces: {
    key: 'namespaces',
    group: 'Watching',
    kind: someTexts('NAME'),
    help: 'watch VIPs of Services in this namespace; may be repeated; else all',
  },

  kubeconfig: {
    key: 'kubeconfig',
    group: 'Cluster',
    kind: FLAGS.kubeconfig.kind,
    help: FLAGS.kubeconfig.help,
  },
  context: { key: 'context', group: 'Cluster', kind: FLAGS.context.kind, help: FLAGS.context.help },
  'metallb-namespace': {
    key: 'metallbNamespace',
    alias: 'n',
    group: 'Cluster',
    kind: FLAGS['metallb-namespace'].kind,
    help: FLAGS['metallb-namespace'].help,
  },
  namespace: {
    key: 'namespace',
    group: 'Cluster',
    kind: oneText('NAME'),
    variable: 'POD_NAMESPACE',
    help: "where arpcheck's own pods and Leases are; else the pod's own",
  },
  node: {
    key: 'node',
    group: 'Cluster',
    kind: oneText('NAME'),
    variable: 'NODE_NAME',
    help: 'the node that this runs on; else this host is none, and watches all that it reaches',
  },
  memberlist: {
    key: 'memberlist',
    group: 'Cluster',
    kind: FLAGS.memberlist.kind,
    default: 'auto',
    help: FLAGS.memberlist.help,
  },
  'memberlist-key-file': {
    key: 'memberlistKeyFile',
    group: 'Cluster',
    kind: FLAGS['memberlist-key-file'].kind,
    help: FLAGS['memberlist-key-file'].help,
  },
  'speaker-metrics': {
    key: 'speakerMetrics',
    group: 'Cluster',
    kind: onOff,
    help: FLAGS['speaker-metrics'].help,
  },

  listen: {
    key: 'listen',
    group: 'Serving',
    kind: endpoint('anywhere'),
    default: ':10806',
    help: 'for /metrics, /api/v1/report and /probe',
  },
  'health-listen': {
    key: 'healthListen',
    group: 'Serving',
    kind: endpoint('loopback'),
    default: '127.0.0.1:10807',
    help: 'for /-/healthy, /-/ready and /-/reload; loopback only',
  },
  'web-config-file': {
    key: 'webConfigFile',
    group: 'Serving',
    kind: oneText('FILE'),
    help: "TLS and passwords for --listen, as in Prometheus' web configuration",
  },
  'metrics-max-vips': {
    key: 'metricsMaxVips',
    group: 'Serving',
    kind: wholeNumber(1, 10_000),
    default: '500',
    help: 'VIPs that have series; arpcheck_metrics_vips_left_out counts the others',
  },

  'log-level': {
    key: 'logLevel',
    group: 'Logging',
    kind: choice('LEVEL', LOG_LEVELS),
    default: 'info',
    help: 'debug (each frame), info, warn or error',
  },
  'log-format': {
    key: 'logFormat',
    group: 'Logging',
    kind: choice('FORMAT', LOG_FORMATS),
    default: 'json',
    help: 'json or logfmt, on stderr',
  },

  config: {
    key: null,
    group: 'Other',
    kind: oneText('FILE'),
    help: 'else /etc/arpcheck/arpcheck.yaml, if it is there',
  },
  'check-config': {
    key: null,
    group: 'Other',
    kind: onOff,
    typedOnly: true,
    help: 'read all of this, tell what is wrong, and end',
  },
  help: { key: null, alias: 'h', group: 'Other', kind: onOff, typedOnly: true, help: 'show this' },
} as const satisfies Record<string, DaemonFlag<unknown>>

export type DaemonFlagName = keyof typeof DAEMON_FLAGS

/** The value of every flag. */
export type DaemonSettings = {
  readonly [K in DaemonFlagName]: ReturnType<(typeof DAEMON_FLAGS)[K]['kind']['read']>
}

export const DAEMON_FLAG_NAMES = Object.keys(DAEMON_FLAGS) as DaemonFlagName[]

/** The table's row, without the literal types that each row has of its own. */
export function daemonFlag(name: DaemonFlagName): DaemonFlag<unknown> {
  return DAEMON_FLAGS[name]
}

/** The settings that a file may hold, each with its key. */
export const FILE_KEYS = DAEMON_FLAG_NAMES.flatMap((name) => {
  const { key } = daemonFlag(name)
  return key === null ? [] : [{ name, key }]
})
