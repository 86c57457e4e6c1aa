import type { Ip } from './ip.ts'

/** The claimed truth: what one speaker's own metrics say. Numbers are counters since it started. */
export interface SpeakerMetrics {
  /** `metallb_speaker_announced` with value 1: what it means to announce. */
  readonly announced: readonly { readonly service: string; readonly ip: Ip; readonly protocol: string }[]
  /** `metallb_layer2_requests_received` and `_responses_sent`, by address; absent: never asked. */
  readonly counters: ReadonlyMap<Ip, LayerTwoCounters>
  /** `config_loaded_bool` and `config_stale_bool`; null where the speaker does not say. */
  readonly configLoaded: boolean | null
  readonly configStale: boolean | null
}

export interface LayerTwoCounters {
  readonly requests: number
  readonly responses: number
}

/** One speaker, and where its metrics may be served: asked in this order until one answers. */
export interface MetricsSource {
  readonly node: string
  readonly address: Ip
  /** Empty: it serves none that others can reach. */
  readonly endpoints: readonly MetricsEndpoint[]
}

export interface MetricsEndpoint {
  /** By `https` the speaker asks for a token, and its certificate proves nothing (docs/decisions/0076). */
  readonly scheme: 'http' | 'https'
  readonly port: number
}

/** How reading one speaker's metrics went. Unreadable is a fact, not an error. */
export type ClaimReading =
  | { readonly kind: 'metrics'; readonly metrics: SpeakerMetrics }
  | { readonly kind: 'refused' | 'no-route' | 'timeout' | 'denied' | 'interrupted' }
  | { readonly kind: 'malformed' | 'failed'; readonly text: string } // from outside: escape before printing

/** One speaker, by its node. */
export interface SpeakerClaim {
  readonly node: string
  readonly reading: ClaimReading
}

export function metricsOf(claims: readonly SpeakerClaim[]): ReadonlyMap<string, SpeakerMetrics> {
  return new Map(
    claims.flatMap(({ node, reading }) => (reading.kind === 'metrics' ? [[node, reading.metrics]] : [])),
  )
}

/** Whether a speaker says that it announces the address in layer 2. BGP is another matter. */
export function isClaimed({ announced }: SpeakerMetrics, vip: Ip): boolean {
  return announced.some(({ ip, protocol }) => ip === vip && protocol === 'layer2')
}
