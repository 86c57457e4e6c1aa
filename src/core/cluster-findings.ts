import type { Finding } from './findings.ts'
import { deadNodes, isReady, staleConfig, type NodeFacts } from './nodes.ts'
import { fact, namesText } from './sentences-cluster.ts'
import { finding } from './sentences.ts'

/** Where MetalLB runs, and what runs its speakers: for commands. */
export interface Place {
  readonly namespace: string
  readonly daemonSet: string
}

/** Findings about the cluster's speakers, whatever they announce. */
export function clusterFindings(nodes: ReadonlyMap<string, NodeFacts>, place: Place): Finding[] {
  return [...staleSpeakers([...nodes.values()], place), ...lingeringPods(nodes)]
}

/** A speaker keeps its last good configuration while the new one lacks an address that it announces. */
function staleSpeakers(nodes: readonly NodeFacts[], { namespace }: Place): Finding[] {
  const stale = nodes.flatMap((node) => {
    const why = staleConfig(node)
    return why === null ? [] : [{ name: node.name, why }]
  })
  if (stale.length === 0) return []
  const names = stale.map(({ name }) => name)
  return [
    finding('ARP604', `${speakersText(names)} on other configuration than the cluster has`, {
      why: [
        ...stale.map(({ name, why }) => fact(name, why, 'seen')),
        'it elects and announces by what it had before, or announces nothing, and stays a candidate for the others',
      ],
      next: [
        `kubectl -n ${namespace} get configurationstates   (MetalLB 0.15.3 and later)`,
        ...stale.flatMap(({ name }) =>
          podNames(nodes, name).map((pod) => `kubectl -n ${namespace} logs ${pod} --since 1h`),
        ),
      ],
    }),
  ]
}

/** Kubernetes keeps the pod on purpose, and nobody elects by it: said, because deleting it is what people try first. */
function lingeringPods(nodes: ReadonlyMap<string, NodeFacts>): Finding[] {
  const dead = deadNodes(nodes)
  const lingering = [...nodes.values()].filter(
    ({ name, ready, pods }) => dead.has(name) && ready !== null && !isReady(ready) && pods.length > 0,
  )
  return lingering.map(({ name, pods }) =>
    finding('ARP606', `${name} is dead, and its speaker pod ${pods[0]!.name} is still listed`, {
      why: [
        'Kubernetes keeps it: DaemonSet pods tolerate unreachable nodes, and stay until the Node object goes',
        'nobody elects by the list of pods: this pod makes no VIP silent, and deleting it changes nothing',
      ],
      next: [`kubectl delete node ${name}   (only if it does not come back)`],
    }),
  )
}

function speakersText(names: readonly string[]): string {
  return names.length === 1 ? `The speaker on ${names[0]} runs` : `The speakers on ${namesText(names)} run`
}

function podNames(nodes: readonly NodeFacts[], name: string): string[] {
  return nodes.filter((node) => node.name === name).flatMap(({ pods }) => pods.map((pod) => pod.name))
}
