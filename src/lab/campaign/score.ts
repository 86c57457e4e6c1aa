import type { FindingCode } from '../../core/findings.ts'
import type { Report } from '../../core/report.ts'
import { isFault, VERDICTS, type VerdictName } from '../../core/verdict.ts'
import type { Admitted } from './allowances.ts'
import type { Truth } from './oracle.ts'

/** What a report says of one VIP; `absent`: nothing. */
export interface Said {
  readonly verdict: VerdictName | 'absent'
  readonly reason: string | null
  readonly finding: FindingCode | null
  readonly answeredBy: readonly string[]
}

/** One VIP of one episode: what was injected, and what was reported. */
export interface Row {
  readonly episode: number
  readonly plots: readonly string[]
  readonly truth: Truth
  readonly said: Said
}

export interface Score {
  readonly vips: number
  /** Of the faults that were reported, the share that was injected so: verdict and first finding. */
  readonly precision: number
  /** Of the faults that were injected, the share that was reported so. */
  readonly recall: number
  /** Of all VIPs, the share of which the right thing was said. */
  readonly agreement: number
  /** Faults that were reported where there was none. */
  readonly falseAlarms: number
  /** By verdict alone. */
  readonly verdicts: readonly VerdictScore[]
  /** Injected → reported → how often. */
  readonly matrix: ReadonlyMap<string, ReadonlyMap<string, number>>
  readonly wrong: readonly Row[]
}

export interface VerdictScore {
  readonly verdict: VerdictName
  readonly injected: number
  readonly reported: number
  readonly precision: number
  readonly recall: number
}

export function rowsOf(
  {
    number,
    plots,
    truths,
  }: { readonly number: number; readonly plots: readonly string[]; readonly truths: readonly Truth[] },
  report: Report | null,
): Row[] {
  return truths.map((truth) => ({ episode: number, plots, truth, said: saidIn(report, truth) }))
}

export function scoreOf(rows: readonly Row[]): Score {
  const faultsSaid = rows.filter(({ said }) => isFaultName(said.verdict))
  const faultsThere = rows.filter((row) => isFaultName(injectedOf(row)))
  return {
    vips: rows.length,
    precision: share(faultsSaid.filter(isRight).length, faultsSaid.length),
    recall: share(faultsThere.filter(isRight).length, faultsThere.length),
    agreement: share(rows.filter(isRight).length, rows.length),
    falseAlarms: rows.filter(isFalseAlarm).length,
    verdicts: VERDICTS.map((verdict) => verdictScore(verdict, rows)).filter(
      ({ injected, reported }) => injected + reported > 0,
    ),
    matrix: matrixOf(rows),
    wrong: rows.filter((row) => !isRight(row)).toSorted((a, b) => badness(b) - badness(a)),
  }
}

export function isRight({ truth, said }: Row): boolean {
  return truth.admits.some((one) => isSame(one, said) && one.finding === said.finding)
}

/** A fault was reported, and nothing that would be right is one. */
export function isFalseAlarm({ truth, said }: Row): boolean {
  return isFaultName(said.verdict) && !truth.admits.some(({ verdict }) => isFault(verdict))
}

/** What was injected: where several things are right and one of them was said, that one. */
function injectedOf({ truth, said }: Row): VerdictName {
  return (truth.admits.find((one) => isSame(one, said)) ?? truth.admits[0]!).verdict
}

function isSame({ verdict, reason }: Admitted, said: Said): boolean {
  return verdict === said.verdict && (reason === undefined || reason === said.reason)
}

function saidIn(report: Report | null, { vip }: Truth): Said {
  const entry = report?.vips.find((one) => one.vip === vip)
  if (!entry) return { verdict: 'absent', reason: null, finding: null, answeredBy: [] }
  const { verdict, reason, findings, answered } = entry
  const names = answered.map(({ node, mac }) => node ?? mac)
  return { verdict, reason, finding: findings[0]?.code ?? null, answeredBy: [...new Set(names)].toSorted() }
}

function verdictScore(verdict: VerdictName, rows: readonly Row[]): VerdictScore {
  const injected = rows.filter((row) => injectedOf(row) === verdict)
  const reported = rows.filter(({ said }) => said.verdict === verdict)
  const both = injected.filter(({ said }) => said.verdict === verdict).length
  return {
    verdict,
    injected: injected.length,
    reported: reported.length,
    precision: share(both, reported.length),
    recall: share(both, injected.length),
  }
}

function matrixOf(rows: readonly Row[]): Map<string, Map<string, number>> {
  const matrix = new Map<string, Map<string, number>>()
  for (const row of rows) {
    const line = matrix.get(injectedOf(row)) ?? new Map<string, number>()
    line.set(row.said.verdict, (line.get(row.said.verdict) ?? 0) + 1)
    matrix.set(injectedOf(row), line)
  }
  return matrix
}

/** A false alarm is worse than a fault that was missed, and that is worse than one that was called by another name. */
function badness(row: Row): number {
  if (isFalseAlarm(row)) return 3
  const isMissed = isFaultName(injectedOf(row)) && !isFaultName(row.said.verdict)
  return isMissed ? 2 : Number(injectedOf(row) !== row.said.verdict)
}

/** Of nothing, all of it. */
function share(part: number, whole: number): number {
  return whole === 0 ? 1 : part / whole
}

function isFaultName(verdict: VerdictName | 'absent'): boolean {
  return verdict !== 'absent' && isFault(verdict)
}
