import { admit, type Admitted } from './allowances.ts'
import { nicsFor } from './ballot.ts'
import { isFrom } from './cast.ts'
import { isKernelHeard, nicsHeard } from './heard.ts'
import type { Knowledge } from './knowledge.ts'
import { hostsOf, macsOf } from '../hosts.ts'
import type { Scene } from './scene.ts'

/** An owner answers, and no other node: well, but for what may be remarked. */
export function rightTruth(scene: Scene, host: string, known: Knowledge): Admitted[] {
  const { read, isOff, owners } = known
  if (isUnknownWinner(scene, host, known))
    return [admit('mismatch', 'ARP201'), admit('ok', 'ARP903', 'unread-winner')]
  const [wrong, all] = [wrongNics(scene, host), nicsHeard(scene, host)]
  if (wrong.length === all.length) return [admit('mismatch', 'ARP204')]
  const isAssumed = isOff ? false : read.length > 0 ? !read.includes(host) : isRankedBelowGone(scene, host)
  const warnings = [
    // It works, by luck: the next owner will not be alone
    ...(isKernelHeard(scene, host) ? (['ARP304'] as const) : []),
    ...(new Set(nicsHeard(scene, host)).size > 1 ? (['ARP302'] as const) : []),
    ...(hasStaleRecord(scene, host) ? (['ARP202'] as const) : []),
    ...(isAssumed ? (['ARP903'] as const) : []),
    ...(remembersAnother(scene, host) ? (['ARP701'] as const) : []),
  ]
  const [first = null, ...others] = warnings
  const isWrittenTwice = owners.some((name) => name !== host) && isFrom(scene.ending.cluster, 0, 14, 4)
  const isOneOfOurs = owners.length > 1 && owners.includes(scene.ending.from)
  return [
    admit('ok', first),
    ...others.map((code) => admit('ok', code, 'both-hold')),
    ...(wrong.length > 0 ? [admit('mismatch', 'ARP204', 'both-hold')] : []),
    ...(isWrittenTwice ? [admit('ok', 'ARP202', 'two-records')] : []),
    ...(isOneOfOurs ? [admit('duplicate', 'ARP301', 'own-answer')] : []),
  ]
}

/** It elects itself by a view that cannot be read, and no view that can elects it: to all that is known it is wrong. */
function isUnknownWinner({ votes }: Scene, host: string, { read, isOff }: Knowledge): boolean {
  const isElected = votes.some(({ by, elects }) => elects === host && read.includes(by))
  return !isOff && read.length > 0 && !read.includes(host) && !isElected
}

/** NICs that it answers on and may not, where its NICs are known by name. */
function wrongNics(scene: Scene, host: string): string[] {
  const { ending, votes, nodes } = scene
  const { cluster } = ending
  const node = nodes.find(({ name }) => name === host)!
  const won = votes.filter(({ by, elects }) => by === host && elects === host)
  const lists = won.map(({ service }) => nicsFor(cluster.services[service]!, node, cluster))
  if (!node.isRecorded || lists.includes(null)) return []
  return nicsHeard(scene, host).filter((nic) => !lists.some((list) => list?.includes(nic)))
}

/** All that rank before it are gone, and one is. */
export function isRankedBelowGone({ ranks, ending }: Scene, host: string): boolean {
  return ranks.some((names) => {
    const better = names.slice(0, Math.max(0, names.indexOf(host)))
    return better.length > 0 && better.every((name) => ending.gone.has(name))
  })
}

/** The host that asks has another MAC in its neighbour table. */
function remembersAnother({ ending, vip }: Scene, host: string): boolean {
  const remembered = ending.hosts[ending.from]?.neighbours?.[vip]
  const macs = hostsOf(ending.hosts)
    .filter(({ name }) => name === host)
    .flatMap(macsOf)
  return remembered !== undefined && !macs.includes(remembered)
}

/** Releases from v0.14.4 on write a record; a story may say that it names somebody else. */
function hasStaleRecord({ ending, votes }: Scene, host: string): boolean {
  const { cluster } = ending
  const services = [...new Set(votes.map(({ service }) => service))]
  return isFrom(cluster, 0, 14, 4) && services.some((name) => (cluster.records[name] ?? host) !== host)
}
