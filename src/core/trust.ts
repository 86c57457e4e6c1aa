import type { ElectedExpectation } from './case.ts'
import type { ClusterSide, Timing } from './cluster-side.ts'
import type { ClusterExpectation, Undecided } from './expectation.ts'

export interface Trust {
  /** Where no speaker shows whom it counts, that is inferred. */
  readonly infers: boolean
  /** Nobody is asked for anything: only the API tells that a node is dead. */
  readonly isPatient: boolean
}

/** Who keeps silent differs little from look to look. */
const KEPT_EXPECTATIONS = 1024

/**
 * What to expect, as far as it is to be trusted; remembered, as an election sorts all nodes by a hash, and each look at the wire
 * asks for it several times.
 */
export function trusted(side: ClusterSide, { infers, isPatient }: Trust): ClusterSide {
  const known = new Map<string, ReturnType<ClusterSide['expect']>>()
  const timing = isPatient ? untilTheApiTells(side.timing) : side.timing
  return {
    ...side,
    timing,
    expect: (vip, silentNodes) => {
      const key = [vip, ...[...silentNodes].toSorted()].join(' ')
      const found = known.get(key)
      if (found) return found
      const elected = side.expect(vip, silentNodes)
      const read = elected && !infers ? withViewsAlone(elected) : elected
      const expected = read && { ...read, timing }
      if (known.size >= KEPT_EXPECTATIONS) known.clear()
      known.set(key, expected)
      return expected
    },
  }
}

/** `memberlist: require`: an expectation that rests on guessed members is none. */
function withViewsAlone(expected: ElectedExpectation): ElectedExpectation {
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
function untilTheApiTells(timing: Timing): Timing {
  return { ...timing, holdDownMs: Math.max(timing.holdDownMs, API_TELLS_MS) }
}
