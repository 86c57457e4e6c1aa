import { fault, mayBeLost, OK, unknown, type Case, type ClusterCase, type Judgement } from './case.ts'
import type { Finding } from './findings.ts'
import type { Neighbour } from './host.ts'
import { isIpv4, type Ip } from './ip.ts'
import { judgeCluster } from './judge-cluster.ts'
import type { Answer } from './round.ts'
import * as say from './sentences.ts'

/**
 * One verdict for every case, by the rules of honesty in their order: hearing (1), the own node (2), proxies (4),
 * sets instead of counts (5), broadcast decides (6), several MACs of one machine (9), no cluster (10).
 */
export function judge(item: Case): Judgement {
  if (!isIpv4(item.vip)) return unknown('ndp-not-probed', [])
  const others = strangersToThisHost(item)
  const judgement = judgementOf(item, others)
  return { ...judgement, findings: [...judgement.findings, ...sideFindings(item, others)] }
}

function judgementOf(item: Case, others: readonly Answer[]): Judgement {
  if (isClusterCase(item)) return judgeCluster(item, others)
  if (item.expected.source === 'any' && item.expected.remembered) return judgeRemembered(item, others)
  return others.length > 0 ? judgeAnswers(item, others) : judgeSilence(item)
}

/** A VIP that lies on no segment of this host: not asked, not judged. */
export function offSegment(vip: Ip): Judgement {
  return isIpv4(vip) ? unknown('vantage-off-segment', [say.offSegment(vip)]) : unknown('ndp-not-probed', [])
}

function isClusterCase(item: Case): item is ClusterCase {
  return item.expected.source === 'cluster'
}

/** A VIP that was on the list before the API went away: whether anybody should answer by now, and who, nobody knows. */
function judgeRemembered(item: Case, others: readonly Answer[]): Judgement {
  if (others.length === 1) return judgeAnswers(item, others)
  if (others.length > 1) return unknown('stale-expectation', [say.severalRemembered(item, others)])
  const judgement = judgeSilence(item)
  return judgement.verdict === 'silent'
    ? unknown('stale-expectation', [say.silentRemembered(item)])
    : judgement
}

function judgeAnswers(item: Case, others: readonly Answer[]): Judgement {
  const expected = item.expected.source === 'static' ? item.expected.macs : []
  const [meant, rest] = [
    others.filter(({ mac }) => expected.includes(mac)),
    others.filter(({ mac }) => !expected.includes(mac)),
  ]
  const proxies = rest.filter(({ mac }) => item.proxies.has(mac))
  if (proxies.length > 0) return fault('foreign', say.foreignHost(item, proxies), say.proxied(item, proxies))
  if (item.ownAddress || (meant.length > 0 && rest.length > 0))
    return fault('duplicate', say.duplicate(item, others))
  if (rest.length === 0) return meant.length > 1 ? { ...OK, findings: [say.severalNics(item, meant)] } : OK
  if (expected.length > 0)
    return rest.length > 1
      ? fault('duplicate', say.duplicate(item, rest))
      : fault('mismatch', say.wrongOwner(item, expected, rest))
  return rest.length > 1
    ? fault('duplicate', say.duplicate(item, rest))
    : { ...OK, findings: [say.noExpectation(item, rest[0]!)] }
}

function judgeSilence(item: Case): Judgement {
  if (isOwn(item)) return { verdict: 'self', reason: null, findings: [say.selfOwned(item)] }
  if (!item.hears) return unknown('deaf-vantage', [])
  if (mayBeLost(item)) return unknown('frames-lost', [say.framesLost(item)])
  if (item.expected.source === 'any' && item.listeners.length > 0)
    return unknown('maybe-self', [say.maybeSelf(item)])
  if (item.evidence.unicastAnswers.length > 0)
    return fault('silent', say.broadcastDeaf(item, item.evidence.unicastAnswers))
  return fault('silent', say.silent(item))
}

/** Another NIC of this host that answered is this host too (rule 2). */
function isOwn({ expected, evidence, ownMacs, ownAddress }: Case): boolean {
  const isExpected = expected.source === 'static' && expected.macs.some((mac) => ownMacs.has(mac))
  return isExpected || ownAddress || evidence.answers.length > 0
}

function strangersToThisHost({ evidence, ownMacs }: Case): Answer[] {
  return evidence.answers.filter(({ mac }) => !ownMacs.has(mac))
}

function sideFindings(item: Case, others: readonly Answer[]): Finding[] {
  const relayed = others.filter(({ mac, ethSrcs }) => ethSrcs.some((source) => source !== mac))
  return [
    ...relayed.map((answer) => say.proxiedMac(item, answer)),
    ...(isStale(item.neighbour, others) ? [say.staleNeighbour(item, item.neighbour!, others)] : []),
  ]
}

/** ARP701: what this host had cached is not what answers. */
function isStale(neighbour: Neighbour | null, answers: readonly Answer[]): boolean {
  if (!neighbour || answers.length === 0) return false
  if (neighbour.state === 'failed') return true
  return neighbour.mac !== null && answers.every(({ mac }) => mac !== neighbour.mac)
}
