import type { ClusterCase } from './case.ts'
import { deadNodes, isReady, type NodeFacts } from './nodes.ts'
import type { Member } from './views.ts'

/** Something that may explain a deviation lawfully, and how long ago it happened at least. */
export interface Motion {
  readonly what: string
  /** 0 where nothing dates it. */
  readonly ageMs: number
  /** Nothing was seen to move; but nothing rules it out either. */
  readonly unseen?: true
}

/** A change that the API dates; null: it holds the object, but no stamp. */
export interface Change {
  readonly what: string
  /** Milliseconds since 1970, by the API server's clock. */
  readonly at: number | null
  /** The node whose speaker pod it befell. */
  readonly pod?: string
}

/** What is known of the cluster around one VIP. */
export interface Surroundings {
  readonly takenAt: number
  readonly changes: readonly Change[]
  /** Nodes that bear on it: those that may be elected, and those that are. */
  readonly nodes: readonly NodeFacts[]
  /** How long memberlist keeps the dead in its list. */
  readonly gossipToTheDeadMs: number
  /** See `Held`. */
  readonly moved: boolean
  readonly watched?: boolean
}

export function motionsOf(item: ClusterCase, around: Surroundings): Motion[] {
  return [
    ...dated(item, around),
    ...(around.watched ? [{ what: 'it was seen for the first time a moment ago', ageMs: 0 }] : []),
    ...(around.moved ? [{ what: 'who should answer changed while we looked', ageMs: 0 }] : []),
    ...unrecordedDeaths(around.nodes),
    ...unreadSpeakers(item, around.nodes),
    ...membersInMotion(around),
  ]
}

/** Where views were read the pod of a dead node decides nothing, whatever becomes of it: the election looks at members. */
function dated({ expected: { elected }, nodes }: ClusterCase, { changes, takenAt }: Surroundings): Motion[] {
  const isRead = elected.kind === 'somebody' && elected.membership === 'read'
  const dead = isRead ? deadNodes(nodes) : new Set<string>()
  return changes
    .filter(({ pod }) => pod === undefined || !dead.has(pod))
    .map(({ what, at }) => ({ what, ageMs: at === null ? 0 : takenAt - at }))
}

/** A Node that is NotReady dates its own death by that; one that the API takes for alive does not. */
function unrecordedDeaths(nodes: readonly NodeFacts[]): Motion[] {
  const dead = deadNodes(new Map(nodes.map((node) => [node.name, node])))
  return nodes
    .filter(({ name, ready }) => dead.has(name) && (ready === null || isReady(ready)))
    .map(({ name }) => ({ what: `${name} does not answer any more, and is not NotReady yet`, ageMs: 0 }))
}

/** An elected speaker that would not show its view may have died a moment ago. Its pod, once not Ready, dates that. */
function unreadSpeakers({ expected, nodes }: ClusterCase, around: readonly NodeFacts[]): Motion[] {
  const { elected } = expected
  if (elected.kind !== 'somebody' || elected.membership === 'off' || elected.membership === 'given') return []
  if (elected.membership === 'inferred') return inferred(elected, nodes)
  return around
    .filter(({ name }) => elected.possible.includes(name) && !deadNodes(nodes).has(name))
    .filter(({ pods }) => pods.length === 0 || pods.some(({ ready }) => isReady(ready)))
    .filter(({ reading }) => reading?.kind !== 'view')
    .map(({ name }) => ({
      what: `the speaker on ${name} does not show whom it counts`,
      ageMs: 0,
      unseen: true,
    }))
}

/** Where no view was read nothing dates a death but the Node itself. */
function inferred(
  { answerers, possible }: { readonly answerers: readonly string[]; readonly possible: readonly string[] },
  nodes: ClusterCase['nodes'],
): Motion[] {
  const dead = deadNodes(nodes)
  const isDated = [...answerers, ...possible].some((name) => dead.has(name))
  return isDated ? [] : [{ what: 'no speaker shows whom it counts', ageMs: 0, unseen: true }]
}

/** A suspect may be dropped in the next moment; a member that some views lack was dropped a while ago. */
function membersInMotion({ nodes, gossipToTheDeadMs }: Surroundings): Motion[] {
  const views = nodes.flatMap(({ reading }) => (reading?.kind === 'view' ? [reading.members] : []))
  return nodes.flatMap(({ name }) => {
    const entries = views.map((members) => members.find((member) => member.name === name))
    return motionOf(name, entries, gossipToTheDeadMs)
  })
}

function motionOf(name: string, entries: readonly (Member | undefined)[], forgottenMs: number): Motion[] {
  const states = new Set(entries.map((entry) => entry?.state))
  const moving = (['suspect', 'dead', 'left'] as const).find((state) => states.has(state))
  if (moving) return [{ what: `${name} is ${moving} in a member list`, ageMs: 0 }]
  if (states.size < 2) return []
  return [{ what: `some member lists have dropped ${name}`, ageMs: forgottenMs }]
}
