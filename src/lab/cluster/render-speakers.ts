import { atLeast, parseVersion } from '../../announcers/metallb/version.ts'
import type { ApiObject } from '../api/kinds.ts'
import * as api from '../api/objects.ts'
import { speakerArgs, type ClusterNode, type Moment } from './moment.ts'
import { timeText } from './time.ts'

/** The speakers' DaemonSet, its pods, and what the newer of them say of their configuration. */
export function speakerObjects(moment: Moment): ApiObject[] {
  const { nodes, story } = moment
  const withPod = nodes.filter(({ pod }) => pod !== 'absent')
  const reporting = withPod.filter(({ version }) => atLeast(parseVersion(version)!, [0, 15, 3]))
  return [
    api.speakerDaemonSet({
      version: story.metallb,
      nodes: withPod.length,
      args: speakerArgs(story, story.metallb),
    }),
    ...withPod.map((node) => podObject(node, moment)),
    ...reporting.map(({ name, config }) => api.configurationState(name, ...stateOf(config))),
  ]
}

/** A speaker whose reload failed goes on with what it has, and says that it could not (internal/k8s/controllers). */
function stateOf(config: ClusterNode['config']): [result: string, errorSummary: string] {
  return config === undefined ? ['Valid', ''] : ['Invalid', 'configuration rejected: not applied']
}

/** A deleted pod is followed by a new one; on a dead node it is only marked, since nobody there can end it. */
function podObject({ name, address, version, pod }: ClusterNode, { life, story }: Moment): ApiObject {
  const [deleted, off, unheard] = [life.deleted.get(name), life.off.get(name), life.unheard.get(name)]
  const isNew = deleted !== undefined && deleted < (off ?? Infinity)
  const object = api.speakerPod({
    node: name,
    ip: address,
    version,
    args: speakerArgs(story, version),
    ready: pod === 'ready' && unheard === undefined,
    ...(isNew && { startedAt: timeText(deleted) }),
  })
  const { metadata } = object
  return {
    ...object,
    metadata: {
      ...metadata,
      name: isNew ? `${metadata.name}-2` : metadata.name,
      ...(deleted !== undefined && !isNew && { deletionTimestamp: timeText(deleted) }),
    },
    ...(unheard !== undefined && { status: unheardStatus(object, unheard) }),
  }
}

/** The pod stays Running as far as the API knows; its readiness is taken away (node lifecycle controller). */
function unheardStatus({ status }: ApiObject, sinceMs: number): object {
  const condition = { type: 'Ready', status: 'False', lastTransitionTime: timeText(sinceMs) }
  return { ...(status as object), conditions: [condition] }
}
