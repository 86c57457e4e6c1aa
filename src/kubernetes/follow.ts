import { type ClusterSnapshot, NOT_READ_YET, type Readable } from '../core/cluster.ts'
import type { Api } from './api.ts'
import { openChanges } from './changes.ts'
import { controller } from './deadline.ts'
import { findMetallb, type Found } from './find.ts'
import { MetallbSources, WideSources } from './sources.ts'
import { type Chances, type ClusterOptions, homeOf } from './read.ts'
import { nowhere, snapshotOf } from './snapshot.ts'
import type { SourceContext, SourceStatus } from './source.ts'

export interface FollowOptions extends ClusterOptions {
  /** All daemons of a roll-out start together; each waits for up to so long first. */
  readonly startWithinMs?: number
  /** Hears what a listener has thrown. */
  readonly onFault?: (error: unknown) => void
}

/** The cluster, kept up to date. It never gives up: an outage makes inputs old, and what was known stays. */
export interface ClusterWatch {
  /** As it is known now. Cheap; the lists in it are shared and never change. */
  snapshot(): ClusterSnapshot
  /** Resolves once each input has been read, or is known not to be readable; or when the signal aborts. */
  ready(signal?: AbortSignal): Promise<void>
  /** Hears of changes, many at once. Returns how to stop. What it throws goes to `onFault`. */
  onChange(listener: () => void): () => void
  /** For metrics and readiness; one entry for each kind of object. */
  status(): readonly SourceStatus[]
  /** Resolves when nothing is under way any more, and no socket is left. */
  stop(): Promise<void>
}

export const START_WITHIN_MS = 5000
/** How often MetalLB is looked for while it is nowhere. */
const LOOK_AGAIN_MS = 60_000
const NOT_YET: Readable = { failed: NOT_READ_YET }

/** Over an API that is open, and stays so. */
export function followApi(api: Api, options: FollowOptions, { clock, random }: Chances): ClusterWatch {
  const stopped = controller()
  const onFault = options.onFault ?? (() => {})
  const changes = openChanges(clock, onFault)
  const startAfterMs = (options.startWithinMs ?? START_WITHIN_MS) * random.next()
  const context: SourceContext = { api, clock, random, startAfterMs, onChange: changes.tell, onFault }
  const wide = new WideSources(context, options.ownNamespace ?? null, homeOf(options))
  let metallb: MetallbSources | null = null
  let found: Found = { namespace: null, why: NOT_YET }
  const finding =
    options.metallbNamespace === undefined ? keepFinding() : settle({ namespace: options.metallbNamespace })

  /** Looks for MetalLB; again while it is nowhere, and once its speakers are gone from where it was. */
  async function keepFinding(): Promise<void> {
    await clock.sleep(startAfterMs, stopped.signal)
    while (!stopped.signal.aborted) {
      if (metallb === null || metallb.isEmpty()) await look()
      await clock.sleep(LOOK_AGAIN_MS * (0.8 + 0.4 * random.next()), stopped.signal)
    }
  }

  async function look(): Promise<void> {
    const now = await findMetallb({ api, clock, signal: stopped.signal })
    if (stopped.signal.aborted) return
    if (now.namespace !== null || metallb === null) await settle(now)
  }

  async function settle(now: Found): Promise<void> {
    const [before, old] = [found.namespace, metallb]
    found = now
    changes.tell()
    if (now.namespace === null || now.namespace === before) return
    // Who looked for it has waited already.
    const wait = options.metallbNamespace === undefined ? 0 : startAfterMs
    metallb = new MetallbSources({ ...context, startAfterMs: wait }, now.namespace)
    await old?.stop()
  }

  function statuses(): readonly SourceStatus[] {
    return [...wide.statuses(), ...(metallb?.statuses() ?? [])]
  }

  function isReady(): boolean {
    const looked = found.namespace !== null || found.why !== NOT_YET
    return looked && statuses().every(({ health }) => health.state !== 'init' && health.state !== 'listing')
  }

  return {
    snapshot: () => {
      const nowMs = clock.monotonicMs()
      const there = metallb?.readings(nowMs) ?? nowhere(found.namespace === null ? found.why : NOT_YET)
      return snapshotOf({ ...wide.readings(nowMs), ...there }, api.serverNowMs(), found.namespace)
    },
    ready: (signal) => changes.until(isReady, stopped.signal, signal),
    onChange: changes.listen,
    status: statuses,
    stop: async () => {
      stopped.abort()
      await finding
      await Promise.all([wide.stop(), metallb?.stop()])
    },
  }
}
