/**
 * How fast memberlist notices and drops a member. Taken from hashicorp/memberlist: `suspicionTimeout` (util.go),
 * `remainingSuspicionTime` (suspicion.go) and `suspectNode` (state.go); times in milliseconds.
 */
export interface MemberlistProfile {
  readonly probeIntervalMs: number
  readonly probeTimeoutMs: number
  readonly suspicionMult: number
  readonly suspicionMaxTimeoutMult: number
  /** How long dead and left members stay in the view. */
  readonly gossipToTheDeadMs: number
}

/** What a MetalLB speaker uses unless it is told otherwise. */
export const LAN: MemberlistProfile = {
  probeIntervalMs: 1000,
  probeTimeoutMs: 500,
  suspicionMult: 4,
  suspicionMaxTimeoutMult: 6,
  gossipToTheDeadMs: 30_000,
}

/** With `--ml-wan-config` (MetalLB 0.14.0 and later). */
export const WAN: MemberlistProfile = {
  probeIntervalMs: 5000,
  probeTimeoutMs: 3000,
  suspicionMult: 6,
  suspicionMaxTimeoutMult: 6,
  gossipToTheDeadMs: 60_000,
}

/** From suspect to dead. */
export interface Suspicion {
  readonly minMs: number
  /** Without any confirmation by others. */
  readonly maxMs: number
  /** Confirmations that bring it down to the minimum; 0: nobody is waited for. */
  readonly confirmations: number
}

/** `members` as memberlist counts them: itself, and the dead that it has not forgotten yet. */
export function suspicionOf(profile: MemberlistProfile, members: number): Suspicion {
  const scale = Math.floor(1000 * Math.max(1, Math.log10(Math.max(1, members))))
  const minMs = (profile.suspicionMult * scale * profile.probeIntervalMs) / 1000
  const wanted = profile.suspicionMult - 2
  const confirmations = members - 2 < wanted ? 0 : Math.max(0, wanted)
  const maxMs = confirmations === 0 ? minMs : minMs * profile.suspicionMaxTimeoutMult
  return { minMs, maxMs, confirmations }
}

/** From suspect to dead when `confirmed` other members have come to suspect it as well. */
export function suspectForMs({ minMs, maxMs, confirmations }: Suspicion, confirmed: number): number {
  if (confirmations === 0) return minMs
  const share = Math.log(confirmed + 1) / Math.log(confirmations + 1)
  return Math.max(minMs, Math.floor(maxMs - share * (maxMs - minMs)))
}

/** Of the many who probe in shuffled rounds, one hits a given member within so many intervals, 999 times of 1000. */
const FIRST_PROBE_INTERVALS = 7

/** Until somebody probes a given member at all: everyone probes everyone else once a round, one an interval. */
export function firstProbeMs(profile: MemberlistProfile, members: number): number {
  return Math.min(Math.max(1, members - 1), FIRST_PROBE_INTERVALS) * profile.probeIntervalMs
}

/** From the death of a member to the last moment at which a healthy cluster may still count it as one. */
export function slowestDeathMs(profile: MemberlistProfile, members: number): number {
  return firstProbeMs(profile, members) + profile.probeIntervalMs + suspicionOf(profile, members).maxMs
}
