import type { SpeakerPod } from '../../core/cluster.ts'
import type { Hypothesis, HypothesisName } from '../../core/expectation.ts'
import type { Ground } from './ground.ts'

/**
 * Who may be a member where no view could be read. Kubernetes knows three things that come near it, and none is the
 * member list: a dead node's pod stays listed until its Node object goes, readiness lags behind, and a Node may be
 * NotReady while its speaker runs. Each also without the nodes whose own address is silent.
 */
export function hypothesesOf(ground: Ground, silentNodes: ReadonlySet<string>): Hypothesis[] {
  const told = [...fromPods(ground), ...fromNodes(ground)]
  const heard = told.map(({ name, members }) => ({
    name: `${name}-but-silent` as HypothesisName,
    members: members.filter((node) => !silentNodes.has(node)),
  }))
  return silentNodes.size > 0 ? [...told, ...heard] : told
}

function fromPods({ cluster, knows }: Ground): Hypothesis[] {
  if (!knows('speakerPods')) return []
  const isReady = ({ ready }: SpeakerPod): boolean => ready?.status === 'True'
  return [
    { name: 'pods-listed', members: nodesOf(cluster.speakerPods) },
    { name: 'pods-ready', members: nodesOf(cluster.speakerPods.filter(isReady)) },
  ]
}

/** A Node without a speaker pod is no member, however Ready it is. */
function fromNodes({ cluster, knows }: Ground): Hypothesis[] {
  const ready = cluster.nodes.filter((node) => node.ready?.status === 'True').map(({ name }) => name)
  const listed = new Set(nodesOf(cluster.speakerPods))
  const members = knows('speakerPods') ? ready.filter((name) => listed.has(name)) : ready
  return knows('nodes') ? [{ name: 'nodes-ready', members }] : []
}

function nodesOf(pods: readonly SpeakerPod[]): string[] {
  return [...new Set(pods.map(({ nodeName }) => nodeName).filter((name) => name !== null))]
}
