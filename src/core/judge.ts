import type { Finding } from './findings.ts'
import type { ArpListener, Neighbour } from './host.ts'
import { isIpv4, type Ip } from './ip.ts'
import type { Mac } from './mac.ts'
import type { Answer, Evidence } from './round.ts'
import * as say from './sentences.ts'
import type { UnknownReason, VerdictName } from './verdict.ts'

/** Who should answer, where no cluster says so. */
export type Expectation =
  | { readonly source: 'static'; readonly macs: readonly Mac[] } // given with the address
  | { readonly source: 'any' } // whoever answers, as long as it is one

/** Frames that were lost while we listened; `uncounted`: the engine cannot tell. */
export type Loss = 'none' | 'lost' | 'uncounted'

/** All that is known of one VIP on one vantage when its round is over. */
export interface Case {
  readonly vip: Ip
  readonly interface: string
  readonly expected: Expectation
  readonly evidence: Evidence
  /** A reply to any of our questions came in this round. */
  readonly hears: boolean
  readonly loss: Loss
  /** Every MAC of this host. */
  readonly ownMacs: ReadonlySet<Mac>
  /** This host's kernel holds the VIP as an address of its own. */
  readonly ownAddress: boolean
  /** Other processes of this host that listen for ARP on this interface: perhaps a speaker. */
  readonly listeners: readonly ArpListener[]
  /** MACs that answer for two or more addresses that must be free. */
  readonly proxies: ReadonlySet<Mac>
  /** This host's neighbour entry for the VIP, read before our first frame. */
  readonly neighbour: Neighbour | null
}

export interface Judgement {
  readonly verdict: VerdictName
  readonly reason: UnknownReason | null
  readonly findings: readonly Finding[]
}

/**
 * One verdict for every case, by the rules of honesty in their order: hearing (1), the own node (2), proxies (4),
 * sets instead of counts (5), broadcast decides (6), several MACs of one machine (9), no cluster (10).
 */
export function judge(item: Case): Judgement {
  if (!isIpv4(item.vip)) return unknown('ndp-not-probed', [])
  const others = strangersToThisHost(item)
  const judgement = others.length > 0 ? judgeAnswers(item, others) : judgeSilence(item)
  return { ...judgement, findings: [...judgement.findings, ...sideFindings(item, others)] }
}

/** A VIP that lies on no segment of this host: not asked, not judged. */
export function offSegment(vip: Ip): Judgement {
  return isIpv4(vip) ? unknown('vantage-off-segment', [say.offSegment(vip)]) : unknown('ndp-not-probed', [])
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
  if (item.loss !== 'none') return unknown('frames-lost', [say.framesLost(item)])
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

const OK: Judgement = { verdict: 'ok', reason: null, findings: [] }

function fault(verdict: VerdictName, ...findings: Finding[]): Judgement {
  return { verdict, reason: null, findings }
}

function unknown(reason: UnknownReason, findings: readonly Finding[]): Judgement {
  return { verdict: 'unknown', reason, findings }
}
