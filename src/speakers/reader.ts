import type { Clock } from '../clock.ts'
import type { ClaimReading, MetricsEndpoint, MetricsSource, SpeakerClaim } from '../core/claims.ts'
import { fetchMetrics } from './fetch.ts'
import { limited } from './limit.ts'
import { readingOf } from './reading.ts'

export interface ClaimReaderOptions {
  readonly clock: Clock
  /** For one speaker in all, its token apart. */
  readonly timeoutMs: number
  /** A token that is worth nothing but metrics, asked for where a speaker wants one; null: there is none. */
  readonly token: (signal: AbortSignal) => Promise<string | null>
}

export const TIMEOUT_MS = 2000
/** Who could not be reached a moment ago is not waited for as long again: on a LAN a live host connects within 1 ms. */
const AGAIN_MS = 500

/** Readings after which nothing else of that speaker is asked. */
const LAST: ReadonlySet<ClaimReading['kind']> = new Set(['metrics', 'no-route', 'timeout', 'interrupted'])

/** Reads what speakers claim: by GET, and nothing else. */
export class ClaimReader {
  readonly #options: ClaimReaderOptions
  /** Speakers that could not be reached when they were asked last. */
  readonly #unreached = new Set<string>()

  constructor(options: ClaimReaderOptions) {
    this.#options = options
  }

  /** Asks one speaker, where it may listen, until one endpoint says something. Never rejects. */
  async read(source: MetricsSource, signal: AbortSignal): Promise<SpeakerClaim> {
    const { node, endpoints } = source
    const readings: ClaimReading[] = []
    const { timeoutMs } = this.#options
    let leftMs = this.#unreached.has(node) ? Math.min(AGAIN_MS, timeoutMs) : timeoutMs
    for (const endpoint of endpoints) {
      const asked = await this.#ask(source, endpoint, { leftMs, signal })
      readings.push(asked.reading)
      leftMs = Math.max(0, leftMs - asked.tookMs)
      if (LAST.has(asked.reading.kind)) break
    }
    const reading = mostTelling(readings)
    if (reading.kind === 'no-route' || reading.kind === 'timeout') this.#unreached.add(node)
    else this.#unreached.delete(node)
    return { node, reading }
  }

  async #ask(
    { node, address }: MetricsSource,
    endpoint: MetricsEndpoint,
    { leftMs, signal }: { readonly leftMs: number; readonly signal: AbortSignal },
  ): Promise<{ readonly reading: ClaimReading; readonly tookMs: number }> {
    const { clock, token } = this.#options
    const shown = endpoint.scheme === 'https' ? await token(signal) : null
    const startMs = clock.monotonicMs()
    const reading = await limited(clock, leftMs, signal, async (limit) => {
      const fetched = await fetchMetrics(address, endpoint, shown, limit)
      return readingOf(fetched, node, !signal.aborted)
    })
    return { reading, tookMs: clock.monotonicMs() - startMs }
  }
}

/** The last one that is more than a closed port. */
function mostTelling(readings: readonly ClaimReading[]): ClaimReading {
  return readings.findLast(({ kind }) => kind !== 'refused') ?? { kind: 'refused' }
}
