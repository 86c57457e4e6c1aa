import type { PeerTold } from '../memberlist-peer/told.ts'
import { keyOf } from './keys.ts'
import { viewOf, type ClusterNode, type Moment } from './moment.ts'

/** What a speaker's memberlist says: the view that it elects by; null where it has none. */
export function memberlistOf(speaker: ClusterNode, moment: Moment): PeerTold | null {
  const { story, nodes } = moment
  if (story.memberlist === 'off' || speaker.pod === 'absent') return null
  const { name, address, memberlist: fault } = speaker
  const addresses = new Map(nodes.map((node) => [node.name, node.address]))
  const members = viewOf(name, moment).toSorted()
  return {
    name,
    address,
    members: members.map((member) => ({ name: member, address: addresses.get(member)! })),
    conduct: fault === 'refused' || fault === 'silent' ? fault : 'honest',
    key: keyOf(speaker, story),
  }
}
