import type { Ip } from '../ip.ts'

/** All that a daemon is told, read once and frozen. docs/configuration.md has each key, its range and its default. */
export interface DaemonConfig {
  /** Empty: each up interface with a VIP on its segment. */
  readonly interfaces: readonly string[]
  /** Between two broadcast sweeps of one VIP, and between two confirmations by unicast. */
  readonly intervalMs: number
  readonly confirmIntervalMs: number
  /** How many vantages watch each VIP. */
  readonly vantages: number | 'all'
  /** Frames per second and port, sent and caused. */
  readonly budgetPerSecond: number
  /** Only listen: nothing is ever sent. */
  readonly passive: boolean
  /** Nobody may answer for these: who does so for two of them answers for everything. */
  readonly mustBeFree: readonly Ip[]
  /** VIPs of Services in these namespaces alone; empty: of all. */
  readonly namespaces: readonly string[]
  readonly kubeconfig: string | null
  readonly context: string | null
  readonly metallbNamespace: string | null
  /** Arpcheck's own, where its pods and Leases are; null: the pod's. */
  readonly namespace: string | null
  /** The node that we run on; null: a host that is none. */
  readonly node: string | null
  readonly memberlist: 'auto' | 'off' | 'require'
  readonly memberlistKeyFile: string | null
  readonly speakerMetrics: boolean
  /** For metrics, report and probe. */
  readonly listen: Endpoint
  /** For the kubelet and for reloading: on loopback only. */
  readonly healthListen: Endpoint
  readonly webConfigFile: string | null
  /** VIPs that have series. */
  readonly metricsMaxVips: number
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

export interface Endpoint {
  /** Null: every address of this host. */
  readonly host: string | null
  readonly port: number
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const LOG_FORMATS = ['json', 'logfmt'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]
