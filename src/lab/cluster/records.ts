import type { ApiObject } from '../api/kinds.ts'
import { announceFailed, nodeAssigned } from '../api/objects.ts'
import type { Announcing } from './elect.ts'
import { NOTHING } from './follow.ts'
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

export type Announced = ReadonlyMap<string, Announcing>

/** Those whose word reaches the API: a node without a cable elects itself for everything, and tells nobody. */
export function heardOf(announced: Announced, { life }: Moment): Announced {
  return new Map([...announced].filter(([node]) => !life.cut.has(node)))
}

/**
 * The events of speakers that have begun to announce. Who won and has none of the named interfaces says both: that it
 * announces, and that it cannot (speaker/layer2_controller.go: SetBalancer).
 */
export function eventsBetween(before: Announced, after: Announced, at: string): ApiObject[] {
  return [...after].flatMap(([node, now]) => {
    const was = before.get(node) ?? NOTHING
    const began = wonBy(now).filter((key) => !wonBy(was).includes(key))
    const failed = now.failed.filter(({ ip }) => !was.failed.some((one) => one.ip === ip))
    return [
      ...began.map(serviceKey).map(({ name, namespace }) => nodeAssigned(name, node, at, namespace)),
      ...failed.map(({ service, ip }) => announceFailed(serviceKey(service), { node, ip, at })),
    ]
  })
}

function wonBy({ services, failed }: Announcing): string[] {
  return [...services, ...failed.map(({ service }) => service)]
}
