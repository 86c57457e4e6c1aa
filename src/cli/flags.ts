import {
  choice,
  duration,
  framesPerSecond,
  level,
  oneText,
  onOff,
  sender,
  someMac,
  someTexts,
  wholeNumber,
  type Kind,
} from './values.ts'

export const GROUPS = ['Common', 'Cluster', 'Asking', 'Judging', 'Showing', 'Other'] as const

/** One flag; its name is its key in the table, its environment name follows from that. */
export interface Flag<T, G extends string = (typeof GROUPS)[number]> {
  readonly alias?: string
  readonly group: G
  readonly kind: Kind<T>
  /** As one would type it; absent: off, none. */
  readonly default?: string
  /** One line for --help and docs/cli.md. */
  readonly help: string
  /** Never read from the environment. */
  readonly typedOnly?: true
  /** Another variable that means it, as manifests of Kubernetes set it; ours wins. */
  readonly variable?: string
}

/** Every flag, in the order of the help. --help, validation, completion and docs/cli.md are made from it. */
export const FLAGS = {
  iface: {
    alias: 'i',
    group: 'Common',
    kind: someTexts('NAME'),
    help: 'ask from this interface; may be repeated',
  },
  output: {
    alias: 'o',
    group: 'Common',
    kind: choice('FORMAT', ['table', 'wide', 'json', 'yaml', 'name']),
    default: 'table',
    help: 'table, wide, json, yaml or name',
  },
  quiet: { alias: 'q', group: 'Common', kind: level, help: 'only rows with a problem; -qq: nothing' },
  verbose: { alias: 'v', group: 'Common', kind: level, help: 'more evidence; the stack of a bug' },

  kubeconfig: { group: 'Cluster', kind: oneText('FILE'), help: "else kubectl's, K3s's, the pod's own" },
  context: { group: 'Cluster', kind: oneText('NAME'), help: 'a context of the kubeconfig' },
  'metallb-namespace': {
    alias: 'n',
    group: 'Cluster',
    kind: oneText('NAME'),
    help: 'where MetalLB runs; else it is looked for',
  },
  'no-kube': { group: 'Cluster', kind: onOff, help: 'check the given addresses without a cluster' },
  'no-cache': { group: 'Cluster', kind: onOff, help: 'keep no list of VIPs, and use none' },
  memberlist: {
    group: 'Cluster',
    kind: choice('HOW', ['auto', 'off', 'require']),
    default: 'auto',
    help: "auto, off or require: the speakers' own member lists",
  },
  'memberlist-key-file': {
    group: 'Cluster',
    kind: oneText('FILE'),
    help: "their key; else the cluster's Secret is read",
  },
  'speaker-metrics': {
    group: 'Cluster',
    kind: onOff,
    help: "read the speakers' own metrics too: who claims what",
  },
  udp: {
    group: 'Cluster',
    kind: onOff,
    typedOnly: true,
    help: 'with members: whether packets get through, too',
  },

  count: { group: 'Asking', kind: wholeNumber(1, 100), default: '3', help: 'questions per address' },
  interval: {
    group: 'Asking',
    kind: duration('10ms', '60s'),
    default: '250ms',
    help: 'between two questions for one address',
  },
  timeout: {
    group: 'Asking',
    kind: duration('10ms', '60s'),
    default: '1s',
    help: 'to listen after the last question',
  },
  rate: {
    group: 'Asking',
    kind: framesPerSecond(1_000_000),
    default: '50',
    help: 'frames per second and interface; or max',
  },
  sender: {
    group: 'Asking',
    kind: sender,
    default: 'auto',
    help: 'auto, zero (0.0.0.0) or an address',
  },
  sweep: { group: 'Asking', kind: onOff, help: 'ask again only the silent; end when all have answered' },
  yes: { group: 'Asking', kind: onOff, typedOnly: true, help: 'ask for more than 4096 addresses' },
  engine: {
    group: 'Asking',
    kind: choice('ENGINE', ['native', 'cap']),
    default: 'native',
    help: 'native or cap: what sends and hears frames',
  },
  pcap: { group: 'Asking', kind: oneText('FILE'), help: 'save every frame heard, as pcapng' },
  replay: { group: 'Asking', kind: oneText('FILE'), help: 'judge a capture instead of asking' },

  asker: { group: 'Asking', kind: someMac, help: 'with --replay: whose place to take' },

  'fail-on': {
    group: 'Judging',
    kind: choice('LEVEL', ['error', 'warning', 'never']),
    default: 'error',
    help: 'exit 1 from error or warning on, or never',
  },
  'require-expectation': {
    group: 'Judging',
    kind: onOff,
    help: 'exit 4 where no owner is known',
  },

  'no-settle': {
    group: 'Judging',
    kind: onOff,
    help: 'judge at once, also in the middle of a fail-over',
  },
  without: {
    group: 'Judging',
    kind: someTexts('NODE'),
    typedOnly: true,
    help: 'with explain: as if this node were gone',
  },
  'must-be-free': {
    group: 'Judging',
    kind: someTexts('ADDRESS'),
    help: 'nobody may answer here; may be repeated',
  },

  color: {
    group: 'Showing',
    kind: choice('WHEN', ['auto', 'always', 'never']),
    default: 'auto',
    help: 'auto, always or never',
  },
  ascii: { group: 'Showing', kind: onOff, help: 'no symbols; automatic without a UTF-8 locale' },

  help: { alias: 'h', group: 'Other', kind: onOff, typedOnly: true, help: 'show this' },
  version: { alias: 'V', group: 'Other', kind: onOff, typedOnly: true, help: 'show the version' },
} as const satisfies Record<string, Flag<unknown>>

export type FlagName = keyof typeof FLAGS

/** The value of every flag. */
export type Settings = { readonly [K in FlagName]: ReturnType<(typeof FLAGS)[K]['kind']['read']> }

export const FLAG_NAMES = Object.keys(FLAGS) as FlagName[]

/** The flags of one command, by name. */
export type FlagTable<N extends string> = Readonly<Record<N, Flag<unknown, string>>>

/** The table's row, without the literal types that each row has of its own. */
export function flagOf(name: FlagName): Flag<unknown> {
  return FLAGS[name]
}

/** `--fail-on` → `ARPCHECK_FAIL_ON`; undefined where it is never read from the environment. */
export function envName(name: FlagName): string | undefined {
  return variableOf(name, flagOf(name))
}

/** The same, of any table. */
export function variableOf(name: string, { typedOnly }: Flag<unknown, string>): string | undefined {
  return typedOnly ? undefined : `ARPCHECK_${name.toUpperCase().replaceAll('-', '_')}`
}
