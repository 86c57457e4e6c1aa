import type { ClusterCase } from './case.ts'
import type { Other } from './cluster-side.ts'
import { suspectsOf, type Somebody } from './expectation.ts'
import type { Finding } from './findings.ts'
import type { LastRecord } from './records.ts'
import type { Answer } from './round.ts'
import {
  claimedTexts,
  electedTexts,
  fact,
  namesText,
  podsOf,
  refusalTexts,
  restart,
  whyNobody,
} from './sentences-cluster.ts'
import { byHand, finding, macsText, repliesText } from './sentences.ts'
import { durationText } from './duration.ts'

/** What is said where somebody answers that should not, or not like that. */

const BREAKS = 'clients stay with whichever reply came last: expect sessions to break'

export function wrongNode(
  item: ClusterCase,
  elected: Somebody,
  wrong: readonly string[],
  answers: readonly Answer[],
): Finding {
  const { vip, nodes, expected } = item
  const meant = suspectsOf(elected)
  const all = nodesOf(item, answers)
  const isAlone = all.length === wrong.length
  const message = isAlone
    ? `${vip} is answered by ${namesText(wrong)}, not by ${namesText(meant)}`
    : `${vip} is answered by ${namesText(wrong)} as well as by ${namesText(all.filter((name) => !wrong.includes(name)))}`
  return finding('ARP201', message, {
    why: [
      ...electedTexts(elected),
      ...claimedTexts(item),
      ...answeredTexts(item, answers),
      ...ownAddressTexts(item, wrong),
      ...(isAlone ? [] : [BREAKS]),
    ],
    next: [
      `arpcheck explain ${vip}`,
      byHand(item),
      ...podsOf(wrong, nodes).map((pod) => restart(expected.namespace, pod)),
    ],
  })
}

export function unexpected(item: ClusterCase, node: string, answers: readonly Answer[]): Finding {
  return finding(
    'ARP201',
    `${item.vip} is answered by ${node}, but nobody should answer: ${whyNobody(item)}`,
    {
      why: [
        ...refusalTexts(item),
        ...claimedTexts(item),
        ...answeredTexts(item, answers),
        ...ownAddressTexts(item, [node]),
      ],
      next: [
        `arpcheck explain ${item.vip}`,
        byHand(item),
        ...podsOf([node], item.nodes).map((pod) => restart(item.expected.namespace, pod)),
      ],
    },
  )
}

export function splitBrain(item: ClusterCase, answers: readonly Answer[]): Finding {
  const { elected } = item.expected
  return finding('ARP301', `${item.vip} is answered by ${namesText(nodesOf(item, answers))}`, {
    why: [
      ...answeredTexts(item, answers),
      ...(elected.kind === 'somebody' ? electedTexts(elected) : []),
      ...claimedTexts(item),
      BREAKS,
      'iputils arping without -b would show one of them alone',
    ],
    next: ['arpcheck members   (who counts whom, and who is unreachable on 7946)', byHand(item)],
  })
}

export function sharedTwoWinners(item: ClusterCase, elected: Somebody, answers: readonly Answer[]): Finding {
  return finding(
    'ARP305',
    `${item.vip} is answered by ${namesText(nodesOf(item, answers))}: its Services elect different nodes`,
    {
      why: [
        ...elected.shares.map(({ service, answerers }) =>
          fact('elected', `${namesText(answerers)}  for ${service}`, 'seen'),
        ),
        ...answeredTexts(item, answers),
        'each Service elects by its own first address and its own advertisements; whoever wins for one of them answers',
        BREAKS,
      ],
      next: [`arpcheck explain ${item.vip}`, ...elected.shares.map(({ service }) => describe(service))],
    },
  )
}

export function kernelAnswers(
  item: ClusterCase,
  kernels: readonly Answer[],
  answers: readonly Answer[],
): Finding {
  const names = nodesOf(item, kernels)
  const proof = kernels.flatMap((answer) => proofText(item, answer))
  return finding('ARP304', `${item.vip} is answered by the kernel of ${namesText(names)}, not by a speaker`, {
    why: [
      ...answeredTexts(item, answers),
      ...proof,
      ...ownAddressTexts(item, names),
      ...(item.expected.elected.kind === 'somebody' ? electedTexts(item.expected.elected) : []),
      'the address is on an interface there: kube-proxy in IPVS mode without strictARP puts each one on every node',
    ],
    next: [
      `On ${names[0] ?? 'the node'}:  ip addr show to ${item.vip}`,
      'kubectl -n kube-system get configmap kube-proxy -o yaml   (mode: ipvs needs strictARP: true)',
      byHand(item),
    ],
  })
}

function proofText({ macs }: ClusterCase, { mac, shortestFrame }: Answer): string[] {
  const name = macs.nodeOf.get(mac) ?? mac
  return shortestFrame < PADDED
    ? [fact(name, `its reply has ${shortestFrame} bytes; MetalLB pads each to ${PADDED}`, 'seen')]
    : [fact(name, 'no speaker runs there that could answer', 'seen')]
}

/** What MetalLB's replies are padded to (mdlayher/ethernet: the smallest frame without its checksum). */
export const PADDED = 60

export function wrongInterface(
  item: ClusterCase,
  node: string,
  nics: readonly string[],
  allowed: readonly string[],
): Finding {
  return finding(
    'ARP204',
    `${item.vip} is answered by ${node} from ${namesText(nics)}, which its advertisements do not name`,
    {
      why: [
        fact(
          'allowed',
          allowed.length > 0 ? allowed.join(', ') : 'every interface that is not excluded',
          'seen',
        ),
        'an interface that was taken out of an advertisement may go on answering until the speaker starts again',
      ],
      next: [
        `kubectl -n ${item.expected.namespace} get l2advertisements -o yaml   (interfaces)`,
        ...podsOf([node], item.nodes).map((pod) => restart(item.expected.namespace, pod)),
      ],
    },
  )
}

export function staleRecord(item: ClusterCase, node: string, { what, nodes, ageMs }: LastRecord): Finding {
  const others = nodes.filter((name) => name !== node)
  return finding(
    'ARP202',
    `${item.vip} is answered as it should be, by ${node}; ${what} names ${namesText(others)}`,
    {
      why: [
        fact(
          'recorded',
          `${namesText(nodes)}  ${what}${ageMs === null ? '' : `, ${durationText(ageMs)} old`}`,
          'seen',
        ),
        'only the record is wrong: releases up to 0.15.3 leave some behind (metallb #2705, #2626, #2930)',
      ],
      next: [`kubectl get servicel2statuses.metallb.io -A`],
    },
  )
}

const MARKS: Record<Other['what'], string> = {
  lease: 'holds a Lease for it',
  annotation: 'has an annotation on it',
  class: 'is its load balancer class',
  'status-writer': 'wrote its status',
}

export function otherController(item: ClusterCase, others: readonly Other[]): Finding {
  const names = [...new Set(others.map(({ by }) => CONTROLLERS[by]))]
  return finding('ARP306', `${item.vip} is announced by ${namesText(names)} as well as by MetalLB`, {
    why: others.map(({ by, what, node }) =>
      fact(CONTROLLERS[by], `${MARKS[what]}${node === null ? '' : `, on ${node}`}`, 'seen'),
    ),
    next: (item.side?.services ?? []).map(describe),
  })
}

const CONTROLLERS: Record<Other['by'], string> = {
  servicelb: 'K3s ServiceLB',
  'kube-vip': 'kube-vip',
  cilium: 'Cilium',
}

export function severalNics(item: ClusterCase, node: string, answers: readonly Answer[]): Finding {
  return finding('ARP302', `${item.vip} is answered by ${answers.length} NICs of ${node}`, {
    why: [fact('answered', macsText(answers), 'seen'), 'not a split brain, but traffic may change its path'],
    next: [
      `kubectl -n ${item.expected.namespace} get l2advertisements -o yaml   (interfaces names the one that is meant)`,
      byHand(item),
    ],
  })
}

/** A machine that is no node: who it is not, and what it may be. */
export function foreignHost(item: ClusterCase, foreign: readonly Answer[]): Finding {
  const { elected } = item.expected
  return finding('ARP401', `${item.vip} is answered by ${macsText(foreign)}, a machine outside the cluster`, {
    why: [
      ...answeredTexts(item, foreign),
      'no node has that MAC: the NICs of each are known, or it denied to be one when it was asked alone (seen)',
      ...(elected.kind === 'somebody' ? electedTexts(elected) : []),
      ...(item.isGateway ? [fact('gateway', `${item.vip} is the next hop of this host`, 'seen')] : []),
      ...(item.freeAsked
        ? []
        : ['no free address was asked, so that proxy ARP is not excluded (--must-be-free)']),
    ],
    next: [
      byHand(item),
      `arpcheck --must-be-free FREE_ADDRESS ${item.vip}   (is it a proxy?)`,
      'Take the pool out of the DHCP range, or move that machine.',
    ],
  })
}

/** One line for each answerer: its node, its MAC, how often it answered. */
export function answeredTexts(item: ClusterCase, answers: readonly Answer[]): string[] {
  return answers.map((answer) => {
    const node = item.macs.nodeOf.get(answer.mac)
    return `${repliesText(item, [answer])}${node === undefined ? '' : `, ${node}`} (seen)`
  })
}

export function nodesOf({ macs }: ClusterCase, answers: readonly Answer[]): string[] {
  return [...new Set(answers.map(({ mac }) => macs.nodeOf.get(mac) ?? mac))]
}

function ownAddressTexts({ nodes, vip }: ClusterCase, names: readonly string[]): string[] {
  const own = names.filter((name) => nodes.get(name)?.ip === vip)
  return own.map((name) =>
    fact(name, `${vip} is its own address: the pool overlaps the nodes' addresses`, 'seen'),
  )
}

function describe(key: string): string {
  const [namespace, name] = key.split('/')
  return `kubectl -n ${namespace} describe service ${name}`
}
