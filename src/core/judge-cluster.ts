import { standingOfAnswer, type Somebody } from './expectation.ts'
import type { Finding } from './findings.ts'
import { fault, OK, unknown, type ClusterCase, type Judgement } from './case.ts'
import type { Answer } from './round.ts'
import * as say from './sentences-cluster.ts'
import { duplicate, foreignHost, framesLost, proxied, selfOwned } from './sentences.ts'

/** Judges a VIP whose expectation comes from a cluster: by node, where the static judge compares MACs. */
export function judgeCluster(item: ClusterCase, others: readonly Answer[]): Judgement {
  const { elected, moved } = item.expected
  if (moved) return { verdict: 'settling', reason: null, findings: [say.settling(item)] }
  const foreign = others.filter(({ mac }) => isForeign(item, mac))
  if (foreign.length > 0) return fault('foreign', ...foreignFindings(item, foreign))
  const nodes = new Set(others.flatMap(({ mac }) => item.macs.nodeOf.get(mac) ?? []))
  if (nodes.size > 1) return fault('duplicate', say.severalNodes(item, others))
  const strangers = others.filter(({ mac }) => !item.macs.nodeOf.has(mac))
  if (item.ownAddress && others.length > 0) return fault('duplicate', duplicate(item, others))
  if (strangers.length > 0) return unknown('answerer-unattributed', [say.unattributed(item, strangers)])
  if (elected.kind === 'undecided') return unknown(elected.reason, [say.undecided(item, elected)])
  const [node] = nodes
  if (node !== undefined) return judgeNode(item, node, others)
  return elected.kind === 'nobody' ? judgeIdle(item) : judgeSilence(item, elected)
}

/** Exactly one cluster node answers. */
function judgeNode(item: ClusterCase, node: string, answers: readonly Answer[]): Judgement {
  const { elected } = item.expected
  if (elected.kind === 'nobody') return fault('unexpected', say.unexpected(item, node, answers))
  if (elected.kind === 'undecided') return OK
  if (standingOfAnswer(elected, node) === 'wrong')
    return fault('mismatch', say.wrongNode(item, elected, node, answers))
  return { ...OK, findings: okFindings(item, elected, node, answers) }
}

function okFindings(
  item: ClusterCase,
  elected: Somebody,
  node: string,
  answers: readonly Answer[],
): Finding[] {
  const isAssumed = standingOfAnswer(elected, node) === 'possible'
  return [
    ...(answers.length > 1 ? [say.severalNics(item, node, answers)] : []),
    ...(isAssumed ? [say.assumedOwner(item, elected, node)] : []),
  ]
}

function judgeIdle(item: ClusterCase): Judgement {
  if (!item.hears) return unknown('deaf-vantage', [])
  if (item.loss !== 'none') return unknown('frames-lost', [framesLost(item)])
  return { verdict: 'idle', reason: null, findings: say.noCandidate(item) }
}

function judgeSilence(item: ClusterCase, elected: Somebody): Judgement {
  const { ownNode, evidence, ownAddress } = item
  const isOwn =
    evidence.answers.length > 0 || ownAddress || (ownNode !== null && elected.answerers.includes(ownNode))
  if (isOwn) return { verdict: 'self', reason: null, findings: [selfOwned(item)] }
  if (ownNode !== null && elected.possible.includes(ownNode)) return unknown('maybe-self', [selfOwned(item)])
  if (!item.hears) return unknown('deaf-vantage', [])
  if (item.loss !== 'none') return unknown('frames-lost', [framesLost(item)])
  if (elected.silence === 'unsure') return { ...OK, findings: [say.assumedSilence(item, elected)] }
  return fault('silent', say.silent(item, elected))
}

function isForeign(item: ClusterCase, mac: Answer['mac']): boolean {
  return item.proxies.has(mac) || item.macs.foreign.has(mac)
}

function foreignFindings(item: ClusterCase, foreign: readonly Answer[]): Finding[] {
  const proxies = foreign.filter(({ mac }) => item.proxies.has(mac))
  return [foreignHost(item, foreign), ...(proxies.length > 0 ? [proxied(item, proxies)] : [])]
}
