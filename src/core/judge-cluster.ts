import { explainDouble, explainUnexpected, explainWrong, remarksOf, wrongInterface } from './answers.ts'
import { fault, mayBeLost, OK, unknown, unsettled, type ClusterCase, type Judgement } from './case.ts'
import { standingOfAnswer, type Somebody } from './expectation.ts'
import type { Finding } from './findings.ts'
import type { Answer } from './round.ts'
import { foreignHost, otherController } from './sentences-answers.ts'
import * as say from './sentences-cluster.ts'
import { moved as movedExpectation } from './sentences-settling.ts'
import { duplicate, framesLost, proxied, selfOwned } from './sentences.ts'
import { explainSilence } from './silence.ts'

/**
 * Judges a VIP whose expectation comes from a cluster: by node, where the static judge compares MACs. By the rules of
 * honesty in their order; the hold-down (8) is laid over it by settle.ts.
 */
export function judgeCluster(item: ClusterCase, others: readonly Answer[]): Judgement {
  const judgement = judgeByNode(item, others)
  const controllers = item.side?.others ?? []
  if (controllers.length === 0) return judgement
  return { ...judgement, findings: [...judgement.findings, otherController(item, controllers)] }
}

function judgeByNode(item: ClusterCase, others: readonly Answer[]): Judgement {
  const { elected, moved } = item.expected
  if (moved) return unsettled([movedExpectation(item)])
  const foreign = others.filter(({ mac }) => isForeign(item, mac))
  if (foreign.length > 0) return fault('foreign', ...foreignFindings(item, foreign))
  const nodes = new Set(others.flatMap(({ mac }) => item.macs.nodeOf.get(mac) ?? []))
  if (nodes.size > 1) return fault('duplicate', explainDouble(item, others))
  if (nodes.size === 1 && answersRightly(item))
    return fault('duplicate', explainDouble(item, item.evidence.answers))
  const strangers = others.filter(({ mac }) => !item.macs.nodeOf.has(mac))
  if (item.ownAddress && others.length > 0) return fault('duplicate', duplicate(item, others))
  if (strangers.length > 0) return unknown('answerer-unattributed', [say.unattributed(item, strangers)])
  if (elected.kind === 'undecided') return unknown(elected.reason, [say.undecided(item, elected)])
  const [node] = nodes
  if (node !== undefined) return judgeNode(item, node, others)
  return elected.kind === 'nobody' ? judgeIdle(item) : judgeSilence(item, elected)
}

/** This host was seen to answer, as it should: whoever answers beside it is a second one. */
function answersRightly({ expected: { elected }, evidence, ownMacs, ownNode }: ClusterCase): boolean {
  const isOwn = evidence.answers.some(({ mac }) => ownMacs.has(mac))
  return isOwn && ownNode !== null && elected.kind === 'somebody' && elected.answerers.includes(ownNode)
}

/** Exactly one cluster node answers. */
function judgeNode(item: ClusterCase, node: string, answers: readonly Answer[]): Judgement {
  const { elected } = item.expected
  if (elected.kind === 'nobody') return fault('unexpected', explainUnexpected(item, node, answers))
  if (elected.kind === 'undecided') return OK
  const standing = standingOfAnswer(elected, node)
  if (standing === 'wrong') return fault('mismatch', explainWrong(item, elected, node, answers))
  const wrongNic = wrongInterface(item, elected, node, answers)
  if (wrongNic) return fault('mismatch', wrongNic)
  const assumed = standing === 'possible' ? [say.assumedOwner(item, elected, node)] : []
  return { ...OK, findings: [...assumed, ...remarksOf(item, node, answers)] }
}

function judgeIdle(item: ClusterCase): Judgement {
  if (!item.hears) return unknown('deaf-vantage', [])
  if (mayBeLost(item)) return unknown('frames-lost', [framesLost(item)])
  return { verdict: 'idle', reason: null, findings: [say.noCandidate(item)] }
}

function judgeSilence(item: ClusterCase, elected: Somebody): Judgement {
  const { ownNode, evidence, ownAddress } = item
  const isOwn =
    evidence.answers.length > 0 || ownAddress || (ownNode !== null && elected.answerers.includes(ownNode))
  if (isOwn) return { verdict: 'self', reason: null, findings: [selfOwned(item)] }
  if (ownNode !== null && elected.possible.includes(ownNode)) return unknown('maybe-self', [selfOwned(item)])
  if (!item.hears) return unknown('deaf-vantage', [])
  if (mayBeLost(item)) return unknown('frames-lost', [framesLost(item)])
  if (elected.silence === 'unsure') return { ...OK, findings: [say.assumedSilence(item, elected)] }
  return fault('silent', explainSilence(item, elected))
}

function isForeign(item: ClusterCase, mac: Answer['mac']): boolean {
  return item.proxies.has(mac) || item.macs.foreign.has(mac)
}

function foreignFindings(item: ClusterCase, foreign: readonly Answer[]): Finding[] {
  const proxies = foreign.filter(({ mac }) => item.proxies.has(mac))
  return [foreignHost(item, foreign), ...(proxies.length > 0 ? [proxied(item, proxies)] : [])]
}
