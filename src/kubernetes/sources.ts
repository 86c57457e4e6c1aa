import type { Capabilities, OtherAnnouncer } from '../core/cluster.ts'
import { type Freshness, listAll } from './list.ts'
import { type Polled, Poller } from './poller.ts'
import { Reflector } from './reflector.ts'
import type { Resource } from './resource.ts'
import {
  daemonPods,
  events,
  everywhere,
  inMetallb,
  type Kinds,
  type ListInput,
  type MetallbList,
  otherAnnouncers,
} from './resources.ts'
import { capabilities, excludedInterfaces, memberlistConfig, type Single } from './single.ts'
import { inputOf, type Reading, type Readings } from './snapshot.ts'
import type { Source, SourceContext, SourceStatus } from './source.ts'

const SETTINGS_MS = 300_000
/** They change with a MetalLB release. */
const CRDS_MS = 900_000
/** API servers keep no cache of events: each list of them is read from etcd. */
const EVENTS_MS = 600_000
/** Leases are renewed every few seconds: a watch of them would never rest. */
const OTHERS_MS = 300_000

type WideList = 'services' | 'endpointSlices' | 'nodes' | 'nicRecords' | 'daemonPods'
type Reflectors<Name extends ListInput> = { readonly [Key in Name]: Reflector<Kinds[Key]> }

/** What does not depend on where MetalLB runs. */
export class WideSources {
  readonly #lists: Reflectors<WideList>
  readonly #capabilities: Poller<Capabilities>
  readonly #others: Poller<readonly OtherAnnouncer[]>

  /** Records of whichever namespace where ours is not known; our Pods are looked for at `home`. */
  constructor(context: SourceContext, ownNamespace: string | null, home: string) {
    const lists = { ...everywhere(ownNamespace), daemonPods: daemonPods(home) }
    this.#lists = reflect(lists, context)
    this.#capabilities = new Poller(polled(capabilities, CRDS_MS, context), context)
    this.#others = new Poller(polledList(otherAnnouncers, 'cached', OTHERS_MS, context), context)
  }

  readings(nowMs: number): Pick<Readings, WideList | 'capabilities' | 'otherAnnouncers'> {
    return {
      ...readingsOf(this.#lists, nowMs),
      capabilities: valueOf(this.#capabilities, UNKNOWN, nowMs),
      otherAnnouncers: valueOf(this.#others, NONE, nowMs),
    }
  }

  statuses(): readonly SourceStatus[] {
    return this.#all().map((source) => source.status())
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((source) => source.stop()))
  }

  #all(): readonly AnySource[] {
    return [...Object.values(this.#lists), this.#capabilities, this.#others]
  }
}

/** What both kinds of source have in common. */
type AnySource = Pick<Source<unknown>, 'status' | 'stop'>

type InMetallb = MetallbList | 'memberlistConfig' | 'excludedInterfaces' | 'events'

/** What is read in MetalLB's namespace, and the events that stand in where it keeps no ServiceL2Status. */
export class MetallbSources {
  readonly #lists: Reflectors<MetallbList>
  readonly #memberlist: Poller<string | null>
  readonly #excluded: Poller<readonly string[]>
  readonly #context: SourceContext
  #events: Poller<readonly Kinds['events'][]> | null = null

  constructor(context: SourceContext, namespace: string) {
    this.#context = context
    const watched = { ...context, onChange: () => this.#changed() }
    this.#lists = reflect(inMetallb(namespace, false), watched)
    this.#memberlist = new Poller(polled(memberlistConfig(namespace), SETTINGS_MS, context), context)
    this.#excluded = new Poller(polled(excludedInterfaces(namespace), SETTINGS_MS, context), context)
  }

  /** Neither a DaemonSet nor a pod of the speakers is left here. */
  isEmpty(): boolean {
    const { speakerDaemonSets, speakerPods } = this.#lists
    return [speakerDaemonSets, speakerPods].every(
      (list) => list.status().health.state === 'synced' && list.items.size === 0,
    )
  }

  readings(nowMs: number): Pick<Readings, InMetallb> {
    return {
      ...readingsOf(this.#lists, nowMs),
      memberlistConfig: valueOf(this.#memberlist, null, nowMs),
      excludedInterfaces: valueOf(this.#excluded, null, nowMs),
      events: this.#events === null ? NOT_NEEDED : valueOf(this.#events, NONE, nowMs),
    }
  }

  statuses(): readonly SourceStatus[] {
    return this.#all().map((source) => source.status())
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((source) => source.stop()))
  }

  #all(): readonly AnySource[] {
    const stand = this.#events === null ? [] : [this.#events]
    return [...Object.values(this.#lists), this.#memberlist, this.#excluded, ...stand]
  }

  #changed(): void {
    const { state } = this.#lists.l2Statuses.status().health
    if (this.#events === null && (state === 'absent' || state === 'denied'))
      this.#events = new Poller(polledList(events, 'newest', EVENTS_MS, this.#context), {
        ...this.#context,
        startAfterMs: 0,
      })
    this.#context.onChange()
  }
}

/** The same ones each time, so that a snapshot shows whether anything changed. */
const [NONE, UNKNOWN]: [readonly never[], Capabilities] = [[], { crds: null }]

/** While ServiceL2Status can be read: as where there are none, for nothing is missing then. */
const NOT_NEEDED: Reading<readonly never[]> = { value: NONE, input: { readable: 'absent', ageMs: null } }

function reflect<Name extends ListInput>(
  resources: { readonly [Key in Name]: Resource<Kinds[Key]> },
  context: SourceContext,
): Reflectors<Name> {
  const made = Object.entries<Resource<unknown>>(resources).map(([name, resource]) => [
    name,
    new Reflector(resource, context),
  ])
  return Object.fromEntries(made) as Reflectors<Name>
}

function polled<T>(single: Single<T>, everyMs: number, { api, clock }: SourceContext): Polled<T> {
  const { input, name, namespace, verb } = single
  return { input, name, namespace, verb, everyMs, read: (signal) => single.read(api, clock, signal) }
}

/** A list of one variant. */
function polledList<T>(
  resource: Resource<T>,
  freshness: Freshness,
  everyMs: number,
  { api, clock }: SourceContext,
): Polled<readonly T[]> {
  return {
    ...resource,
    everyMs,
    read: async (signal) => {
      const { items } = await listAll(resource, resource.variants[0]!, freshness, { api, clock, signal })
      return [...items.values()].map(({ value }) => value)
    },
  }
}

function readingsOf<Name extends ListInput>(
  lists: Reflectors<Name>,
  nowMs: number,
): { readonly [Key in Name]: Reading<readonly Kinds[Key][]> } {
  const read = Object.entries<Reflector<unknown>>(lists).map(([name, list]) => [
    name,
    { value: list.values(), input: inputOf(list.status(), nowMs) },
  ])
  return Object.fromEntries(read) as { [Key in Name]: Reading<readonly Kinds[Key][]> }
}

function valueOf<T>(poller: Poller<T>, missing: T, nowMs: number): Reading<T> {
  return { value: poller.value ?? missing, input: inputOf(poller.status(), nowMs) }
}
