export type Severity = 'error' | 'warning' | 'info'

/** Code → what `arpcheck explain` and the docs call it. Codes are an API and never reused. */
export const FINDINGS = {
  ARP101: { severity: 'error', name: 'silent' },
  ARP106: { severity: 'info', name: 'vantage-off-segment' },
  ARP107: { severity: 'error', name: 'broadcast-deaf' },
  ARP201: { severity: 'error', name: 'wrong-owner' },
  ARP301: { severity: 'error', name: 'split-brain' },
  ARP302: { severity: 'warning', name: 'several-nics' },
  ARP303: { severity: 'warning', name: 'proxied-mac' },
  ARP401: { severity: 'error', name: 'foreign-host' },
  ARP402: { severity: 'warning', name: 'proxy-arp' },
  ARP403: { severity: 'warning', name: 'pool-squatter' },
  ARP701: { severity: 'warning', name: 'stale-neighbour' },
  ARP901: { severity: 'info', name: 'self-owned' },
  ARP903: { severity: 'info', name: 'no-expectation' },
  ARP904: { severity: 'error', name: 'deaf-vantage' },
  ARP905: { severity: 'error', name: 'frames-lost' },
} as const satisfies Record<string, { severity: Severity; name: string }>

export type FindingCode = keyof typeof FINDINGS

/** Explains a verdict; `next` commands go from least to most disruptive. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  /** One sentence, the VIP first. */
  readonly message: string
  /** Facts, each one marked as seen or inferred where that matters. */
  readonly why: readonly string[]
  readonly next: readonly string[]
}
