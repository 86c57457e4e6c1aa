import type { ClusterSnapshot, Node } from '../cluster.ts'
import type { Mac } from '../mac.ts'
import type { MacMap } from '../macs.ts'
import type { AnswerReport } from '../report.ts'

/** What was found out of one MAC that no record tells of, beside all nodes that it was found out of. */
export interface Told {
  /** Null: it belongs to none of them. */
  readonly node: string | null
  /** Those that had no record of their NICs then: it confessed to be one of them, or denied to be each. */
  readonly of: ReadonlySet<string>
  readonly atMs: number
}
export type AllTold = ReadonlyMap<Mac, Told>

/** Newer ones replace older ones: no segment has more strangers in earnest. */
const MOST = 64
/** Whose a MAC is changes seldom: while it answers it is asked for again each hour. */
const AGAIN_MS = 3_600_000
const HOLDS_MS = 3 * AGAIN_MS

/** MACs that answer and are to be asked whose they are: nothing tells it, or what was told has grown old. */
export function toAskFor(answers: readonly AnswerReport[], told: AllTold, nowMs: number): readonly Mac[] {
  const isOpen = ({ mac, node, relation }: AnswerReport): boolean =>
    (node === null && relation === 'other') || nowMs - (told.get(mac)?.atMs ?? nowMs) >= AGAIN_MS
  return [...new Set(answers.filter(isOpen).map(({ mac }) => mac))].toSorted()
}

/** What the questions showed is remembered. A MAC that stays open is forgotten. */
export function toldAfter(
  before: AllTold,
  macs: readonly Mac[],
  { nodeOf, foreign }: MacMap,
  cluster: ClusterSnapshot,
  atMs: number,
): AllTold {
  const of = new Set(unrecorded(cluster).map(essenceOf))
  const after = new Map([...before].filter(([mac]) => !macs.includes(mac)))
  for (const mac of macs) {
    const node = nodeOf.get(mac) ?? null
    if (node !== null || foreign.has(mac)) after.set(mac, { node, of, atMs })
  }
  return new Map([...after].slice(-MOST))
}

/** What of it holds still: a node that came since may be whose it is, and one that changed was not asked. */
export function macsTold(all: AllTold, cluster: ClusterSnapshot, nowMs: number): MacMap {
  const open = unrecorded(cluster).map(essenceOf)
  const names = new Set(cluster.nodes.map(({ name }) => name))
  const fresh = [...all].filter(([, { atMs }]) => nowMs - atMs < HOLDS_MS)
  return {
    nodeOf: new Map(
      fresh.flatMap(([mac, { node }]) => (node !== null && names.has(node) ? [[mac, node]] : [])),
    ),
    foreign: new Set(
      fresh
        .filter(([, { node, of }]) => node === null && names.size > 0 && open.every((one) => of.has(one)))
        .map(([mac]) => mac),
    ),
  }
}

/** Nodes that nothing but the wire tells the MACs of. */
export function unrecorded({ nodes, nicRecords }: ClusterSnapshot): readonly Node[] {
  const known = new Set(nicRecords.map(({ node }) => node))
  return nodes.filter(({ name }) => !known.has(name))
}

function essenceOf({ name, internalIps, podGateways }: Node): string {
  return [name, ...internalIps, '', ...podGateways].join(' ')
}
