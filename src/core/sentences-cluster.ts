import type { Somebody, Undecided } from './expectation.ts'
import type { Finding } from './findings.ts'
import type { ClusterCase } from './case.ts'
import type { Answer } from './round.ts'
import { askedText, byHand, finding, macsText, repliesText } from './sentences.ts'

/** What the findings say where a cluster tells who should answer: by node, with what was read and what was inferred. */

export function settling(item: ClusterCase): Finding {
  return finding('ARP902', `${item.vip}: who should answer changed while we asked`, {
    why: ['the cluster was read before and after the questions, and the two differ'],
    next: [`arpcheck ${item.vip}   (again, in half a minute)`],
  })
}

export function silent(item: ClusterCase, elected: Somebody): Finding {
  const dead = suspects(elected).filter((node) => item.silentNodes.has(node))
  if (dead.length > 0) return deadOwner(item, elected, dead)
  return finding('ARP101', `${item.vip} is not answered by anybody; ${nodesText(suspects(elected))} should`, {
    why: [...electedTexts(elected), askedText(item), hearsText(item)],
    next: [
      `kubectl -n ${item.expected.namespace} get pods -o wide`,
      `ip neigh show ${item.vip}`,
      byHand(item),
    ],
  })
}

function deadOwner(item: ClusterCase, elected: Somebody, dead: readonly string[]): Finding {
  return finding(
    'ARP102',
    `${item.vip} is not answered: ${nodesText(dead)} is elected, and its own address is silent too`,
    {
      why: [
        ...electedTexts(elected),
        askedText(item),
        hearsText(item),
        "candidates come from the speakers' member table, not from the pod list: deleting the dead pod changes nothing",
      ],
      next: ['kubectl get nodes', `kubectl -n ${item.expected.namespace} rollout restart daemonset/speaker`],
    },
  )
}

export function wrongNode(
  item: ClusterCase,
  elected: Somebody,
  node: string,
  answers: readonly Answer[],
): Finding {
  return finding('ARP201', `${item.vip} is answered by ${node}, not by ${nodesText(suspects(elected))}`, {
    why: [...electedTexts(elected), repliesText(item, answers)],
    next: [byHand(item)],
  })
}

export function severalNodes(item: ClusterCase, answers: readonly Answer[]): Finding {
  const names = answers.map(({ mac }) => item.macs.nodeOf.get(mac) ?? mac)
  return finding('ARP301', `${item.vip} is answered by ${nodesText([...new Set(names)])}`, {
    why: [
      ...answers.map((answer) => repliesText(item, [answer])),
      'clients stay with whichever reply came last: expect sessions to break',
    ],
    next: [byHand(item)],
  })
}

export function severalNics(item: ClusterCase, node: string, answers: readonly Answer[]): Finding {
  return finding('ARP302', `${item.vip} is answered by ${answers.length} NICs of ${node}`, {
    why: [macsText(answers), 'not a split brain, but traffic may change its path'],
    next: [byHand(item)],
  })
}

export function unexpected(item: ClusterCase, node: string, answers: readonly Answer[]): Finding {
  return finding('ARP201', `${item.vip} is answered by ${node}, but nobody should answer`, {
    why: [...refusalTexts(item), repliesText(item, answers)],
    next: [byHand(item)],
  })
}

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
export function noCandidate(item: ClusterCase): Finding[] {
  const shares = item.expected.elected.kind === 'undecided' ? [] : item.expected.elected.shares
  if (shares.every(({ refusal }) => refusal?.why === 'bgp-only')) return []
  return [
    finding('ARP104', `${item.vip} is announced by nobody: ${shares[0]?.refusal?.why ?? 'no candidate'}`, {
      why: refusalTexts(item),
      next: shares.map(({ service }) => describeService(service)),
    }),
  ]
}

function refusalTexts({ expected }: ClusterCase): string[] {
  if (expected.elected.kind === 'undecided') return []
  return expected.elected.shares.map(
    ({ service, refusal }) =>
      `${service}   ${refusal?.why ?? 'is announced'}${refusal?.what ? ` (${refusal.what})` : ''}`,
  )
}

/** How a vote is known. */
const HOW = {
  read: 'by the view of ',
  off: 'memberlist is off: ',
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
function electedTexts(all: Somebody): string[] {
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
  if (membership !== 'inferred') return `${HOW[membership]}${[...new Set(by)].join(', ')}`
  const voters = new Set(shares.flatMap(({ votes }) => votes.map((vote) => vote.by)))
  if ([...voters].every((name) => by.includes(name))) return 'whoever is counted (inferred)'
  const told = (name: string): string => IF[name.replace(BUT_SILENT, '') as keyof typeof IF]
  const whole = [...new Set(by.filter((name) => !BUT_SILENT.test(name)).map(told))]
  const isOnlyHeard = by.some((name) => BUT_SILENT.test(name) && !whole.includes(told(name)))
  return `if ${[...whole, ...(isOnlyHeard ? ['nodes that are heard'] : [])].join(' or ')} count (inferred)`
}

/** Whom somebody elects: those that should answer first. */
function suspects({ answerers, possible, shares }: Somebody): readonly string[] {
  if (answerers.length > 0) return answerers
  if (possible.length > 0) return possible
  return [...new Set(shares.flatMap(({ votes }) => votes.flatMap(({ elects }) => elects ?? [])))]
}

function hearsText({ interface: name }: ClusterCase): string {
  return `${name} does hear: other addresses answered in the same round`
}

function describeService(key: string): string {
  const [namespace, name] = key.split('/')
  return `kubectl -n ${namespace} describe service ${name}`
}

function nodesText(nodes: readonly string[]): string {
  return nodes.length < 3 ? nodes.join(' and ') : `${nodes.slice(0, -1).join(', ')} and ${nodes.at(-1)}`
}
