import type { AnswerReport, VipReport } from '../report.ts'
import { deviates } from '../verdict.ts'

/** What a daemon asks beside its plan, and when: on need alone, so that a healthy cluster costs nothing of it. */
export type Need = 'attribution' | 'free' | 'echo' | 'claims'

/** What more would explain one row. */
export function needsOf(row: VipReport): readonly Need[] {
  const others = row.answered.filter(({ relation }) => relation !== 'self')
  const isBad = deviates(row.verdict)
  const isStrange = others.some(isOfNobody)
  return [
    ...(isStrange ? (['attribution', 'free'] as const) : []),
    ...(isBad && others.length === 0 ? (['echo'] as const) : []),
    ...(isBad ? (['claims'] as const) : []),
  ]
}

/** Of no node that is known; perhaps another NIC of one. */
export function isOfNobody({ node, relation }: AnswerReport): boolean {
  return node === null && relation !== 'self'
}

/** The plan's own questions tell whose most MACs are: at a start all are strangers. */
const FIRST_MS: Readonly<Record<Need, number>> = { attribution: 5000, free: 0, echo: 0, claims: 0 }
/** Whatever comes and goes meanwhile. */
const LEAST_MS = 30_000
/** While the need lasts. */
const AGAIN_MS: Readonly<Record<Need, number>> = {
  attribution: 300_000,
  free: 60_000,
  echo: 60_000,
  claims: 30_000,
}
/** Of many speakers no daemon asks for more than one in two seconds. */
const EACH_SPEAKER_MS = 2000
/** Nothing could be asked, or frames were lost. */
const IN_VAIN_MS = 10_000
/** What must be free is asked for once in so many broadcast intervals where all is well. */
export const FREE_INTERVALS = 10
/** So many spans after it was heard it explains nothing any more: it was asked for again since, and not heard. */
const HOLDS = 2.5

export function againMs(need: Need, speakers = 0): number {
  return Math.max(AGAIN_MS[need], need === 'claims' ? speakers * EACH_SPEAKER_MS : 0)
}

export function holds(atMs: number, everyMs: number, nowMs: number): boolean {
  return nowMs - atMs < HOLDS * everyMs
}

/** What exactly is needed since when (null: nothing is), when that was asked for last, and when anything was. */
export interface Wanting {
  readonly what: string | null
  readonly sinceMs: number
  readonly askedMs: number | null
  readonly lastMs: number
}

export const NOTHING_WANTED: Wanting = { what: null, sinceMs: 0, askedMs: null, lastMs: -Infinity }

export function wanting(before: Wanting, what: string | null, nowMs: number): Wanting {
  return before.what === what ? before : { ...before, what, sinceMs: nowMs, askedMs: null }
}

export function isTime(
  need: Need,
  { what, sinceMs, askedMs, lastMs }: Wanting,
  nowMs: number,
  everyMs: number,
): boolean {
  if (what === null || nowMs - lastMs < LEAST_MS) return false
  return askedMs === null ? nowMs - sinceMs >= FIRST_MS[need] : nowMs - askedMs >= everyMs
}

export function askedNow(before: Wanting, nowMs: number): Wanting {
  return { ...before, askedMs: nowMs, lastMs: nowMs }
}

export function askedInVain(before: Wanting, nowMs: number, everyMs: number): Wanting {
  const soonMs = nowMs + IN_VAIN_MS
  return { ...before, askedMs: soonMs - everyMs, lastMs: soonMs - LEAST_MS }
}
