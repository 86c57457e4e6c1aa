import type { ClusterSnapshot, Condition, EpochMs, Node, Service, SpeakerPod } from '../../core/cluster.ts'
import type { Change } from '../../core/motions.ts'
import type { Vip } from '../announcer.ts'
import { groundOf, type Ground } from './ground.ts'
import { slateOf } from './slate.ts'

/**
 * Every stamp of the API that bears on who should answer an address, newest first; unknown ones last. What speakers
 * write down (ServiceL2Status, `nodeAssigned`) is an effect, and ConfigurationState is refreshed at each reconcile. A
 * label, an object or a pod that is gone leaves no stamp: memberships and two looks must tell of those.
 */
export function changesOf(vip: Vip, cluster: ClusterSnapshot): Change[] {
  const ground = groundOf(cluster)
  const { running, barred } = nodesFor(vip, ground)
  return newestFirst([
    ...vip.holders.flatMap(({ key }) => ofService(key, ground.standings.get(key)?.service)),
    ...vip.holders.flatMap(({ key }) => ofEndpoints(key, read(cluster, 'endpointSlices'))),
    ...ofConfiguration(vip, cluster),
    ...running.flatMap(ofCandidate),
    ...barred.flatMap(ofBarred),
    ...read(cluster, 'speakerPods')
      .filter(({ nodeName }) => running.some(({ name }) => name === nodeName))
      .flatMap(ofSpeaker),
  ])
}

const NONE: readonly never[] = []
type Listed = 'endpointSlices' | 'pools' | 'l2Advertisements' | 'speakerPods' | 'speakerDaemonSets'

/** What a daemon still knows of an input that it may not read any more tells nothing of now. */
function read<Name extends Listed>(
  cluster: ClusterSnapshot,
  name: Name,
): ClusterSnapshot[Name] | readonly never[] {
  return cluster.inputs[name].readable === 'yes' ? cluster[name] : NONE
}

/** All advertisements: one that no longer names the pool has changed just so. */
function ofConfiguration({ pool }: Vip, cluster: ClusterSnapshot): Change[] {
  const own = read(cluster, 'pools').filter(({ name }) => name === pool)
  return [
    ...own.map(({ name, changedAt }) => ({ what: `the pool ${name} changed`, at: changedAt })),
    ...read(cluster, 'l2Advertisements').map(({ name, changedAt }) => ({
      what: `the L2Advertisement ${name} changed`,
      at: changedAt,
    })),
    ...read(cluster, 'speakerDaemonSets').map(({ changedAt }) => ({
      what: "the speakers' DaemonSet changed",
      at: changedAt,
    })),
  ]
}

interface Nodes {
  /** Who could be elected, members or not. */
  readonly running: readonly Node[]
  /** Who cannot, and perhaps could a moment ago. */
  readonly barred: readonly Node[]
}

/** By every release that is there; none where nobody may announce, whichever node it is. */
function nodesFor({ holders }: Vip, ground: Ground): Nodes {
  const standings = holders.flatMap(({ key }) => ground.standings.get(key) ?? [])
  const slates = standings.flatMap((standing) =>
    ground.rules.map((rules) => slateOf(standing, ground, rules)),
  )
  const free = new Set(slates.flatMap((slate) => [...slate.free.keys()]))
  const excluded = new Set(slates.flatMap((slate) => slate.excluded.map(({ node }) => node)))
  const nodes = [...ground.nodes.values()]
  return {
    running: nodes.filter(({ name }) => free.has(name)),
    barred: nodes.filter(({ name }) => excluded.has(name) && !free.has(name)),
  }
}

/** As it is in this snapshot: the address may have been found in an earlier one. */
function ofService(key: string, service: Service | undefined): Change[] {
  if (!service) return [{ what: `the Service ${key} is gone`, at: null }]
  const { createdAt, changedAt, deletedAt } = service
  return [
    { what: `the Service ${key} was created`, at: createdAt },
    ...later({ what: `the Service ${key} changed`, at: changedAt }, createdAt),
    ...once(`the Service ${key} is being deleted`, deletedAt),
  ]
}

function ofEndpoints(key: string, slices: ClusterSnapshot['endpointSlices']): Change[] {
  return slices
    .filter(({ serviceNamespace, serviceName }) => `${serviceNamespace}/${serviceName}` === key)
    .map(({ changedAt }) => ({ what: `the endpoints of ${key} changed`, at: changedAt }))
}

function ofCandidate(node: Node): Change[] {
  return [...ofCondition(node.ready, `${node.name} is Ready`, `${node.name} is NotReady`), ...ofBarred(node)]
}

/** Its labels, or its network, may be why it cannot be elected any more. */
function ofBarred({ name, networkUnavailable, createdAt, changedAt, deletedAt }: Node): Change[] {
  return [
    ...ofCondition(
      networkUnavailable,
      `the network of ${name} is unavailable`,
      `the network of ${name} is there`,
    ),
    { what: `${name} joined the cluster`, at: createdAt },
    ...later({ what: `the labels of ${name} changed`, at: changedAt }, createdAt),
    ...once(`${name} is being deleted`, deletedAt),
  ]
}

/** A container that does not run has no start: then its pod's readiness tells. */
function ofSpeaker({ nodeName, ready, createdAt, startedAt, deletedAt }: SpeakerPod): Change[] {
  const all = [
    { what: `the speaker pod on ${nodeName} was created`, at: createdAt },
    ...once(`the speaker on ${nodeName} started`, startedAt),
    ...ofCondition(ready, `the speaker on ${nodeName} is Ready`, `the speaker on ${nodeName} is not Ready`),
    ...once(`the speaker pod on ${nodeName} is being deleted`, deletedAt),
  ]
  return nodeName === null ? all : all.map((change) => ({ ...change, pod: nodeName }))
}

function ofCondition(condition: Condition | null, whenTrue: string, otherwise: string): Change[] {
  if (condition === null) return []
  return [{ what: condition.status === 'True' ? whenTrue : otherwise, at: condition.since }]
}

/** Something that has happened only where there is a stamp. */
function once(what: string, at: EpochMs | null): Change[] {
  return at === null ? [] : [{ what, at }]
}

/** What nobody has touched since it was made has its creation's stamp. */
function later(change: Change, createdAt: EpochMs | null): Change[] {
  return change.at !== null && change.at === createdAt ? [] : [change]
}

function newestFirst(changes: readonly Change[]): Change[] {
  const told = new Set<string>()
  return changes
    .filter(({ what, at }) => told.size < told.add(`${at} ${what}`).size)
    .toSorted(
      (a, b) => (b.at ?? -Infinity) - (a.at ?? -Infinity) || (a.what < b.what ? -1 : Number(a.what > b.what)),
    )
}
