import { isClaimed } from './claims.ts'
import type { VipSide } from './cluster-side.ts'
import type { Case, Expectation, Judgement } from './case.ts'
import { NO_MACS, type MacMap } from './macs.ts'
import type { Ip } from './ip.ts'
import { compareIps } from './ip.ts'
import type { Finding } from './findings.ts'
import type {
  AnswerReport,
  CanaryReport,
  ErrorReport,
  FrameCounts,
  MetallbReport,
  OutOfScopeReport,
  Report,
  Summary,
  VantageReport,
  VipReport,
} from './report.ts'
import type { Answer } from './round.ts'
import { isFault } from './verdict.ts'

/** What a finished run hands over. */
export interface Run {
  readonly startedAt: Date
  readonly durationMs: number
  readonly interrupted: boolean
  readonly errors: readonly ErrorReport[]
  readonly vantage: readonly VantageReport[]
  readonly metallb: MetallbReport | null
  readonly canaries: readonly CanaryReport[]
  readonly frames: FrameCounts
  readonly vips: readonly VipReport[]
  readonly outOfScope: readonly OutOfScopeReport[]
  readonly findings: readonly Finding[]
}

export function assemble(run: Run): Report {
  const vips = [...run.vips].sort(
    (a, b) => compareIps(a.vip, b.vip) || compareText(a.interface ?? '', b.interface ?? ''),
  )
  return {
    apiVersion: 'arpcheck.io/v1',
    kind: 'Report',
    startedAt: run.startedAt.toISOString(),
    durationMs: Math.round(run.durationMs),
    interrupted: run.interrupted,
    errors: run.errors,
    vantage: run.vantage,
    metallb: run.metallb,
    canaries: run.canaries,
    frames: run.frames,
    summary: summaryOf(vips),
    vips,
    outOfScope: run.outOfScope,
    findings: run.findings,
  }
}

/** The row of a VIP that was asked for. */
export function vipReport(item: Case, judgement: Judgement): VipReport {
  const answered = item.evidence.answers.map((answer) => answerReport(item, answer))
  const row = emptyRow(item.vip, judgement, item.side ?? undefined)
  return {
    ...row,
    interface: item.interface,
    expected: { ...row.expected, ...expectedOf(item.expected, item.macs) },
    truths: {
      ...row.truths,
      elected: electedNodes(item.expected),
      claimed: claimants(item),
      answered: [...new Set(answered.flatMap(({ node }) => node ?? []))],
    },
    answered,
  }
}

/** The row of a VIP that no interface of this host could ask for; what a cluster says of it is told all the same. */
export function unaskedReport(
  vip: Ip,
  judgement: Judgement,
  side?: VipSide,
  expected?: Expectation,
): VipReport {
  const row = emptyRow(vip, judgement, side)
  if (!expected) return row
  return {
    ...row,
    expected: { ...row.expected, ...expectedOf(expected, NO_MACS) },
    truths: { ...row.truths, elected: electedNodes(expected) },
  }
}

function emptyRow(vip: Ip, { verdict, reason, findings }: Judgement, side?: VipSide): VipReport {
  return {
    vip,
    services: side?.services ?? [],
    pool: side?.pool ?? null,
    policies: side?.policies ?? [],
    interface: null,
    verdict,
    faultVerdict: isFault(verdict),
    reason,
    expected: {
      nodes: [],
      macs: [],
      source: 'none',
      refusal: side?.refusal?.why ?? null,
      votes: [],
      candidates: side?.candidates ?? [],
      excluded: side?.excluded ?? [],
    },
    truths: { elected: [], recorded: recordedBy(side), claimed: [], answered: [] },
    answered: [],
    findings,
  }
}

function recordedBy(side: VipSide | undefined): readonly string[] {
  return [...new Set(side?.records.statuses.map(({ node }) => node))]
}

type Expected = Pick<VipReport['expected'], 'nodes' | 'macs' | 'source' | 'refusal' | 'votes'>

function expectedOf(expected: Expectation, macs: MacMap): Expected {
  const none = { nodes: [], macs: [], refusal: null, votes: [] }
  if (expected.source === 'static') return { ...none, macs: expected.macs, source: 'static' }
  if (expected.source === 'any') return { ...none, source: 'any' }
  const { elected } = expected
  if (elected.kind === 'undecided') return { ...none, source: 'none' }
  const votes = elected.shares.flatMap((share) => share.votes)
  if (elected.kind === 'nobody')
    return {
      ...none,
      votes,
      source: 'memberlist',
      refusal: elected.shares[0]?.refusal?.why ?? 'no-candidate',
    }
  const nodes = elected.answerers
  const known = [...macs.nodeOf].filter(([, node]) => nodes.includes(node)).map(([mac]) => mac)
  return { nodes, macs: known, source: SOURCES[elected.membership], refusal: null, votes }
}

const SOURCES = { read: 'memberlist', off: 'memberlist', inferred: 'inferred', given: 'static' } as const

/** Nodes whose speaker says that it announces the VIP. */
function claimants({ nodes, vip }: Case): readonly string[] {
  const claiming = [...nodes.values()].filter(
    ({ metrics }) => metrics !== null && isClaimed(metrics.after, vip),
  )
  return claiming.map(({ name }) => name)
}

/** Whom anybody elects, dead or alive: the first of the four truths. */
function electedNodes(expected: Case['expected']): readonly string[] {
  if (expected.source !== 'cluster' || expected.elected.kind !== 'somebody') return []
  const votes = expected.elected.shares.flatMap((share) => share.votes)
  return [...new Set(votes.flatMap(({ elects }) => elects ?? []))]
}

function answerReport(item: Case, { mac, rttNs, replies }: Answer): AnswerReport {
  const rttMs = rttNs === null ? null : Math.round(Number(rttNs) / 1e3) / 1e3
  const node = item.macs.nodeOf.get(mac) ?? null
  return { mac, node, relation: relationOf(item, mac, node), rttMs, replies, vendor: null }
}

function relationOf(item: Case, mac: Answer['mac'], node: string | null): AnswerReport['relation'] {
  const { expected, ownMacs, proxies, macs } = item
  if (ownMacs.has(mac)) return 'self'
  if (expected.source === 'static' && expected.macs.includes(mac)) return 'elected'
  if (proxies.has(mac) || macs.foreign.has(mac)) return 'foreign'
  if (node === null) return 'other'
  const isExpected =
    expected.source === 'cluster' &&
    expected.elected.kind === 'somebody' &&
    expected.elected.answerers.includes(node)
  return isExpected ? 'elected' : 'node'
}

function summaryOf(vips: readonly VipReport[]): Summary {
  const ok = vips.filter(({ verdict }) => verdict === 'ok').length
  const faults = vips.filter(({ faultVerdict }) => faultVerdict).length
  return { total: vips.length, ok, faults, untested: vips.length - ok - faults }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
