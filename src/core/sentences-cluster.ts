import type { ClusterCase } from './case.ts'
import { durationText } from './duration.ts'
import type { Somebody, Undecided } from './expectation.ts'
import type { Finding } from './findings.ts'
import { isClaimed } from './claims.ts'
import type { NodeFacts } from './nodes.ts'
import { lastRecord } from './records.ts'
import { REFUSED } from './refusal.ts'
import type { Answer } from './round.ts'
import { askedText, byHand, finding, macsText, repliesText } from './sentences.ts'
import { anyOf } from './text.ts'

/** What the findings say where a cluster tells who should answer: by node, with what was read and what was inferred. */

export function unattributed(item: ClusterCase, answers: readonly Answer[]): Finding {
  return finding(
    'ARP903',
    `${item.vip} is answered by ${macsText(answers)}, which no node could be found for`,
    {
      why: [
        repliesText(item, answers),
        'it may be another NIC of a node: that could be neither shown nor ruled out',
      ],
      next: [byHand(item)],
    },
  )
}

export function undecided(item: ClusterCase, { reason, what, alternatives }: Undecided): Finding {
  return finding('ARP903', `${item.vip}: who should answer is not known (${reason})`, {
    why: [what, ...(alternatives.length > 0 ? [`could be    ${alternatives.join(', ')}`] : [])],
    next: [],
  })
}

export function assumedOwner(item: ClusterCase, elected: Somebody, node: string): Finding {
  return finding(
    'ARP903',
    `${item.vip} is answered by ${node}, which is elected only if some things are assumed`,
    {
      why: electedTexts(elected),
      next: [],
    },
  )
}

export function assumedSilence(item: ClusterCase, elected: Somebody): Finding {
  return finding('ARP903', `${item.vip} is not answered, and it is not certain that anybody should`, {
    why: [...electedTexts(elected), askedText(item)],
    next: [],
  })
}

/** A VIP of a pool that is advertised by BGP alone is silent by design; any other was meant to be answered. */
export function noCandidate(item: ClusterCase): Finding {
  const shares = item.expected.elected.kind === 'undecided' ? [] : item.expected.elected.shares
  const isByDesign = shares.length > 0 && shares.every(({ refusal }) => refusal?.why === 'bgp-only')
  const found = finding('ARP104', `${item.vip} is announced by nobody: ${whyNobody(item)}`, {
    why: [...refusalTexts(item), ...excludedTexts(item)],
    next: isByDesign ? [] : shares.map(({ service }) => describeService(service)),
  })
  return isByDesign ? { ...found, severity: 'info' } : found
}

/** In words, by the first filter that fails; a Local policy is named where it leaves no node. */
export function whyNobody({ expected: { elected }, side }: ClusterCase): string {
  const share = elected.kind === 'undecided' ? undefined : elected.shares[0]
  const why = share?.refusal?.why ?? 'no-candidate'
  const isLocal = why === 'no-candidate' && side?.excluded.some((one) => one.why === 'no-local-endpoint')
  return isLocal ? LOCAL : REFUSED[why]
}

const LOCAL = 'its endpoints are on no node that may announce it (externalTrafficPolicy Local)'

/** More of them are told by `explain`. */
const EXCLUDED = 4

function excludedTexts({ side, expected: { elected } }: ClusterCase): string[] {
  if (elected.kind !== 'nobody' || elected.shares.some(({ refusal }) => refusal?.why !== 'no-candidate'))
    return []
  const all = (side?.excluded ?? []).map(({ node, why }) => `${node} ${why}`)
  const more = all.length > EXCLUDED ? `, and ${all.length - EXCLUDED} more` : ''
  return all.length === 0 ? [] : [fact('excluded', `${all.slice(0, EXCLUDED).join(', ')}${more}`, 'seen')]
}

export function refusalTexts({ expected }: ClusterCase): string[] {
  if (expected.elected.kind === 'undecided') return []
  return expected.elected.shares.map(
    ({ service, refusal }) =>
      `${service}   ${refusal?.why ?? 'is announced'}${refusal?.what ? `: ${refusal.what}` : ''} (seen)`,
  )
}

/** How a vote is known. */
const HOW = {
  read: 'by the view of ',
  inferred: 'if ',
  given: 'by the cluster: ',
} as const

/** Who counts as a member under each hypothesis; each is also tried without the nodes that kept silent. */
const IF = {
  'pods-listed': 'all listed speakers',
  'pods-ready': 'Ready speakers',
  'nodes-ready': 'Ready nodes',
} as const
const BUT_SILENT = /-but-silent$/

/** One line for each winner: whose vote, and whether it was read or inferred. */
export function electedTexts(all: Somebody): string[] {
  const { answerers, shares, membership } = all
  const given = membership === 'given' ? [`expected    ${answerers.join(', ')} (given)`] : []
  const winners = new Map<string, string[]>()
  for (const { by, elects } of shares.flatMap(({ votes }) => votes)) {
    if (elects !== null) winners.set(elects, [...(winners.get(elects) ?? []), by])
  }
  const elected = [...winners].map(([node, by]) => `elected     ${node}  ${votersText(by, all)}`)
  return [...given, ...elected]
}

function votersText(by: readonly string[], { membership, shares }: Somebody): string {
  if (membership === 'off') return 'memberlist is off: every node counts (seen)'
  if (membership !== 'inferred') return `${HOW[membership]}${someOf([...new Set(by)])} (seen)`
  const voters = new Set(shares.flatMap(({ votes }) => votes.map((vote) => vote.by)))
  if ([...voters].every((name) => by.includes(name))) return 'whoever is counted (inferred)'
  const told = (name: string): string => IF[name.replace(BUT_SILENT, '') as keyof typeof IF]
  const whole = [...new Set(by.filter((name) => !BUT_SILENT.test(name)).map(told))]
  const isOnlyHeard = by.some((name) => BUT_SILENT.test(name) && !whole.includes(told(name)))
  return `if ${[...whole, ...(isOnlyHeard ? ['nodes that are heard'] : [])].join(' or ')} count (inferred)`
}

/** A few names, and how many more. */
function someOf(names: readonly string[]): string {
  return names.length > NAMED
    ? `${names.slice(0, NAMED).join(', ')} and ${names.length - NAMED} more`
    : names.join(', ')
}
const NAMED = 5

/** One line of evidence: what it is about, what it says, and whether it was seen or inferred. */
export function fact(label: string, text: string, how?: 'seen' | 'inferred'): string {
  return `${label.padEnd(10)}  ${text}${how ? ` (${how})` : ''}`
}

export function hearsText({ interface: name }: ClusterCase): string {
  return `${name} does hear: other addresses answered in the same round (seen)`
}

/** What MetalLB wrote down last; nothing where it wrote nothing that could be read. */
export function recordedTexts({ side }: ClusterCase): string[] {
  const last = side && lastRecord(side.records)
  if (!last) return []
  const age = last.ageMs === null ? '' : `, ${durationText(last.ageMs)} old`
  const orphaned = side.records.statuses[0]?.orphaned && last.what === 'ServiceL2Status'
  return [
    fact(
      'recorded',
      `${namesText(last.nodes)}  ${last.what}${age}${orphaned ? ', its writer is gone' : ''}`,
      'seen',
    ),
  ]
}

/** Who says that it announces; nothing where no metrics were read. */
export function claimedTexts({ nodes, vip }: ClusterCase): string[] {
  const asked = [...nodes.values()].filter(({ metrics }) => metrics !== null)
  if (asked.length === 0) return []
  const claiming = asked.filter(({ metrics }) => isClaimed(metrics!.after, vip)).map(({ name }) => name)
  if (claiming.length > 0)
    return [fact('claimed', `${namesText(claiming)}  metallb_speaker_announced`, 'seen')]
  return [
    fact(
      'claimed',
      `no one  ${asked.length} of ${asked.length} speakers that were asked say: not mine`,
      'seen',
    ),
  ]
}

function describeService(key: string): string {
  const [namespace, name] = key.split('/')
  return `kubectl -n ${namespace} describe service ${name}`
}

/** The speaker pods of these nodes, by name. */
export function podsOf(names: readonly string[], nodes: ReadonlyMap<string, NodeFacts>): string[] {
  return names.flatMap((name) => nodes.get(name)?.pods ?? []).map((pod) => pod.name)
}

export function restart(namespace: string, pod: string): string {
  return `kubectl -n ${namespace} delete pod ${pod}   (starts this one speaker again)`
}

export function namesText(names: readonly string[]): string {
  return anyOf(names, 'and')
}
