import type { DaemonPod } from '../../core/cluster.ts'
import { at, text } from '../raw.ts'
import { isNamed, metaOf } from './meta.ts'
import { conditionOf } from './nodes.ts'

/** How the chart labels the daemons' Pods; that of `helm test` is called otherwise. */
export const DAEMON_LABEL = { 'app.kubernetes.io/name': 'arpcheck' } as const

export function daemonPodOf(object: unknown): DaemonPod | null {
  const node = text(at(object, 'spec', 'nodeName'))
  if (!isNamed(object) || !node) return null
  const { labels, createdAt } = metaOf(object)
  // a server that knows no selectors would hand over its neighbours too
  if (Object.entries(DAEMON_LABEL).some(([key, value]) => labels[key] !== value)) return null
  return { node, ready: conditionOf(object, 'Ready'), createdAt }
}
