import { merged } from '../api/write.ts'
import type { ApiObject } from '../api/kinds.ts'
import type { Fault } from '../faults.ts'
import type { LabHost } from '../hosts.ts'
import type { SpeakerState } from '../speaker.ts'
import type { Speaker } from '../speakers.ts'
import { Api, type ApiOptions } from './api.ts'
import { dropMs } from './drop.ts'
import { renews, withOthers } from './beside.ts'
import { announcing, type Announcing } from './elect.ts'
import { NOTHING, stateAfter } from './follow.ts'
import { BEFALLS, BORN, lifeAfter, type Event, type Life } from './life.ts'
import type { Guard } from '../metrics/told.ts'
import { memberlistOf } from './memberlist.ts'
import { metricsTold } from './metrics.ts'
import { nodesOf, type Moment } from './moment.ts'
import { keptAfter, type Kept } from './kept.ts'
import { eventsBetween, heardOf, recordsAfter, type Announced, type Records } from './records.ts'
import { objectsOf } from './render.ts'
import { clusterShape, type ClusterStory } from './shape.ts'
import { startedAgain } from './restart.ts'
import { LabClock, Timeline, timeText } from './time.ts'

/** A cluster has been up for a day when a story begins: nothing in it is new. */
const UP_MS = 24 * 3_600_000
/** Until the API server calls a silent node NotReady (kube-controller-manager: --node-monitor-grace-period). */
const UNHEARD_MS = 40_000
/** As often as Cilium does. */
const RENEW_MS = 5000

/** The cluster of a story: its API, and speakers that announce what they elect themselves for. */
export class LabCluster {
  readonly #hosts: readonly LabHost[]
  readonly #clock = new LabClock(-UP_MS)
  readonly #timeline: Timeline
  #story: ClusterStory
  #life: Life = BORN
  #announced: Announced
  /** Which of it has been told by an event. */
  #told: Announced = new Map()
  #kept: Kept = new Map()
  #records: Records = new Map()
  #events: readonly ApiObject[] = []
  #speakers: ReadonlyMap<string, Speaker> = new Map()
  #api: Api | undefined
  /** What is to happen by itself, by node. */
  readonly #pending = new Map<string, (() => void)[]>()
  /** One change after the other. */
  #turn: Promise<void> = Promise.resolve()

  constructor(story: ClusterStory, hosts: readonly LabHost[], timeScale: number) {
    this.#story = story
    this.#hosts = hosts
    this.#timeline = new Timeline(this.#clock, timeScale)
    this.#announced = announcing(this.#moment())
  }

  /** Starts the API, which holds everything for a day already when this resolves. */
  async openApi(options: ApiOptions): Promise<void> {
    this.#api = await Api.start(this.#clock, options)
    await this.change({})
    this.#clock.skip(UP_MS)
    await this.#renew()
    setInterval(() => void this.#renew(), RENEW_MS).unref()
  }

  /** The hosts, with speakers that announce from the start what they are elected for. */
  equipped(): LabHost[] {
    const moment = this.#moment()
    return this.#hosts.map((host) => {
      if (!host.speaker) return host
      const turn = { before: NOTHING, after: this.#of(host.name), moment, guard: null }
      return { ...host, speaker: { ...host.speaker, ...patchFor(host, host.speaker, turn) } }
    })
  }

  /** Whoever holds a Lease renews it, whatever else happens. */
  async #renew(): Promise<void> {
    if (renews(this.#story.others)) await this.change({})
  }

  /** From now on these speakers do as they elect, and those that guard their metrics serve them. */
  lead(speakers: ReadonlyMap<string, Speaker>): Promise<void> {
    this.#speakers = speakers
    return this.change({})
  }

  /** Lays a change over what the story says of the cluster; it has taken effect when this resolves. */
  change(patch: object): Promise<void> {
    return this.#inTurn(() => {
      const before = this.#story
      this.#story = clusterShape.parse(merged(before, patch))
      this.#kept = keptAfter(this.#kept, before, this.#story)
    })
  }

  /** What a fault is to the cluster, once it has happened to the host. */
  async befall({ verb, host }: Fault): Promise<void> {
    if (verb === 'delete-pods') return this.#restart([...this.#speakers.keys()])
    const event = verb in BEFALLS ? BEFALLS[verb as keyof typeof BEFALLS] : undefined
    if (!event || host === null) return
    if (event === 'deleted') return this.#restart([host])
    for (const cancel of this.#pending.get(host) ?? []) cancel()
    await this.#happen(event, host)
    const isGone = event === 'off' || event === 'cut'
    const later = isGone
      ? ([
          ['dropped', dropMs(this.#story, this.#moment().nodes.length)],
          ['unheard', UNHEARD_MS],
        ] as const)
      : []
    this.#pending.set(
      host,
      later.map(([what, ms]) => this.#timeline.after(ms, () => this.#happen(what, host))),
    )
  }

  /** Skips ahead in the cluster's time. */
  async later(ms: number): Promise<void> {
    await this.#timeline.skip(ms)
    await this.#renew()
  }

  /** Live speakers start again, with no memory of whom they took for members; a dead one cannot. */
  #restart(nodes: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      for (const node of nodes) this.#live('deleted', node)
      const live = nodes.filter((node) => !this.#life.off.has(node))
      const speakers = live.flatMap((node) => this.#speakers.get(node) ?? [])
      await Promise.all(speakers.map((speaker) => speaker.change({ announces: [] })))
      const silent = live.map((node) => [node, NOTHING] as const)
      this.#announced = new Map([...this.#announced, ...silent])
      this.#told = new Map([...this.#told, ...silent])
      this.#story = startedAgain(this.#story, live)
      this.#kept = keptAfter(this.#kept, this.#story, this.#story)
    })
  }

  #happen(event: Event, node: string): Promise<void> {
    return this.#inTurn(() => this.#live(event, node))
  }

  #live(event: Event, node: string): void {
    this.#life = lifeAfter(this.#life, event, node, this.#clock.nowMs())
  }

  #inTurn(act: () => void | Promise<void>): Promise<void> {
    const turn = this.#turn.then(async () => {
      await act()
      await this.#settle()
    })
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Elections, then the speakers, then what they write down, then the API. */
  async #settle(): Promise<void> {
    const moment = this.#moment()
    const announced = announcing(moment)
    const heard = heardOf(announced, moment)
    const records = recordsAfter(this.#records, heard, moment)
    this.#events = [...this.#events, ...eventsBetween(this.#told, heard, timeText(this.#clock.nowMs()))]
    await Promise.all(
      [...this.#speakers.keys()].map((node) => this.#tell(node, announced.get(node) ?? NOTHING, moment)),
    )
    this.#announced = announced
    this.#told = heard
    this.#records = records
    const beside = { hosts: this.#hosts, now: timeText(this.#clock.nowMs()) }
    this.#api?.hold([...withOthers(objectsOf(moment, records), moment, beside), ...this.#events])
    await this.#api?.become(this.#story.api)
  }

  async #tell(node: string, after: Announcing, moment: Moment): Promise<void> {
    const speaker = this.#speakers.get(node)
    const host = this.#hosts.find(({ name }) => name === node)
    if (!speaker || !host || this.#life.off.has(node)) return
    const guard = this.#api?.guard ?? null
    const patch = patchFor(host, speaker.state, { before: this.#of(node), after, moment, guard })
    if (!isDone(patch, speaker.state)) await speaker.change(patch)
  }

  #moment(): Moment {
    const story = this.#story
    return { story, nodes: nodesOf(story, this.#hosts), life: this.#life, kept: this.#kept }
  }

  #of(node: string): Announcing {
    return this.#announced.get(node) ?? NOTHING
  }
}

interface Turn {
  readonly before: Announcing
  readonly after: Announcing
  readonly moment: Moment
  /** Null before there is an API. */
  readonly guard: Guard | null
}

/** What a speaker says from now on: by ARP where it follows the election, of its members, and of itself. */
function patchFor(
  { name, follows }: LabHost,
  state: SpeakerState,
  { before, after, moment, guard }: Turn,
): Partial<SpeakerState> {
  const node = moment.nodes.find((one) => one.name === name)
  return {
    ...(follows && stateAfter(state, before, after)),
    ...(node && {
      memberlist: memberlistOf(node, moment),
      metrics: metricsTold(node, after, moment, guard),
    }),
  }
}

function isDone(patch: Partial<SpeakerState>, state: SpeakerState): boolean {
  return JSON.stringify({ ...state, ...patch }) === JSON.stringify(state)
}
