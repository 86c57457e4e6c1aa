import type { Clock } from './clock.ts'
import type { SpeakerClaim } from './core/claims.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import { INPUTS, type ClusterSnapshot, type InputName, type NodeNic } from './core/cluster.ts'
import type { HostFacts } from './core/host.ts'
import type { MacMap } from './core/macs.ts'
import { isSameRecord, nicsOf } from './daemon-record.ts'
import type { Random } from './core/random.ts'
import { trusted, type Trust } from './core/trust.ts'
import type { WatchState } from './core/watch/state.ts'
import { macsTold, type AllTold } from './core/watch/told.ts'
import { clusterSideOf, readingOf, type Look, type Reading } from './elected.ts'
import { Speakers, type ReadViews } from './daemon-speakers.ts'
import type { ClusterWatch, SourceStatus } from './kubernetes/main.ts'

/** The cluster as a daemon reaches it; each part degrades by itself. */
export interface DaemonCluster {
  readonly watch: Pick<ClusterWatch, 'snapshot' | 'onChange' | 'status'>
  /** Asks the speakers whose pods the snapshot holds; null: they are not to be asked. Never rejects. */
  readonly readViews: ReadViews | null
  /** Writes down our NICs; rejects where that is refused. */
  readonly publish: ((nics: readonly NodeNic[], signal: AbortSignal) => Promise<unknown>) | null
  /** Asks all speakers what they claim; null: they are not to be asked. Never rejects for what the world does. */
  readonly readClaims:
    | ((cluster: ClusterSnapshot, signal: AbortSignal) => Promise<readonly SpeakerClaim[]>)
    | null
}

/** Between two writes that fail. */
const RECORD_MS = 30_000
/** A quiet API is asked for a sign of life after 30 s, and has 15 s for it: lists that are younger are as good as new. */
const AGEING_MS = 46_000
/** What an election takes, and not if it is old. */
export const ELECTING = [
  'services',
  'endpointSlices',
  'nodes',
  'speakerPods',
  'pools',
  'l2Advertisements',
] as const satisfies readonly InputName[]

/** What is known of the cluster now: the API's lists, and the views of those speakers that bear on our VIPs. */
export class Knowledge {
  readonly speakers: Speakers
  /** Whose MACs are that no record tells of, as was found out by asking. */
  told: AllTold = new Map()
  readonly #cluster: DaemonCluster
  readonly #clock: Clock
  readonly #random: Random
  readonly #trust: Trust
  readonly #sides = new Map<Look, Map<Look, ClusterSide>>()
  #facts: HostFacts
  #look: Look

  constructor(cluster: DaemonCluster, facts: HostFacts, clock: Clock, random: Random, trust: Trust) {
    this.#cluster = cluster
    this.#trust = trust
    this.#clock = clock
    this.#random = random
    this.#facts = facts
    this.speakers = new Speakers(clock, random)
    this.#look = this.#now()
  }

  get look(): Look {
    return this.#look
  }

  get facts(): HostFacts {
    return this.#facts
  }

  set facts(facts: HostFacts) {
    this.#facts = facts
    this.#sides.clear()
  }

  /** Reads the lists again; what was made of the ones before is kept while a look at the wire refers to them. */
  refresh(): Look {
    this.#look = this.#now()
    for (const before of [...this.#sides.keys()].slice(0, -KEPT_SIDES)) this.#sides.delete(before)
    return this.#look
  }

  /** Some list that elects has not been known to be complete for a while, or is again: its age is news. */
  isAgeing(): boolean {
    const both = [this.#look.cluster.inputs, this.#cluster.watch.snapshot().inputs]
    return both.some((inputs) => ELECTING.some((name) => (inputs[name].ageMs ?? 0) > AGEING_MS))
  }

  /** Before a look at the wire and after it: an expectation that differs has moved (rule 7). */
  readingSince(before: Look): Reading {
    return { ...readingOf(before), after: before === this.#look ? null : this.#look }
  }

  sideSince(before: Look): ClusterSide {
    const known = this.#sides.get(before) ?? new Map<Look, ClusterSide>()
    const side =
      known.get(this.#look) ?? this.#completed(clusterSideOf(this.readingSince(before), this.#facts))
    this.#sides.set(before, new Map([[this.#look, side]]))
    return side
  }

  /** A side is kept for long; what was found out of MACs is read when it is judged. */
  #completed(side: ClusterSide): ClusterSide {
    const macs = (): MacMap | undefined =>
      this.told.size === 0 ? undefined : macsTold(this.told, side.cluster, this.#clock.monotonicMs())
    const full = trusted(side, this.#trust)
    return {
      ...full,
      get told() {
        return macs()
      },
    }
  }

  /** Until the signal; tells of each answer that is another than before. */
  async readViews(onRead: () => void, signal: AbortSignal): Promise<void> {
    const read = this.#cluster.readViews
    if (read) await this.speakers.readAll(read, onRead, signal)
  }

  /** Keeps our record as it should be; `onRefused` hears each attempt that failed. */
  async publishRecord(node: string, onRefused: (error: unknown) => void, signal: AbortSignal): Promise<void> {
    const { publish } = this.#cluster
    if (!publish) return
    while (!signal.aborted) {
      await this.#clock.sleep(RECORD_MS * (0.1 + 0.2 * this.#random.next()), signal)
      const nics = nicsOf(this.#facts)
      if (signal.aborted || !this.#isMissing(node, nics)) continue
      try {
        await publish(nics, signal)
      } catch (error) {
        if (!signal.aborted) onRefused(error)
        await this.#clock.sleep(RECORD_MS, signal)
      }
    }
  }

  sources(): WatchState['sources'] {
    const { inputs } = this.#look.cluster
    const status = new Map(this.#cluster.watch.status().map((one) => [one.resource.input, one]))
    const wallMs = Number(this.#clock.wallNs() / 1_000_000n)
    return new Map(INPUTS.map((name) => [name, sourceOf(name, inputs, status.get(name), wallMs)]))
  }

  #now(): Look {
    const cluster = this.#cluster.watch.snapshot()
    const views = this.speakers.viewsIn(cluster)
    return { cluster, views, claims: null, atMs: this.#clock.monotonicMs() }
  }

  /** Others delete it, or the API was away when we wrote: what the API holds decides. */
  #isMissing(node: string, nics: readonly NodeNic[]): boolean {
    const { cluster } = this.#look
    if (cluster.inputs.nicRecords.readable !== 'yes' || nics.length === 0) return false
    const record = cluster.nicRecords.find((one) => one.node === node)
    return !isSameRecord(record?.nics ?? [], nics)
  }
}

const KEPT_SIDES = 8

type SourceState = WatchState['sources'] extends ReadonlyMap<InputName, infer S> ? S : never

function sourceOf(
  name: InputName,
  inputs: ClusterSnapshot['inputs'],
  status: SourceStatus | undefined,
  wallMs: number,
): SourceState {
  const { readable, ageMs } = inputs[name]
  return {
    readable,
    lastSuccessAt: ageMs === null ? null : wallMs - ageMs,
    errors: new Map(Object.entries(status?.errors ?? {})),
  }
}
