/** One per VIP, per vantage, per round: a closed set, and an API (JSON, metric label). */
export const VERDICTS = [
  'ok',
  'mismatch',
  'duplicate',
  'foreign',
  'silent',
  'unexpected',
  'idle',
  'settling',
  'self',
  'unknown',
] as const
export type VerdictName = (typeof VERDICTS)[number]

/** Why a VIP could not be judged: a closed set, and an API. */
export const UNKNOWN_REASONS = [
  'deaf-vantage',
  'frames-lost',
  'vantage-off-segment',
  'no-expectation',
  'stale-expectation',
  'mixed-versions',
  'answerer-unattributed',
  'maybe-self',
  'ndp-not-probed',
] as const
export type UnknownReason = (typeof UNKNOWN_REASONS)[number]

const FAULTS: ReadonlySet<VerdictName> = new Set(['mismatch', 'duplicate', 'foreign', 'silent', 'unexpected'])

export function isFault(verdict: VerdictName): boolean {
  return FAULTS.has(verdict)
}

/** Not as it should be: a fault, or what becomes one unless a fail-over explains it. */
export function deviates(verdict: VerdictName): boolean {
  return verdict === 'settling' || isFault(verdict)
}
