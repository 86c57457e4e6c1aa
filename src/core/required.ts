import type { ElectedExpectation } from './case.ts'
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
