import type { Condition, ConfigurationState, NodeNic, SpeakerPod } from './cluster.ts'
import type { SpeakerMetrics } from './claims.ts'
import type { Ip } from './ip.ts'
import type { Reading } from './views.ts'

/** What is known of one node when the VIPs that it may answer for are judged. */
export interface NodeFacts {
  readonly name: string
  /** The address that stands for it here; null: it has none in IPv4. */
  readonly ip: Ip | null
  /** Its own address by ARP on this segment; `elsewhere`: it has none here. */
  readonly address: 'answered' | 'silent' | 'elsewhere'
  /** A NIC of its record has an address on this segment. */
  readonly isHere: boolean
  /** Its own address by ICMP echo; null: not asked. */
  readonly echo: 'alive' | 'silent' | null
  readonly ready: Condition | null
  /** Its speaker pods. */
  readonly pods: readonly SpeakerPod[]
  /** Whether the list of speaker pods could be read. */
  readonly podsKnown: boolean
  /** Null: nothing is recorded of its NICs. */
  readonly nics: readonly NodeNic[] | null
  /** Its speaker's own view; null: not asked. */
  readonly reading: Reading | null
  /** Its speaker's metrics, before our questions and after them; null: not read. */
  readonly metrics: { readonly before: SpeakerMetrics | null; readonly after: SpeakerMetrics } | null
  /** What its speaker says of the configuration that the API holds (v0.15.3+). */
  readonly config: ConfigurationState | null
}

export type Life = 'alive' | 'dead' | 'unknown'

/** A word of its own host or speaker proves life; silence is death only where it was asked and nothing else speaks. */
export function lifeOf(node: NodeFacts): Life {
  const speaks = node.address === 'answered' || node.echo === 'alive' || node.metrics !== null
  if (speaks || (node.reading !== null && SPOKE.has(node.reading.kind))) return 'alive'
  if (node.address === 'silent') return 'dead'
  return node.echo === 'silent' && !isReady(node.ready) ? 'dead' : 'unknown'
}

/** Readings in which the speaker itself sent at least a byte. */
const SPOKE: ReadonlySet<Reading['kind']> = new Set([
  'view',
  'unfinished',
  'cut-short',
  'sealed',
  'wrong-key',
  'no-key',
  'wants-key',
  'remote-error',
  'malformed',
])

export function isReady(condition: Condition | null): boolean {
  return condition?.status === 'True'
}

/** Nodes whose own address kept silent here, and that nothing else shows to be alive. */
export function deadNodes(nodes: ReadonlyMap<string, NodeFacts>): ReadonlySet<string> {
  return new Set([...nodes.values()].filter((node) => lifeOf(node) === 'dead').map(({ name }) => name))
}

/** Whether its speaker is known not to run: no pod, none Ready, or a host that refuses the memberlist's port. */
export function isMute({ pods, podsKnown, reading }: NodeFacts): boolean {
  if (reading?.kind === 'view') return false
  return reading?.kind === 'refused' || (podsKnown && !pods.some(({ ready }) => isReady(ready)))
}

/** Why its speaker may elect or announce by other configuration than the API holds; null: nothing says so. */
export function staleConfig({ config, metrics }: NodeFacts): string | null {
  if (metrics?.after.configLoaded === false) return 'it has loaded no configuration (config_loaded_bool is 0)'
  if (metrics?.after.configStale === true) return 'it runs on an older configuration (config_stale_bool is 1)'
  if (config?.result !== 'Invalid') return null
  return `ConfigurationState says Invalid${config.errorSummary ? `: ${config.errorSummary}` : ''}`
}
