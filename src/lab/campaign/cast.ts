import { atLeast, parseVersion, type Version } from '../../announcers/metallb/version.ts'
import { hostsOf } from '../hosts.ts'
import { nodesOf } from '../cluster/moment.ts'
import type { ClusterStory } from '../cluster/shape.ts'
import type { Ending } from './ending.ts'

/** A node when the story ends: what it is, what its speaker believes, and what can be known of it from outside. */
export interface CastNode {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly isCordoned: boolean
  /** Its own address answers where arpcheck asks. */
  readonly isHere: boolean
  /** Its speaker's process runs; its answers may still not come. */
  readonly runs: boolean
  /** It has loaded pools and advertisements; without any it is a member, and announces nothing. */
  readonly isConfigured: boolean
  /** It announces what it elects itself for, and not what the story says. */
  readonly follows: boolean
  readonly isMuted: boolean
  readonly isDeaf: boolean
  /** Its kernel hides the addresses of one NIC on the others, so that nobody can ask a MAC whose it is. */
  readonly hides: boolean
  readonly nics: readonly string[]
  /** Whom its speaker counts. */
  readonly view: readonly string[]
  /** Whether arpcheck can read that view. */
  readonly isRead: boolean
}

/** The cluster's nodes, in the order of their names. */
export function castOf(ending: Ending): CastNode[] {
  const { cluster, hosts, gone, muted } = ending
  const all = hostsOf(hosts)
  return nodesOf(cluster, all).map((node) => {
    const { name, labels = {}, cordoned = false, pod, memberlist: fault, config } = node
    const host = all.find((one) => one.name === name)!
    const isMuted = muted.has(name)
    const isHere = !gone.has(name)
    // A process that is gone neither answers nor listens on its port
    const runs = isHere && pod !== 'absent' && !(isMuted && fault === 'refused')
    return {
      name,
      labels,
      isCordoned: cordoned,
      isHere,
      runs,
      isConfigured: config !== 'none',
      follows: host.follows,
      isMuted,
      isDeaf: host.speaker?.deaf !== undefined,
      hides: host.arpIgnore > 0,
      nics: host.nics.map((nic) => nic.name),
      view: runs ? viewOf(name, ending) : [],
      isRead: runs && isRead(name, ending),
    }
  })
}

export function isFrom({ metallb }: ClusterStory, ...gate: Version): boolean {
  return atLeast(parseVersion(metallb)!, gate)
}

/** What the story says, or else everybody who is there, has a speaker, and shares the key. */
function viewOf(name: string, { cluster, gone }: Ending): readonly string[] {
  const told = cluster.views[name]
  if (told) return told
  const others = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4'].filter((node) => {
    const { pod } = cluster.nodes[node] ?? {}
    return pod !== 'absent' && !gone.has(node) && keyOf(node, cluster) === keyOf(name, cluster)
  })
  return [...new Set([name, ...others])]
}

function keyOf(name: string, { nodes, memberlist }: ClusterStory): string {
  const fault = nodes[name]?.memberlist
  if (memberlist === 'open' || fault === 'no-key') return 'none'
  return fault === 'wrong-key' ? 'another' : 'the Secret'
}

function isRead(name: string, { cluster, words }: Ending): boolean {
  if (cluster.memberlist === 'off' || words.join(' ').includes('--memberlist off')) return false
  if (cluster.nodes[name]?.memberlist !== undefined) return false
  return cluster.memberlist === 'open' || !cluster.denied.includes('memberlistKey')
}
