import type { Clock } from './clock.ts'
import type { SpeakerClaim } from './core/claims.ts'
import type { ClusterSide } from './core/cluster-side.ts'
import { INPUTS, type ClusterSnapshot, type InputName, type NodeNic } from './core/cluster.ts'
import type { HostFacts } from './core/host.ts'
import { untilTheApiTells, withViewsAlone } from './core/required.ts'
import type { MacMap } from './core/macs.ts'
import { isSameRecord, nicsOf } from './daemon-record.ts'
import type { Random } from './core/random.ts'
import type { SpeakerReading } from './core/views.ts'
import type { WatchState } from './core/watch/state.ts'
import { macsTold, type AllTold } from './core/watch/told.ts'
import { clusterSideOf, readingOf, type Look, type Reading, type ViewsReading } from './elected.ts'
import type { ClusterWatch, SourceStatus } from './kubernetes/main.ts'

/** The cluster as a daemon reaches it; each part degrades by itself. */
export interface DaemonCluster {
  readonly watch: Pick<ClusterWatch, 'snapshot' | 'onChange' | 'status'>
  /** Asks the speakers whose pods the snapshot holds; null: they are not to be asked. Never rejects. */
  readonly readViews: ((cluster: ClusterSnapshot, signal: AbortSignal) => Promise<ViewsReading | null>) | null
  /** Writes down our NICs; rejects where that is refused. */
  readonly publish: ((nics: readonly NodeNic[], signal: AbortSignal) => Promise<unknown>) | null
  /** Asks all speakers what they claim; null: they are not to be asked. Never rejects for what the world does. */
  readonly readClaims:
    | ((cluster: ClusterSnapshot, signal: AbortSignal) => Promise<readonly SpeakerClaim[]>)
    | null
}

/** Between two exchanges with one speaker, of ours and of one more daemon. */
const VIEW_MS = 10_000
/** A key that does not fit leaves an error in the speaker's log: the Secret may be rotated by then. */
const KEY_MS = 300_000
export const KEY_TROUBLE: ReadonlySet<string> = new Set(['sealed', 'wrong-key', 'no-key', 'wants-key'])
/** Between two writes that fail. */
const RECORD_MS = 30_000
const TICK_MS = 1000
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

export interface Trust {
  /** Where no speaker shows whom it counts, that is inferred. */
  readonly infers: boolean
  /** Nobody is asked for anything: only the API tells that a node is dead. */
  readonly isPatient: boolean
}

interface Known {
  readonly reading: SpeakerReading
  readonly sealed: boolean
}

/** What is known of the cluster now: the API's lists, and the views of those speakers that bear on our VIPs. */
export class Knowledge {
  /** Speakers to ask, by node, and how often. */
  wanted: ReadonlyMap<string, number> = new Map()
  /** Nodes that answer though nothing we know elects them, and since when: their own views tell whether that is right. */
  answering: ReadonlyMap<string, number> = new Map()
  /** Whose MACs are that no record tells of, as was found out by asking. */
  told: AllTold = new Map()
  readonly #cluster: DaemonCluster
  readonly #clock: Clock
  readonly #random: Random
  readonly #trust: Trust
  readonly #views = new Map<string, Known>()
  readonly #dueMs = new Map<string, number>()
  readonly #askedMs = new Map<string, number>()
  /** When a speaker that was asked had started. */
  readonly #askedOf = new Map<string, number | null>()
  readonly #sides = new Map<Look, Map<Look, ClusterSide>>()
  #facts: HostFacts
  #look: Look

  constructor(cluster: DaemonCluster, facts: HostFacts, clock: Clock, random: Random, trust: Trust) {
    this.#cluster = cluster
    this.#trust = trust
    this.#clock = clock
    this.#random = random
    this.#facts = facts
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
    const full = remembering(side, this.#trust)
    return {
      ...full,
      get told() {
        return macs()
      },
    }
  }

  /** Asks each wanted speaker in its time, until the signal; tells of each answer that is another than before. */
  async readViews(onRead: () => void, signal: AbortSignal): Promise<void> {
    const read = this.#cluster.readViews
    if (!read) return
    const running = new Set<Promise<unknown>>()
    while (!signal.aborted) {
      for (const node of this.#due()) {
        const one = this.#readOne(node, read, signal).then((isNews) => isNews && onRead())
        running.add(one)
        void one.finally(() => running.delete(one))
      }
      await this.#clock.sleep(TICK_MS, signal)
    }
    await Promise.all(running)
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
    const nodes = new Set(cluster.speakerPods.map(({ nodeName }) => nodeName))
    for (const node of this.#views.keys())
      if (!nodes.has(node) || !(this.#bears(node) || this.wanted.size === 0)) this.#views.delete(node)
    const known = [...this.#views.values()]
    const views =
      known.length === 0
        ? null
        : { readings: known.map(({ reading }) => reading), sealed: known.some(({ sealed }) => sealed) }
    return { cluster, views, claims: null, atMs: this.#clock.monotonicMs() }
  }

  #due(): string[] {
    const nowMs = this.#clock.monotonicMs()
    const isRested = (node: string): boolean => nowMs - (this.#askedMs.get(node) ?? -Infinity) >= VIEW_MS
    const isDue = (node: string): boolean => (this.#dueMs.get(node) ?? 0) <= nowMs && isRested(node)
    const due = [...this.wanted].filter(
      ([node]) => isDue(node) || (this.#isSealed(node) && this.#isAnother(node)),
    )
    for (const [node, everyMs] of due)
      this.#dueMs.set(node, nowMs + everyMs * (1 + 0.2 * this.#random.next()))
    for (const node of this.#askedMs.keys()) if (!this.#bears(node) && isDue(node)) this.#forget(node)
    const isUrgent = ([node, sinceMs]: readonly [string, number]): boolean =>
      isRested(node) && !this.#isSealed(node) && (this.#askedMs.get(node) ?? -Infinity) < sinceMs
    const urgent = [...this.answering].filter(isUrgent)
    return [...new Set([...due, ...urgent].map(([node]) => node))]
  }

  #bears(node: string): boolean {
    return this.wanted.has(node) || this.answering.has(node)
  }

  #forget(node: string): void {
    this.#dueMs.delete(node)
    this.#askedMs.delete(node)
    this.#askedOf.delete(node)
  }

  #isSealed(node: string): boolean {
    return KEY_TROUBLE.has(this.#views.get(node)?.reading.reading.kind ?? '')
  }

  /** A speaker that has started again since we asked it: with another key, maybe. */
  #isAnother(node: string): boolean {
    return this.#startOf(node) !== this.#askedOf.get(node)
  }

  #startOf(node: string): number | null {
    return this.#look.cluster.speakerPods.find(({ nodeName }) => nodeName === node)?.startedAt ?? null
  }

  async #readOne(
    node: string,
    read: NonNullable<DaemonCluster['readViews']>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { cluster } = this.#look
    this.#askedOf.set(node, this.#startOf(node))
    this.#askedMs.set(node, this.#clock.monotonicMs())
    const speakerPods = cluster.speakerPods.filter(({ nodeName }) => nodeName === node)
    const views = speakerPods.length > 0 ? await read({ ...cluster, speakerPods }, signal) : null
    if (signal.aborted) return false
    if (views?.readings.some(({ reading }) => KEY_TROUBLE.has(reading.kind)))
      this.#dueMs.set(node, this.#clock.monotonicMs() + KEY_MS * (1 + 0.2 * this.#random.next()))
    const before = this.#views.get(node)?.reading
    for (const reading of views?.readings ?? [])
      this.#views.set(reading.speaker.name, { reading, sealed: views!.sealed })
    return told(before) !== told(this.#views.get(node)?.reading)
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
/** Who keeps silent differs little from look to look. */
const KEPT_EXPECTATIONS = 1024

/** An election sorts all nodes by a hash, and each look at the wire asks for it several times. */
function remembering(side: ClusterSide, { infers, isPatient }: Trust): ClusterSide {
  const known = new Map<string, ReturnType<ClusterSide['expect']>>()
  const timing = isPatient ? untilTheApiTells(side.timing) : side.timing
  return {
    ...side,
    timing,
    expect: (vip, silentNodes) => {
      const key = [vip, ...[...silentNodes].toSorted()].join(' ')
      const found = known.get(key)
      if (found) return found
      const elected = side.expect(vip, silentNodes)
      const read = elected && !infers ? withViewsAlone(elected) : elected
      const expected = read && { ...read, timing }
      if (known.size >= KEPT_EXPECTATIONS) known.clear()
      known.set(key, expected)
      return expected
    },
  }
}

/** What an election reads of it; incarnations rise all the time. */
function told(one: SpeakerReading | undefined): string {
  if (one?.reading.kind !== 'view') return one?.reading.kind ?? ''
  return JSON.stringify(one.reading.members.map(({ name, address, state }) => [name, address, state]))
}

/** As many daemons as need a speaker's view share two exchanges in 10 s. */
export function viewIntervalMs(daemons: number): number {
  return VIEW_MS * Math.max(1, daemons / 2)
}

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
