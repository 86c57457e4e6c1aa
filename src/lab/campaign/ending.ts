import { merged } from '../api/write.ts'
import { keptAfter, type Kept } from '../cluster/kept.ts'
import { startedAgain } from '../cluster/restart.ts'
import { clusterShape, type ClusterStory } from '../cluster/shape.ts'
import type { FaultVerb } from '../faults.ts'
import { CLIENT } from '../hosts.ts'
import type { Act, Story } from '../shape.ts'

/** What has happened to the hosts and the cluster of a story by its last question. */
export interface Ending {
  readonly hosts: Story['hosts']
  readonly cluster: ClusterStory
  /** Speakers that run on what was configured before. */
  readonly kept: Kept
  /** Without power, or where nobody hears them. */
  readonly gone: ReadonlySet<string>
  /** Whose speaker's answers do not come: it says nothing, hears nothing, or is not heard. */
  readonly muted: ReadonlySet<string>
  /** `host address`: what kernels have come to answer for (true) or stopped answering for. */
  readonly claimed: ReadonlyMap<string, boolean>
  /** The same for speakers: what they were made to announce or to withdraw by hand, whoever is elected. */
  readonly announced: ReadonlyMap<string, boolean>
  /** The words of the last run, and where it was asked. */
  readonly words: readonly string[]
  readonly from: string
  /** A node has gone, and the story has not skipped ahead since. */
  readonly isFresh: boolean
}

/** What of the things that happen while arpcheck runs for the last time has happened. */
type Meanwhile = 'all of it' | 'none of it'

/** A story from its first step to its last run. */
export function endingOf(story: Story, meanwhile: Meanwhile = 'all of it'): Ending {
  const last = story.steps.length - 1
  const acts = story.steps.flatMap((step, index): Act[] =>
    index === last && meanwhile === 'none of it' ? [step] : [step, ...(step.while ?? [])],
  )
  const start: Ending = {
    hosts: story.hosts,
    cluster: story.cluster ?? clusterShape.parse({ metallb: 'none' }),
    kept: new Map(),
    gone: new Set(),
    muted: new Set(namesOf(story, isMute)),
    claimed: new Map(),
    announced: new Map(
      Object.entries(story.hosts)
        .flatMap(announcedBy)
        .map((pair) => [pair, true]),
    ),
    words: [],
    from: CLIENT,
    isFresh: false,
  }
  return acts.reduce(after, start)
}

function isMute({ speaker }: Story['hosts'][string]): boolean {
  return speaker?.muted === true || speaker?.gagged === true || speaker?.deaf === 'all'
}

/** What a story makes a speaker announce, whoever is elected. */
function announcedBy([name, { speaker }]: [string, Story['hosts'][string]]): string[] {
  return (speaker?.announces ?? []).map((ip) => `${name} ${ip}`)
}

function after(before: Ending, { fault, cluster, later, run, on }: Act): Ending {
  if (later !== undefined) return { ...before, isFresh: false }
  if (run) return { ...before, words: run, from: on ?? CLIENT }
  if (cluster) return { ...before, ...changed(before, clusterShape.parse(merged(before.cluster, cluster))) }
  if (!fault) return before
  const { verb, host, address } = fault
  return { ...before, ...BEFALLS[verb](before, host ?? '', `${host} ${address}`) }
}

function changed({ kept, cluster }: Ending, next: ClusterStory): Pick<Ending, 'cluster' | 'kept'> {
  return { cluster: next, kept: keptAfter(kept, cluster, next) }
}

/** `host` is empty where it happens to all speakers. */
type Befalls = (before: Ending, host: string, pair: string) => Partial<Ending>

const goes: Befalls = ({ gone }, host) => ({ gone: new Set([...gone, host]), isFresh: true })
const mutes: Befalls = ({ muted }, host) => ({ muted: new Set([...muted, host]) })
const speaks: Befalls = ({ muted }, host) => ({ muted: without(muted, host) })
const returns: Befalls = ({ gone }, host) => ({ gone: without(gone, host) })

const BEFALLS: Readonly<Record<FaultVerb, Befalls>> = {
  'power-off': goes,
  unplug: goes,
  isolate: goes,
  'interface-down': goes,
  plug: returns,
  'interface-up': returns,
  mute: mutes,
  unmute: speaks,
  gag: mutes,
  ungag: speaks,
  deafen: mutes,
  undeafen: speaks,
  claim: ({ claimed }, _, pair) => ({ claimed: new Map([...claimed, [pair, true]]) }),
  release: ({ claimed }, _, pair) => ({ claimed: new Map([...claimed, [pair, false]]) }),
  announce: ({ announced }, _, pair) => ({ announced: new Map([...announced, [pair, true]]) }),
  withdraw: ({ announced }, _, pair) => ({ announced: new Map([...announced, [pair, false]]) }),
  'delete-pod': (before, host) => restarted(before, (name) => name === host),
  'delete-pods': (before) => restarted(before, () => true),
}

/** A live speaker starts again: nobody is in its memory, and it loads what the API holds; on a dead node nothing can. */
function restarted(before: Ending, isMeant: (node: string) => boolean): Partial<Ending> {
  const { cluster, gone, announced } = before
  const names = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'].filter((name) => isMeant(name) && !gone.has(name))
  const told = [...announced].filter(([pair]) => !names.includes(pair.split(' ')[0]!))
  return { ...changed(before, startedAgain(cluster, names)), announced: new Map(told) }
}

function without(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return new Set([...names].filter((one) => one !== name))
}

function namesOf({ hosts }: Story, holds: (host: Story['hosts'][string]) => boolean): string[] {
  return Object.entries(hosts).flatMap(([name, host]) => (holds(host) ? [name] : []))
}
