import { metricsSources } from './announcers/metallb/metrics.ts'
import type { Clock } from './clock.ts'
import { inParallel, withOwnSignal } from './memberlist/parallel.ts'
import type { CheckEdges } from './options.ts'
import { ClaimReader, TIMEOUT_MS } from './speakers/reader.ts'

export interface SpeakerClaimsOptions {
  /** A token that is worth nothing but metrics; null where there is none. May say why on the way. */
  readonly readToken: (signal: AbortSignal) => Promise<string | null>
}

export interface SpeakerClaims {
  readonly read: NonNullable<CheckEdges['readClaims']>
}

/** Speakers asked at the same time. */
const PARALLEL = 16
/** Half of a token's life: one that is shown is never about to end. */
const RENEW_MS = 300_000

/** Reads what speakers claim of themselves: one GET each, and no token before one of them may want it. */
export function openSpeakerClaims({ readToken }: SpeakerClaimsOptions, clock: Clock): SpeakerClaims {
  const token = renewed(readToken, clock)
  const reader = new ClaimReader({ clock, timeoutMs: TIMEOUT_MS, token })
  return {
    read: (cluster, signal) =>
      withOwnSignal(signal, (own) =>
        inParallel(PARALLEL, metricsSources(cluster), (source) => reader.read(source, own)),
      ),
  }
}

/** One token for all speakers, asked for again when it has grown old. */
function renewed(read: SpeakerClaimsOptions['readToken'], clock: Clock): SpeakerClaimsOptions['readToken'] {
  let latest: { readonly token: Promise<string | null>; readonly atMs: number } | undefined
  return (signal) => {
    if (!latest || clock.monotonicMs() - latest.atMs >= RENEW_MS)
      latest = { token: read(signal), atMs: clock.monotonicMs() }
    return latest.token
  }
}
