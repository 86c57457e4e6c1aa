import { unsettled, type ClusterCase, type Judgement } from './case.ts'
import { deviationText, settling } from './sentences-settling.ts'
import type { Motion } from './motions.ts'
import type { Finding } from './findings.ts'
import { isFault } from './verdict.ts'

/** What the hold-down of one deviation is measured by (rule 8). */
export interface Hold {
  readonly holdDownMs: number
  readonly motions: readonly Motion[]
  /** What this run has seen of the deviation before; null: seen now. */
  readonly held: Held | null
}

/** A deviation, or a change of the expectation, that an earlier look of the same run has seen. */
export interface Held {
  /** From now until the hold-down that began then is over. */
  readonly leftMs: number
  /** Who should answer changed before our eyes: a change that need not have a stamp. */
  readonly moved: boolean
  /**
   * A daemon was there when it began: it waits from then on, whatever has a date. What it knows of the speakers is some
   * seconds old, so that a fail-over may be news to it.
   */
  readonly watched?: boolean
}

/** How long a deviation may still be lawful: until the youngest motion, or our own first sight of it, is old enough. */
export function remainingMs({ holdDownMs, motions, held }: Hold): number {
  const shownMs = Math.min(...motions.map(({ ageMs }) => ageMs), Infinity)
  return Math.max(0, Math.min(holdDownMs - shownMs, held?.leftMs ?? Infinity))
}

/** A fault that may be lawful still is `settling`. A machine of no node is no part of any fail-over. */
export function settled(item: ClusterCase, judgement: Judgement, hold: Hold): Judgement {
  if (judgement.verdict === 'settling') return judgement
  if (!isDeviation(judgement)) return withoutLateRecord(judgement, hold)
  const forMs = remainingMs(hold)
  if (forMs === 0) return judgement
  const young = hold.motions.filter(({ ageMs }) => ageMs < hold.holdDownMs)
  return unsettled([settling(item, { seen: deviationText(judgement), young, forMs })])
}

/** A record follows each move by a moment: late is not stale. */
function withoutLateRecord(judgement: Judgement, hold: Hold): Judgement {
  const seen = hold.motions.filter(({ unseen }) => !unseen)
  if (remainingMs({ ...hold, motions: seen }) === 0) return judgement
  return { ...judgement, findings: judgement.findings.filter((found) => !isAboutRecord(found)) }
}

function isAboutRecord({ code }: Finding): boolean {
  return code === 'ARP202'
}

/** Whether a hold-down changes anything about it. */
export function canSettle(judgement: Judgement): boolean {
  return isDeviation(judgement) || judgement.findings.some(isAboutRecord)
}

/** What a fail-over, a restart or an edit may cause for a while. */
export function isDeviation({ verdict }: Judgement): boolean {
  return verdict === 'settling' || (isFault(verdict) && verdict !== 'foreign')
}
