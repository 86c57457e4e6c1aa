import type { SpeakerDaemonSet, SpeakerPod, SpeakerSettings } from '../../core/cluster.ts'
import { parseIp } from '../../core/ip.ts'
import { at, list, number, text, texts, time } from '../raw.ts'
import { changedAt, isNamed, metaOf, SPEC } from './meta.ts'
import { conditionOf } from './nodes.ts'

/** How MetalLB labels its speakers: the manifests' way and the chart's. */
export const SPEAKER_LABELS = [
  { app: 'metallb', component: 'speaker' },
  { 'app.kubernetes.io/name': 'metallb', 'app.kubernetes.io/component': 'speaker' },
] as const satisfies readonly Readonly<Record<string, string>>[]

const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed'] as const

export function speakerPodOf(object: unknown): SpeakerPod | null {
  const { namespace, name, createdAt, deletedAt } = metaOf(object)
  if (!isNamed(object) || !isSpeaker(object)) return null
  const status = at(object, 'status')
  const phase = PHASES.find((known) => known === at(status, 'phase'))
  return {
    namespace,
    name,
    nodeName: text(at(object, 'spec', 'nodeName')) || null,
    podIp: parseIp(text(at(status, 'podIP')) ?? '') ?? null,
    phase: phase ?? 'Unknown',
    ready: conditionOf(object, 'Ready'),
    daemonSet: ownerOf(object, 'DaemonSet'),
    createdAt,
    startedAt: startedAt(status, containerOf(at(object, 'spec'))),
    deletedAt,
    ...settingsOf(at(object, 'spec')),
  }
}

export function speakerDaemonSetOf(object: unknown): SpeakerDaemonSet | null {
  if (!isNamed(object) || !isSpeaker(object)) return null
  const { namespace, name, labels } = metaOf(object)
  const status = at(object, 'status')
  return {
    namespace,
    name,
    labels,
    updated: number(at(status, 'updatedNumberScheduled')) ?? 0,
    desired: number(at(status, 'desiredNumberScheduled')) ?? 0,
    changedAt: changedAt(object, SPEC),
    ...settingsOf(at(object, 'spec', 'template', 'spec')),
  }
}

function isSpeaker(object: unknown): boolean {
  const { labels } = metaOf(object)
  return SPEAKER_LABELS.some((wanted) =>
    Object.entries(wanted).every(([key, value]) => labels[key] === value),
  )
}

/** Name of the owner of this kind. */
export function ownerOf(object: unknown, kind: string): string | null {
  const owners = list(at(object, 'metadata', 'ownerReferences'))
  return text(
    at(
      owners.find((owner) => at(owner, 'kind') === kind),
      'name',
    ),
  )
}

/** The chart runs FRR's containers beside it; the speaker's own is called `speaker`, or is the first. */
function containerOf(podSpec: unknown): unknown {
  const containers = list(at(podSpec, 'containers'))
  return containers.find((container) => at(container, 'name') === 'speaker') ?? containers[0]
}

function settingsOf(podSpec: unknown): SpeakerSettings {
  const container = containerOf(podSpec)
  const env = list(at(container, 'env')).map((entry) => [
    text(at(entry, 'name')) ?? '',
    at(entry, 'valueFrom') === undefined ? (text(at(entry, 'value')) ?? '') : null,
  ])
  return {
    image: text(at(container, 'image')) ?? '',
    // A command's first word is the program; Go's flags would end there.
    args: [...texts(at(container, 'command')).slice(1), ...texts(at(container, 'args'))],
    env: Object.fromEntries(env),
  }
}

function startedAt(status: unknown, container: unknown): number | null {
  const statuses = list(at(status, 'containerStatuses'))
  const own = statuses.find((entry) => at(entry, 'name') === at(container, 'name'))
  return time(at(own, 'state', 'running', 'startedAt'))
}
