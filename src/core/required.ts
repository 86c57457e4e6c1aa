import type { ElectedExpectation } from './case.ts'
import type { Timing } from './cluster-side.ts'
import type { ClusterExpectation, Undecided } from './expectation.ts'

/** `memberlist: require`: an expectation that rests on guessed members is none. */
export function withViewsAlone(expected: ElectedExpectation): ElectedExpectation {
  return isGuessed(expected.elected) ? { ...expected, elected: NOBODY_READ } : expected
}

/** What every speaker refuses, whoever is a member, needs no member to be known. */
function isGuessed(elected: ClusterExpectation): boolean {
  if (elected.kind === 'undecided' || !elected.assumed.some(({ what }) => what === 'membership')) return false
  return elected.shares.some(({ refusal }) => refusal === null || refusal.why === 'no-candidate')
}

const NOBODY_READ: Undecided = {
  kind: 'undecided',
  reason: 'no-expectation',
  what: "no speaker's member list could be read, and memberlist: require infers none",
  alternatives: [],
}

/** From a node's death until Kubernetes calls it not Ready: node-monitor-grace-period is 50 s (40 s before 1.32), and a report more. */
const API_TELLS_MS = 65_000

/** Who only listens cannot tell a dead node from a live one before the API does: until then another owner may be lawful. */
export function untilTheApiTells(timing: Timing): Timing {
  return { ...timing, holdDownMs: Math.max(timing.holdDownMs, API_TELLS_MS) }
}
