import { meant } from '../words.ts'
import { nodeNames } from './moment.ts'
import type { ClusterStory } from './shape.ts'

/** Something that a cluster names and that is not there. */
export interface Mistake {
  readonly message: string
  readonly path: readonly (string | number)[]
}

/** Every name that is not one of the story's hosts, nodes, pools and Services. */
export function mistakesOf(story: ClusterStory, hostNames: readonly string[]): Mistake[] {
  const names = nodeNames(story, hostNames)
  const [pools, services] = [Object.keys(story.pools), Object.keys(story.services)]
  const stranger = (
    word: string,
    known: readonly string[],
    what: string,
    ...path: Mistake['path']
  ): Mistake[] =>
    known.includes(word)
      ? []
      : [{ message: `there is no ${what} ${JSON.stringify(word)}${meant(word, known)}`, path }]
  const each = (
    words: readonly string[] | undefined,
    known: readonly string[],
    what: string,
    ...path: Mistake['path']
  ) => (words ?? []).flatMap((word, i) => stranger(word, known, what, ...path, i))
  return [
    ...Object.keys(story.nodes).flatMap((name) => stranger(name, hostNames, 'host', 'nodes', name)),
    ...Object.entries(story.services).flatMap(([key, { endpoints }]) =>
      each(endpoints, names, 'node', 'services', key, 'endpoints'),
    ),
    ...Object.entries(story.views).flatMap(([by, members]) => [
      ...stranger(by, names, 'node', 'views', by),
      ...each(members, names, 'node', 'views', by),
    ]),
    ...Object.entries(story.records).flatMap(([key, node]) => [
      ...stranger(key, services, 'Service', 'records', key),
      ...stranger(node, names, 'node', 'records', key),
    ]),
    ...Object.entries(story.others.cilium).flatMap(([key, node]) => [
      ...stranger(key, services, 'Service', 'others', 'cilium', key),
      ...stranger(node, names, 'node', 'others', 'cilium', key),
    ]),
    ...each(story.others.servicelb, services, 'Service', 'others', 'servicelb'),
    ...(story.others.kubeVip === undefined
      ? []
      : stranger(story.others.kubeVip, names, 'node', 'others', 'kubeVip')),
    ...(typeof story.nics === 'boolean' ? [] : each(story.nics, names, 'node', 'nics')),
    ...Object.entries(story.l2).flatMap(([name, told]) =>
      each(told.pools, pools, 'pool', 'l2', name, 'pools'),
    ),
    ...Object.entries(story.bgp).flatMap(([name, told]) =>
      each(told.pools, pools, 'pool', 'bgp', name, 'pools'),
    ),
  ]
}
