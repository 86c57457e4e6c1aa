import type { ClusterStory, Configuration } from './shape.ts'

/** Speaker → the configuration that it kept when the API got another. */
export type Kept = ReadonlyMap<string, Configuration>

/** A speaker that goes stale keeps what was valid before the change that makes it so, until it is told otherwise. */
export function keptAfter(kept: Kept, before: ClusterStory, after: ClusterStory): Kept {
  const stale = Object.entries(after.nodes).filter(([, { config }]) => config === 'stale')
  return new Map(stale.map(([name]) => [name, kept.get(name) ?? configurationOf(before)]))
}

function configurationOf({ pools, l2 }: ClusterStory): Configuration {
  return { pools, l2 }
}
