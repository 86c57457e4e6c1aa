import type { Case } from '../../src/core/case.ts'
import type { VipSide } from '../../src/core/cluster-side.ts'
import type { ClusterExpectation, Somebody } from '../../src/core/expectation.ts'
import type { Mac } from '../../src/core/mac.ts'
import type { NodeFacts } from '../../src/core/nodes.ts'
import type { RefusalName } from '../../src/core/refusal.ts'
import type { Answer, Evidence } from '../../src/core/round.ts'
import { NOW, speaker } from './cluster.ts'
import { ip, mac, OWN_MAC } from './segment.ts'

/** Cases of one VIP, .60, on the home lab's nuc-3: who has which MAC, and what is known of each node. */
export const NUC_1 = mac('1c:69:7a:aa:01:10')
export const NUC_1_B = mac('1c:69:7a:aa:01:20')
export const NUC_2 = mac('1c:69:7a:aa:02:10')
export const STRANGER = mac('24:6f:28:5e:10:9c')
export const NODE_OF = new Map<Mac, string>([
  [NUC_1, 'nuc-1'],
  [NUC_1_B, 'nuc-1'],
  [NUC_2, 'nuc-2'],
  [OWN_MAC, 'nuc-3'],
])
export const FOREIGN = { macs: { nodeOf: NODE_OF, foreign: new Set([STRANGER]) } }

/** LAN, four nodes. */
export const TIMING = { holdDownMs: 34_000, failoverMaxMs: 28_000, gossipToTheDeadMs: 30_000 }

export const answer = (one: Mac, change: Partial<Answer> = {}): Answer => ({
  mac: one,
  ethSrcs: [one],
  replies: 3,
  rttNs: 1n,
  shortestFrame: 60,
  ...change,
})

export const by = (...macs: Mac[]): Evidence => ({
  asked: 3,
  answers: macs.map((one) => answer(one)),
  askedAlone: [],
  unicastAnswers: [],
  announcements: [],
})

/** Each of these nodes elects itself by its own view. */
export function somebody(answerers: string[], change: Partial<Somebody> = {}): Somebody {
  const votes = answerers.map((node) => ({ by: node, elects: node }))
  return {
    kind: 'somebody',
    membership: 'read',
    answerers,
    possible: [],
    silence: 'fault',
    interfaces: new Map(),
    shares: [{ service: 'ingress/traefik', refusal: null, answerers, possible: [], votes }],
    assumed: [],
    barred: [],
    ...change,
  }
}

/** Every live view elects nuc-4, which does not elect itself: nobody will answer. */
export const DEAD_OWNER = somebody([], {
  possible: ['nuc-4'],
  shares: [
    {
      service: 'ingress/traefik',
      refusal: null,
      answerers: [],
      possible: ['nuc-4'],
      votes: ['nuc-1', 'nuc-2', 'nuc-3'].map((node) => ({ by: node, elects: 'nuc-4' })),
    },
  ],
})

export const nobody = (why: RefusalName): ClusterExpectation => ({
  kind: 'nobody',
  shares: [
    { service: 'ingress/traefik', refusal: { why, what: '' }, answerers: [], possible: [], votes: [] },
  ],
  assumed: [],
})

export const UNDECIDED: ClusterExpectation = {
  kind: 'undecided',
  reason: 'mixed-versions',
  what: 'v0.14.9, v0.15.0',
  alternatives: ['nuc-1', 'nuc-2'],
}

const NUCS = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']

export function nodeFacts(name: string, change: Partial<NodeFacts> = {}): NodeFacts {
  return {
    name,
    ip: ip(`192.168.1.1${name.at(-1)}`),
    address: 'answered',
    isHere: false,
    echo: null,
    ready: { status: 'True', since: NOW - 3_600_000 },
    pods: [speaker(name, 'v0.16.1')],
    podsKnown: true,
    nics: null,
    reading: null,
    metrics: null,
    config: null,
    ...change,
  }
}

/** Four nodes that live, but for what is changed of each. */
export function nodesWith(
  changes: Partial<Record<string, Partial<NodeFacts>>> = {},
): ReadonlyMap<string, NodeFacts> {
  return new Map(NUCS.map((name) => [name, nodeFacts(name, changes[name])]))
}

export function sideOf(change: Partial<VipSide> = {}): VipSide {
  return {
    services: ['ingress/traefik'],
    pool: 'default',
    records: { statuses: [], assigned: [], failed: [], readable: { statuses: 'yes', events: 'yes' } },
    others: [],
    changes: () => [],
    candidates: ['nuc-4', 'nuc-1', 'nuc-2', 'nuc-3'].map((node) => ({ node, hash: '', score: 0 })),
    excluded: [],
    policies: ['Cluster'],
    refusal: null,
    ...change,
  }
}

export function caseWith(
  elected: ClusterExpectation,
  change: Partial<Case> & { readonly moved?: boolean } = {},
): Case {
  const { moved = false, ...rest } = change
  return {
    vip: ip('192.168.1.60'),
    interface: 'eno1',
    expected: {
      source: 'cluster',
      namespace: 'metallb-system',
      daemonSet: 'speaker',
      takenAt: NOW,
      timing: TIMING,
      elected,
      moved,
    },
    evidence: by(),
    hears: true,
    loss: 'none',
    ownMacs: new Set([OWN_MAC]),
    ownAddress: false,
    listeners: [],
    proxies: new Set(),
    freeAsked: false,
    isGateway: false,
    macs: { nodeOf: NODE_OF, foreign: new Set() },
    ownNode: 'nuc-3',
    nodes: nodesWith(),
    side: sideOf(),
    neighbour: null,
    ...rest,
  }
}
