import { gossipOf } from '../announcers/metallb/gossip.ts'
import type { CheckEdges } from '../check.ts'
import type { ClusterSnapshot } from '../core/cluster.ts'
import { viewsOf } from '../core/views.ts'
import type { ViewsReading } from '../elected.ts'
import { ArpcheckError } from '../errors.ts'
import type { SpeakerViews } from '../speaker-views.ts'
import type { Settings } from './flags.ts'
import { unreadText } from './screens/members-unread.ts'

export type Memberlist = Settings['memberlist']

/** What a check takes of the speakers' views; with `require` it throws an ArpcheckError where there is none to read. */
export function readViewsFor({ read }: SpeakerViews, memberlist: Memberlist): Pick<CheckEdges, 'readViews'> {
  if (memberlist === 'off') return {}
  if (memberlist === 'auto') return { readViews: read }
  return {
    readViews: async (cluster, signal) => {
      const views = await read(cluster, signal)
      if (!signal.aborted) requireView(cluster, views)
      return views
    },
  }
}

/** Where memberlist is off there is nothing to read, and nothing missing. */
function requireView(cluster: ClusterSnapshot, views: ViewsReading | null): void {
  const readings = views?.readings ?? []
  if (gossipOf(cluster).memberlist === 'off' || viewsOf(readings).length > 0) return
  throw new ArpcheckError('members-unread', `No speaker's member list could be read: ${whyNot(readings)}.`, {
    remedy: [
      'Each one, and why it could not be read:  arpcheck members',
      'With --memberlist auto members are inferred from what Kubernetes knows, and the report says so.',
    ],
  })
}

/** The first one stands for all: their causes are mostly one. */
function whyNot(readings: ViewsReading['readings']): string {
  const [first, ...more] = readings
  if (!first || first.reading.kind === 'view') return 'no speaker is known'
  const others = more.length > 0 ? `, and ${more.length} more` : ''
  return `${first.speaker.name} (${unreadText(first.reading)})${others}`
}
