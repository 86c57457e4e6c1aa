import { nicsFor } from './ballot.ts'
import { hostsOf, macsOf } from '../hosts.ts'
import { isFrom } from './cast.ts'
import { admit, admitUnknown, type Admitted } from './allowances.ts'
import { knowledgeOf, type Knowledge } from './knowledge.ts'
import type { Heard, Scene } from './scene.ts'

/** A VIP that somebody answers: is it the right one, the only one, a node at all? */
export function answeredTruth(scene: Scene): Admitted[] {
  const { answers, nodes } = scene
  const names = nodes.map(({ name }) => name)
  const strangers = answers.filter(({ host, as }) => as === 'proxy' || !names.includes(host))
  if (strangers.length > 0 && isProven(scene, strangers)) return [admit('foreign', 'ARP401')]
  const ours = answers.filter((answer) => !strangers.includes(answer))
  const hosts = [...new Set(ours.map(({ host }) => host))]
  if (hosts.length > 1) return severalTruth(scene, hosts)
  if (strangers.length > 0 || hidesNics(scene, ours)) return [admitUnknown('answerer-unattributed', 'ARP903')]
  return oneTruth(scene, hosts[0]!)
}

/**
 * No node has the MAC: each that lives says so when it is asked, unless its kernel hides what its other NICs hold, or it
 * lives on another segment; or its NICs are known.
 */
function isProven({ nodes, ending }: Scene, strangers: readonly Heard[]): boolean {
  const asked = ending.words.filter((word) => word === '--must-be-free').length
  if (asked > 1 && strangers.some(({ as }) => as === 'proxy')) return true
  return nodes.every(({ name, isFar, isHere, hides, isRecorded }) => {
    return isRecorded || name === ending.from || (!isFar && !(isHere && hides))
  })
}

/** A second NIC of such a node is nobody's, as far as can be told. */
function hidesNics({ nodes, ending }: Scene, ours: readonly Heard[]): boolean {
  return ours.some(({ host, nics }) => {
    const node = nodes.find(({ name }) => name === host)!
    return node.hides && !node.isRecorded && host !== ending.from && nics.length > 1
  })
}

function severalTruth(scene: Scene, hosts: readonly string[]): Admitted[] {
  const { owners, read, isOff } = knowledgeOf(scene)
  if (hosts.some((host) => isByKernel(scene, host))) return [admit('duplicate', 'ARP304')]
  const extra = hosts.filter((host) => !owners.includes(host))
  const isOdd = extra.some((host) => !scene.ranks.flat().includes(host))
  if (extra.length === 0 && sharesDisagree(scene, hosts)) return [admit('duplicate', 'ARP305')]
  const isUnread = read.length > 0 && hosts.some((host) => !read.includes(host))
  if (extra.length === 0)
    return [
      admit('duplicate', 'ARP301'),
      ...(isUnread ? [admit('duplicate', 'ARP201', 'unread-winner')] : []),
    ]
  if (read.length === 0 && !isOff) return [admit('duplicate', 'ARP301')]
  return [
    admit('duplicate', 'ARP201'),
    ...(isOff ? [admit('duplicate', 'ARP301', 'no-views')] : []),
    ...(isOdd ? [admit('duplicate', 'ARP304', 'no-candidate')] : []),
  ]
}

/** Every view agrees on one node for each Service, and the Services that share the address have different ones. */
function sharesDisagree({ votes }: Scene, hosts: readonly string[]): boolean {
  const services = [...new Set(votes.map(({ service }) => service))]
  const winners = services.map((name) => [
    ...new Set(votes.flatMap((vote) => (vote.service === name && vote.elects ? vote.elects : []))),
  ])
  const held = winners.filter((names) => names.length > 0)
  return held.every((names) => names.length === 1) && new Set(held.flat()).size === hosts.length
}

function oneTruth(scene: Scene, host: string): Admitted[] {
  const known = knowledgeOf(scene)
  const { owners, isWanted } = known
  if (!isWanted) return wrongTruth('unexpected', scene, host)
  if (owners.includes(host)) return rightTruth(scene, host, known)
  return [...wrongTruth('mismatch', scene, host), ...mayBeRight(scene, host, known)]
}

function nicsOf({ answers }: Scene, host: string): string[] {
  return answers.flatMap((answer) => (answer.host === host ? answer.nics : []))
}

/** NICs that it answers on and may not, where its NICs are known by name. */
function wrongNics(scene: Scene, host: string): string[] {
  const { ending, votes, nodes } = scene
  const { cluster } = ending
  const node = nodes.find(({ name }) => name === host)!
  const won = votes.filter(({ by, elects }) => by === host && elects === host)
  const lists = won.map(({ service }) => nicsFor(cluster.services[service]!, node, cluster))
  if (!node.isRecorded || lists.includes(null)) return []
  return nicsOf(scene, host).filter((nic) => !lists.some((list) => list?.includes(nic)))
}

function rightTruth(scene: Scene, host: string, known: Knowledge): Admitted[] {
  const { read, isOff, owners } = known
  if (isUnknownWinner(scene, host, known))
    return [admit('mismatch', 'ARP201'), admit('ok', 'ARP903', 'unread-winner')]
  const [wrong, all] = [wrongNics(scene, host), nicsOf(scene, host)]
  if (wrong.length === all.length) return [admit('mismatch', 'ARP204')]
  const isAssumed = isOff ? false : read.length > 0 ? !read.includes(host) : isRankedBelowGone(scene, host)
  const warnings = [
    // It works, by luck: the next owner will not be alone
    ...(isKernelHeard(scene, host) ? (['ARP304'] as const) : []),
    ...(new Set(nicsOf(scene, host)).size > 1 ? (['ARP302'] as const) : []),
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

function wrongTruth(verdict: 'unexpected' | 'mismatch', scene: Scene, host: string): Admitted[] {
  if (isByKernel(scene, host)) return [admit(verdict, 'ARP304')]
  const isCandidate = scene.ranks.flat().includes(host)
  return [admit(verdict, 'ARP201'), ...(isCandidate ? [] : [admit(verdict, 'ARP304', 'no-candidate')])]
}

/** What cannot be known may be right: its own view says so, or it wins where the silent ones do not count. */
function mayBeRight(scene: Scene, host: string, { read, isOff }: Knowledge): Admitted[] {
  if (isOff || read.includes(host)) return []
  const isElected = scene.votes.some(({ by, elects }) => elects === host && read.includes(by))
  if (read.length > 0) return isElected ? [admit('ok', 'ARP903', 'unread-winner')] : []
  return isRankedBelowGone(scene, host) ? [admit('ok', 'ARP903', 'unread-mismatch')] : []
}

/** All that rank before it are gone, and one is. */
function isRankedBelowGone({ ranks, ending }: Scene, host: string): boolean {
  return ranks.some((names) => {
    const better = names.slice(0, Math.max(0, names.indexOf(host)))
    return better.length > 0 && better.every((name) => ending.gone.has(name))
  })
}

function isKernelHeard({ answers }: Scene, host: string): boolean {
  return answers.some((answer) => answer.host === host && answer.as === 'kernel')
}

function isByKernel({ answers }: Scene, host: string): boolean {
  const own = answers.filter((answer) => answer.host === host)
  return own.every(({ as }) => as === 'kernel')
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
