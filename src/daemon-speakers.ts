import type { Clock } from './clock.ts'
import type { ClusterSnapshot } from './core/cluster.ts'
import type { Random } from './core/random.ts'
import type { SpeakerReading } from './core/views.ts'
import type { ViewsReading } from './elected.ts'

/** Between two exchanges with one speaker, of ours and of one more daemon. */
const VIEW_MS = 10_000
/** A key that does not fit leaves an error in the speaker's log: the Secret may be rotated by then. */
const KEY_MS = 300_000
export const KEY_TROUBLE: ReadonlySet<string> = new Set(['sealed', 'wrong-key', 'no-key', 'wants-key'])
const TICK_MS = 1000

export type ReadViews = (cluster: ClusterSnapshot, signal: AbortSignal) => Promise<ViewsReading | null>

interface Known {
  readonly reading: SpeakerReading
  readonly sealed: boolean
}

/** The views of those speakers that bear on our VIPs: whose to ask for, when, and what they were. */
export class Speakers {
  /** Speakers to ask, by node, and how often. */
  wanted: ReadonlyMap<string, number> = new Map()
  /** Nodes that answer though nothing we know elects them, and since when: their own views tell whether that is right. */
  answering: ReadonlyMap<string, number> = new Map()
  readonly #clock: Clock
  readonly #random: Random
  readonly #views = new Map<string, Known>()
  readonly #dueMs = new Map<string, number>()
  readonly #askedMs = new Map<string, number>()
  /** When a speaker that was asked had started. */
  readonly #askedOf = new Map<string, number | null>()
  #cluster: ClusterSnapshot | null = null

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  /** Asks each wanted speaker in its time, until the signal; tells of each answer that is another than before. */
  async readAll(read: ReadViews, onRead: () => void, signal: AbortSignal): Promise<void> {
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

  /** Asks those speakers from now on that this cluster has, and gives what is known of them; null: nothing. */
  viewsIn(cluster: ClusterSnapshot): ViewsReading | null {
    this.#cluster = cluster
    const nodes = new Set(cluster.speakerPods.map(({ nodeName }) => nodeName))
    for (const node of this.#views.keys())
      if (!nodes.has(node) || !(this.#bears(node) || this.wanted.size === 0)) this.#views.delete(node)
    const known = [...this.#views.values()]
    if (known.length === 0) return null
    return { readings: known.map(({ reading }) => reading), sealed: known.some(({ sealed }) => sealed) }
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
    return this.#cluster?.speakerPods.find(({ nodeName }) => nodeName === node)?.startedAt ?? null
  }

  async #readOne(node: string, read: ReadViews, signal: AbortSignal): Promise<boolean> {
    const cluster = this.#cluster!
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
