import { hostsOf } from '../hosts.ts'
import { admit, admitUnknown, type Admitted } from './allowances.ts'
import { isByKernel } from './heard.ts'
import { knowledgeOf } from './knowledge.ts'
import type { Scene } from './scene.ts'

/** Several nodes answer: kernels, views that differ, a shared address, or one that nobody elects. */
export function severalTruth(scene: Scene, hosts: readonly string[]): Admitted[] {
  const { owners, read, isOff } = knowledgeOf(scene)
  if (hosts.some((host) => isByKernel(scene, host)))
    return [admit('duplicate', 'ARP304'), ...(isNodeAddress(scene) ? [RELAYED] : [])]
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

const RELAYED = admitUnknown('answerer-unattributed', 'ARP903', 'relayed')

/** Whoever is elected for a node's own address answers for two nodes then. */
function isNodeAddress({ vip, ending }: Scene): boolean {
  return hostsOf(ending.hosts).some(({ address }) => address === vip)
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
