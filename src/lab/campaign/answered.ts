import { admit, admitUnknown, type Admitted } from './allowances.ts'
import { isByKernel, type Heard } from './heard.ts'
import { knowledgeOf, type Knowledge } from './knowledge.ts'
import { isRankedBelowGone, rightTruth } from './right.ts'
import type { Scene } from './scene.ts'
import { severalTruth } from './several.ts'

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

function oneTruth(scene: Scene, host: string): Admitted[] {
  const known = knowledgeOf(scene)
  const { owners, isWanted } = known
  if (!isWanted) return wrongTruth('unexpected', scene, host)
  if (owners.includes(host)) return rightTruth(scene, host, known)
  return [...wrongTruth('mismatch', scene, host), ...mayBeRight(scene, host, known)]
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
