import type { Case, Judgement } from './judge.ts'
import type { Ip } from './ip.ts'
import { compareIps } from './ip.ts'
import type { Finding } from './findings.ts'
import type {
  AnswerReport,
  CanaryReport,
  ErrorReport,
  FrameCounts,
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
  readonly canaries: readonly CanaryReport[]
  readonly frames: FrameCounts
  readonly vips: readonly VipReport[]
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
    canaries: run.canaries,
    frames: run.frames,
    summary: summaryOf(vips),
    vips,
    findings: run.findings,
  }
}

/** The row of a VIP that was asked for. */
export function vipReport(item: Case, judgement: Judgement): VipReport {
  const macs = item.expected.source === 'static' ? item.expected.macs : []
  return {
    ...emptyRow(item.vip, judgement),
    interface: item.interface,
    expected: { nodes: [], macs, source: item.expected.source },
    answered: item.evidence.answers.map((answer) => answerReport(item, answer)),
  }
}

/** The row of a VIP that no interface of this host could ask for. */
export function unaskedReport(vip: Ip, judgement: Judgement): VipReport {
  return emptyRow(vip, judgement)
}

function emptyRow(vip: Ip, { verdict, reason, findings }: Judgement): VipReport {
  return {
    vip,
    services: [],
    pool: null,
    interface: null,
    verdict,
    faultVerdict: isFault(verdict),
    reason,
    expected: { nodes: [], macs: [], source: 'none' },
    answered: [],
    findings,
  }
}

function answerReport(item: Case, { mac, rttNs, replies }: Answer): AnswerReport {
  const rttMs = rttNs === null ? null : Math.round(Number(rttNs) / 1e3) / 1e3
  return { mac, node: null, relation: relationOf(item, mac), rttMs, replies, vendor: null }
}

function relationOf({ expected, ownMacs, proxies }: Case, mac: Answer['mac']): AnswerReport['relation'] {
  if (ownMacs.has(mac)) return 'self'
  if (expected.source === 'static' && expected.macs.includes(mac)) return 'elected'
  return proxies.has(mac) ? 'foreign' : 'other'
}

function summaryOf(vips: readonly VipReport[]): Summary {
  const ok = vips.filter(({ verdict }) => verdict === 'ok').length
  const faults = vips.filter(({ faultVerdict }) => faultVerdict).length
  return { total: vips.length, ok, faults, untested: vips.length - ok - faults }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
