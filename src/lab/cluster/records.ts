import type { ApiObject } from '../api/kinds.ts'
import { nodeAssigned } from '../api/objects.ts'
import type { Announcing } from './elect.ts'
import { serviceKey, type Moment } from './moment.ts'

/** What speakers wrote down: Service → nodes whose record stands. */
export type Records = ReadonlyMap<string, readonly string[]>

/**
 * The records after an election. Whoever announces writes one and takes those of others away (from v0.16.0 on); the
 * record of a node that is gone stays until then. What the story says of a Service stands instead.
 */
export function recordsAfter(
  previous: Records,
  announced: ReadonlyMap<string, Announcing>,
  { story, life }: Moment,
): Records {
  return new Map(
    Object.keys(story.services).map((told) => {
      const { namespace, name } = serviceKey(told)
      const key = `${namespace}/${name}`
      const by = [...announced].flatMap(([node, { services }]) => (services.includes(key) ? node : []))
      const left = (previous.get(key) ?? []).filter((node) => life.off.has(node) || life.cut.has(node))
      const says = story.records[told]
      return [key, says !== undefined ? [says] : by.length > 0 ? by : left] as const
    }),
  )
}

/** The events of speakers that have begun to announce. */
export function eventsBetween(before: Records, after: Records, at: string): ApiObject[] {
  return [...after].flatMap(([key, nodes]) => {
    const { namespace, name } = serviceKey(key)
    const began = nodes.filter((node) => !before.get(key)?.includes(node))
    return began.map((node) => nodeAssigned(name, node, at, namespace))
  })
}
