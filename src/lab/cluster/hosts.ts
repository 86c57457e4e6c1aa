import type { LabHost } from '../hosts.ts'
import { nodesOf, podGatewayOf } from './moment.ts'
import type { ClusterStory } from './shape.ts'

/** The hosts, where those that are nodes have a pod network, and a speaker unless there is no MetalLB. */
export function withNodes(hosts: readonly LabHost[], story: ClusterStory): LabHost[] {
  const nodes = new Map(nodesOf(story, hosts).map((node) => [node.name, node]))
  return hosts.map((host) => {
    const node = nodes.get(host.name)
    if (!node) return host
    const speaker = host.speaker ?? (story.metallb === 'none' ? null : { announces: [] })
    return { ...host, speaker, podGateway: podGatewayOf(node.podCIDR) }
  })
}
