import type { FindingCode } from '../../core/findings.ts'
import type { UnknownReason, VerdictName } from '../../core/verdict.ts'

/** What arpcheck may rightly say of a VIP: the verdict, and the first of its findings. */
export interface Admitted {
  readonly verdict: VerdictName
  readonly reason?: UnknownReason
  readonly finding: FindingCode | null
  /** Set where it is not what was injected, and right all the same. */
  readonly because?: Allowance
}

/** Every case in which more than one thing is right, and why; docs/campaign.md has the same table. */
export const ALLOWANCES = {
  'noticed-meanwhile': 'asked while something happens: before or behind it, and what it brings about',
  'in-the-middle': 'the same with --no-settle: a fault that would pass is called one, or the move is seen',
  settled: 'asked while something happens: it deviated at first, and arpcheck tells that it settled',
  'unread-mismatch':
    'no view could be read, and the node that answers wins if those that are silent are no members',
  'unread-silence': 'no view could be read, and if those that are silent are no members nobody should answer',
  'unread-cause': 'no view could be read: a dead node that is still counted looks like a mute successor',
  'unread-winner': 'the view of a node that answers could not be read: nobody knows whether it elects itself',
  'unread-self':
    'the view of the node that asks could not be read: it may be its own answer that it cannot hear',
  'no-views': 'memberlist is off: there are no views that could differ, and none that could agree',
  'no-candidate':
    'a node that cannot be elected answers as a speaker would: its kernel is the likelier cause',
  relayed:
    "the VIP is a node's own address: who answers for two nodes' addresses looks like a relay, which is nobody's",
  'own-answer': 'one of two answers is of the host that asks, which cannot hear itself',
  'two-records':
    'two speakers elect themselves and one is heard: each writes a record, and either may be the newest',
  'said-once': 'a deaf vantage is a finding of the report, said once for all VIPs',
  'both-hold': 'two warnings hold, and none comes before the other',
} as const
export type Allowance = keyof typeof ALLOWANCES

export function admit(verdict: VerdictName, finding: FindingCode | null, because?: Allowance): Admitted {
  return { verdict, finding, ...(because && { because }) }
}

export function admitUnknown(
  reason: UnknownReason,
  finding: FindingCode | null,
  because?: Allowance,
): Admitted {
  return { ...admit('unknown', finding, because), reason }
}
