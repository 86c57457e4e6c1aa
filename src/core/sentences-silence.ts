import type { ClusterCase } from './case.ts'
import { durationText } from './duration.ts'
import { suspectsOf, type Somebody } from './expectation.ts'
import type { Finding } from './findings.ts'
import { isReady, type NodeFacts } from './nodes.ts'
import {
  claimedTexts,
  electedTexts,
  fact,
  hearsText,
  namesText,
  podsOf,
  recordedTexts,
  restart,
} from './sentences-cluster.ts'
import { askedText, byHand, finding } from './sentences.ts'

/** What is said where nobody answers: who should, why nobody does, what to try. */

/** A finer cause of silence that something shows. */
export type Clue =
  | { readonly kind: 'no-speaker'; readonly node: NodeFacts }
  | { readonly kind: 'unclaimed'; readonly node: NodeFacts }
  | { readonly kind: 'no-interface'; readonly node: NodeFacts; readonly named: readonly string[] }
  | { readonly kind: 'announce-failed'; readonly node: NodeFacts; readonly ageMs: number | null }
  | { readonly kind: 'config'; readonly node: NodeFacts; readonly why: string }
  | {
      readonly kind: 'counters'
      readonly node: NodeFacts
      readonly requests: number
      readonly responses: number
    }

export interface DeadOwner {
  readonly dead: readonly string[]
  /** Next in line; null: no other candidate is alive. */
  readonly successor: NodeFacts | null
}

export function deadOwner(item: ClusterCase, elected: Somebody, { dead, successor }: DeadOwner): Finding {
  const { vip, nodes } = item
  const counts = successor ? countsText(successor, dead) : null
  const why = counts ? `, and ${successor!.name}, next in line, ${counts.short}` : ''
  return finding('ARP102', `${vip} is not answered: ${namesText(dead)} is elected but dead${why}`, {
    why: [
      ...electedTexts(elected),
      ...(successor
        ? [successorText(elected, successor, counts)]
        : [fact('next', 'no other node may announce it')]),
      ...recordedTexts(item),
      ...claimedTexts(item),
      ...silenceTexts(item),
      ...dead.flatMap((name) => deathTexts(nodes.get(name))),
      ...overdueTexts(item, elected, dead),
      ...(elected.membership === 'off'
        ? ['memberlist is off: a dead node stays elected while its Node object exists (metallb #3116)']
        : [
            "candidates come from the speakers' member table, not from the pod list: deleting the dead pod changes nothing",
          ]),
    ],
    next: elected.membership === 'off' ? offSteps(dead) : memberSteps(item, successor),
  })
}

interface Counts {
  readonly short: string
  readonly long: string
}

/** What the successor's own view says of the dead: the reason why it does not take over. */
function countsText({ reading }: NodeFacts, dead: readonly string[]): Counts | null {
  if (reading?.kind !== 'view') return null
  const held = reading.members.filter(
    ({ name, state }) => dead.includes(name) && state !== 'dead' && state !== 'left',
  )
  if (held.length === 0) return null
  const names = held.map(({ name, state }) => `${name} (${state})`)
  return {
    short: `still counts it as a member`,
    long: `would answer, but its own view still holds ${namesText(names)}`,
  }
}

function successorText({ membership }: Somebody, { name }: NodeFacts, counts: Counts | null): string {
  if (counts) return fact('next', `${name}  ${counts.long}`, 'seen')
  if (membership === 'off') return fact('next', `${name}  would answer if the dead node were no candidate`)
  return fact('next', `${name}  most likely it still counts the dead node as a member`, 'inferred')
}

/** What shows that a node is dead, and what Kubernetes says of it. */
function deathTexts(node: NodeFacts | undefined): string[] {
  if (!node) return []
  const { name, ip, address, echo, ready, pods } = node
  const tried = [...(address === 'silent' ? ['ARP'] : []), ...(echo === 'silent' ? ['ICMP echo'] : [])]
  return [
    fact(name, `its own address ${ip} is silent too, to ${tried.join(' and ')}; ${readyText(ready)}`, 'seen'),
    ...pods.map((pod) =>
      fact(
        '',
        `its pod ${pod.name} is still listed (${pod.deletedAt === null ? pod.phase : 'Terminating'})`,
        'seen',
      ),
    ),
  ]
}

function readyText(ready: NodeFacts['ready']): string {
  if (ready === null) return 'whether its Node is Ready is not known'
  return isReady(ready) ? 'its Node is Ready still' : 'its Node is NotReady'
}

/** How long memberlist takes, beside how long it has been. */
function overdueTexts(
  { nodes, expected: { timing, takenAt } }: ClusterCase,
  { membership }: Somebody,
  dead: readonly string[],
): string[] {
  const since = dead
    .flatMap((name) => nodes.get(name)?.ready ?? [])
    .filter((ready) => !isReady(ready))
    .flatMap((ready) => ready.since ?? [])
  const { failoverMaxMs } = timing
  if (membership === 'off' || failoverMaxMs === null || since.length === 0) return []
  const agoMs = takenAt - Math.max(...since)
  if (agoMs < failoverMaxMs) return []
  return [
    `memberlist drops a dead member within ${durationText(failoverMaxMs)} here; it has been ${durationText(agoMs)}`,
  ]
}

function memberSteps(
  { expected: { namespace, daemonSet } }: ClusterCase,
  successor: NodeFacts | null,
): string[] {
  const pod = successor?.pods[0]?.name
  return [
    ...(pod === undefined
      ? []
      : [`kubectl -n ${namespace} delete pod ${pod}   (${successor!.name}, next in line)`]),
    `kubectl -n ${namespace} rollout restart daemonset/${daemonSet}`,
  ]
}

function offSteps(dead: readonly string[]): string[] {
  return [
    'kubectl get nodes',
    ...dead.map(
      (name) => `kubectl label node ${name} node.kubernetes.io/exclude-from-external-load-balancers=`,
    ),
  ]
}

export function ownerOffSegment(item: ClusterCase, elected: Somebody, away: readonly string[]): Finding {
  const { vip, nodes, interface: nic } = item
  return finding(
    'ARP108',
    `${vip} is not answered: ${namesText(away)} is elected, and has no interface on this segment`,
    {
      why: [
        ...electedTexts(elected),
        ...silenceTexts(item),
        ...away.flatMap((name) => awayTexts(nodes.get(name), nic)),
      ],
      next: [
        `arpcheck explain ${vip}`,
        `kubectl -n ${item.expected.namespace} get l2advertisements -o yaml   (nodeSelectors keep a node out)`,
      ],
    },
  )
}

function awayTexts(node: NodeFacts | undefined, nic: string): string[] {
  if (!node) return []
  const { name, ip, echo, nics } = node
  const alive = echo === 'alive' ? [fact(name, `alive: ${ip} answers ICMP echo`, 'seen')] : []
  if (nics === null)
    return [...alive, fact(name, `${ip ?? 'no address'} is not in the subnet of ${nic}`, 'inferred')]
  const all = nics.flatMap(({ name: own, addresses }) =>
    addresses.map(({ ip: one, bits }) => `${own} ${one}/${bits}`),
  )
  return [
    ...alive,
    fact(name, `none of its interfaces is in the subnet of ${nic}: ${all.join(', ')}`, 'seen'),
  ]
}

export function noClaimant(item: ClusterCase, elected: Somebody, clues: readonly Clue[]): Finding {
  const should = namesText(suspectsOf(elected))
  const message = `${item.vip} is not answered, and no speaker says that it announces it; ${should} should`
  return finding('ARP103', message, words(item, elected, clues))
}

export function silent(item: ClusterCase, elected: Somebody, clues: readonly Clue[]): Finding {
  const cause = clues.map(causeText).find((text) => text !== null)
  const should = cause ? `: ${cause}` : `; ${namesText(suspectsOf(elected))} should`
  return finding('ARP101', `${item.vip} is not answered by anybody${should}`, words(item, elected, clues))
}

/** The four truths, then what is seen of the cause. */
function words(item: ClusterCase, elected: Somebody, clues: readonly Clue[]): Pick<Finding, 'why' | 'next'> {
  return {
    why: [
      ...electedTexts(elected),
      ...recordedTexts(item),
      ...claimedTexts(item),
      ...silenceTexts(item),
      ...clues.flatMap(clueTexts),
    ],
    next: steps(item, suspectsOf(elected), clues),
  }
}

function silenceTexts(item: ClusterCase): string[] {
  return [`${askedText(item)} (seen)`, hearsText(item)]
}

/** The cause in the message's own sentence. */
function causeText(clue: Clue): string | null {
  const { name } = clue.node
  if (clue.kind === 'no-speaker') return `${name} is elected and alive, but its speaker does not run`
  if (clue.kind === 'announce-failed' || clue.kind === 'no-interface')
    return `${name} is elected, and none of the interfaces that it may use is there and up`
  if (clue.kind === 'config')
    return `${name} is elected, but runs on other configuration than the cluster has`
  if (clue.kind === 'unclaimed') return `${name} is elected, and says that it does not announce it`
  if (clue.requests === 0) return `our requests do not reach ${name}, which is elected`
  return clue.responses > 0
    ? `${name} answers, and its replies do not reach us`
    : `${name} hears our requests and sends nothing`
}

function clueTexts(clue: Clue): string[] {
  const { name } = clue.node
  if (clue.kind === 'no-speaker') return [fact(name, speakerText(clue.node), 'seen')]
  if (clue.kind === 'no-interface')
    return [fact(name, `its advertisements name ${clue.named.join(', ')}`, 'seen')]
  if (clue.kind === 'announce-failed')
    return [
      fact(
        name,
        `announceFailed${ageText(clue.ageMs)}: the named interfaces do not exist there; the election is not held again`,
        'seen',
      ),
    ]
  if (clue.kind === 'config') return [fact(name, clue.why, 'seen')]
  if (clue.kind === 'unclaimed')
    return [fact(name, 'its metric metallb_speaker_announced does not have the address', 'seen')]
  return [
    fact(
      name,
      `its counters for the address rose by ${clue.requests} requests and ${clue.responses} replies while we asked`,
      'seen',
    ),
  ]
}

function speakerText({ reading, pods, podsKnown }: NodeFacts): string {
  if (reading?.kind === 'refused') return 'its own address answers, its memberlist port refuses'
  return podsKnown && pods.length === 0 ? 'no speaker pod is on it' : 'no speaker pod on it is Ready'
}

/** The mildest first: look, then restart one speaker, then mend what is named. */
function steps(item: ClusterCase, suspects: readonly string[], clues: readonly Clue[]): string[] {
  const { vip, expected, nodes, side } = item
  const kinds = new Set(clues.map(({ kind }) => kind))
  const pods = podsOf(suspects, nodes)
  return [
    ...(kinds.has('announce-failed') || kinds.has('no-interface')
      ? [`kubectl -n ${expected.namespace} get l2advertisements -o yaml   (interfaces)`]
      : []),
    ...(kinds.has('config') ? [`kubectl -n ${expected.namespace} get configurationstates`] : []),
    ...(kinds.size === 0 && (side?.services.length ?? 0) > 0
      ? [`arpcheck --speaker-metrics ${vip}   (who claims it, and whether requests arrive)`]
      : []),
    byHand(item),
    ...pods.map((pod) => `kubectl -n ${expected.namespace} logs ${pod} --since 1h`),
    ...pods.map((pod) => restart(expected.namespace, pod)),
  ]
}

function ageText(ageMs: number | null): string {
  return ageMs === null ? '' : `, ${durationText(ageMs)} ago`
}
