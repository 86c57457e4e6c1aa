import { atLeast, parseVersion, type Version } from '../../announcers/metallb/version.ts'
import { contains, prefixOf } from '../../core/ip.ts'
import { GATEWAY, hostsOf, linksOf, SUBNET_BITS } from '../hosts.ts'
import { nodesOf } from '../cluster/moment.ts'
import type { ClusterStory, Configuration } from '../cluster/shape.ts'
import type { Ending } from './ending.ts'

/** What has been noticed of a node that is gone: nothing; the speakers have dropped it; the API server has as well. */
export type Noticed = 'nothing' | 'dropped' | 'everything'

/** A node when the story ends: what it is, what its speaker believes, and what can be known of it from outside. */
export interface CastNode {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly isCordoned: boolean
  readonly isUnavailable: boolean
  /** Its own address answers where arpcheck asks. */
  readonly isHere: boolean
  /** It lives on another segment, so that nothing of it is heard. */
  readonly isFar: boolean
  /** Its speaker's process runs; its answers may still not come. */
  readonly runs: boolean
  /** Pools and advertisements that its speaker runs on, where these are not what the API holds. */
  readonly config: Configuration | null
  /** It announces what it elects itself for, and not what the story says. */
  readonly follows: boolean
  readonly isMuted: boolean
  readonly isDeaf: boolean
  /** It answers with a MAC that its NIC no longer has. */
  readonly isOutdated: boolean
  /** Its kernel hides the addresses of one NIC on the others, so that nobody can ask a MAC whose it is. */
  readonly hides: boolean
  /** Where its speaker listens, and where it answers. */
  readonly nics: readonly string[]
  readonly answersOn: readonly string[]
  /** arpcheck's daemons wrote down its NICs. */
  readonly isRecorded: boolean
  /** Whom its speaker counts. */
  readonly view: readonly string[]
  /** Whether arpcheck can read that view, and knows by which configuration it is used. */
  readonly isRead: boolean
}

/** The cluster's nodes, in the order of their names. */
export function castOf(ending: Ending, noticed: Noticed): CastNode[] {
  const { cluster, hosts, gone, muted } = ending
  const all = hostsOf(hosts)
  const listed = nodesOf(cluster, all).filter(({ removed }) => removed !== true)
  return listed.map((node) => {
    const { name, labels = {}, cordoned = false, networkUnavailable = false, pod, memberlist: fault } = node
    const host = all.find((one) => one.name === name)!
    const isMuted = muted.has(name)
    const isFar = !contains(HOME, host.address)
    // A process that is gone neither answers nor listens on its port
    const runs = !gone.has(name) && pod !== 'absent' && !(isMuted && fault === 'refused')
    const nics = linksOf(host).map((nic) => nic.name)
    return {
      name,
      labels,
      isCordoned: cordoned,
      isUnavailable: networkUnavailable,
      isHere: !gone.has(name) && !isFar,
      isFar,
      runs,
      config: configOf(name, ending),
      follows: host.follows,
      isMuted,
      isDeaf: host.speaker?.deaf === 'broadcast',
      isOutdated: host.speaker?.mac !== undefined,
      hides: host.arpIgnore > 0,
      nics,
      answersOn: host.speaker?.interfaces ?? nics,
      isRecorded: cluster.nics === true || (Array.isArray(cluster.nics) && cluster.nics.includes(name)),
      view: runs ? viewOf(name, ending, noticed) : [],
      isRead: runs && isRead(name, ending),
    }
  })
}

const HOME = prefixOf(GATEWAY, SUBNET_BITS)

export function isFrom({ metallb }: ClusterStory, ...gate: Version): boolean {
  return atLeast(parseVersion(metallb)!, gate)
}

function configOf(name: string, { cluster, kept }: Ending): Configuration | null {
  return cluster.nodes[name]?.config === 'none' ? { pools: {}, l2: {} } : (kept.get(name) ?? null)
}

/** What the story says, or else everybody who is there, has a speaker, and shares the key. */
function viewOf(name: string, { cluster, gone }: Ending, noticed: Noticed): readonly string[] {
  const told = cluster.views[name]
  if (told) return told
  const others = NODE_NAMES.filter((node) => {
    const { pod, removed } = cluster.nodes[node] ?? {}
    const isCounted = noticed === 'nothing' || !gone.has(node)
    return pod !== 'absent' && !removed && isCounted && keyOf(node, cluster) === keyOf(name, cluster)
  })
  return [...new Set([name, ...others])]
}

const NODE_NAMES = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']

function keyOf(name: string, { nodes, memberlist }: ClusterStory): string {
  const fault = nodes[name]?.memberlist
  if (memberlist === 'open' || fault === 'no-key') return 'none'
  return fault === 'wrong-key' ? 'another' : 'the Secret'
}

function isRead(name: string, { cluster, words }: Ending): boolean {
  if (cluster.memberlist === 'off' || words.join(' ').includes('--memberlist off')) return false
  const { memberlist: fault, config } = cluster.nodes[name] ?? {}
  // From v0.15.3 on a speaker says that its configuration is not what the API holds: nobody knows how it votes
  if (fault !== undefined || (config !== undefined && isFrom(cluster, 0, 15, 3))) return false
  return cluster.memberlist === 'open' || !cluster.denied.includes('memberlistKey')
}
