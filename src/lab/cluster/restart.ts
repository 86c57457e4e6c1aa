import type { ClusterStory, NodeStory } from './shape.ts'

/** A speaker that starts again has forgotten whom it counted, and loads the configuration that the API holds. */
export function startedAgain(story: ClusterStory, nodes: readonly string[]): ClusterStory {
  const without = <Value>(told: Readonly<Record<string, Value>>) =>
    Object.entries(told).filter(([name]) => !nodes.includes(name))
  const again = Object.entries(story.nodes).filter(([name]) => nodes.includes(name))
  return {
    ...story,
    views: Object.fromEntries(without(story.views)),
    nodes: { ...Object.fromEntries(without(story.nodes)), ...Object.fromEntries(again.map(configured)) },
  }
}

function configured([name, told]: [string, NodeStory]): [string, NodeStory] {
  return [name, { ...told, config: undefined }]
}
