export type Severity = 'error' | 'warning' | 'info'

/**
 * Code → what the docs call it, and what it means (`arpcheck explain CODE` and docs/findings.md say just that). Codes are
 * an API and never reused. The severity is the usual one; a finding may be milder.
 */
export const FINDINGS = {
  ARP101: {
    severity: 'error',
    name: 'silent',
    meaning:
      'Nobody answers, though somebody should: the node that should answer is alive, as far as is known.',
  },
  ARP102: {
    severity: 'error',
    name: 'dead-owner',
    meaning:
      'Nobody answers, and the elected node itself is dead: a speaker that should take over still counts it as a member. Candidates come from the member table of each speaker, not from the list of pods, so that deleting the dead pod changes nothing.',
  },
  ARP103: {
    severity: 'error',
    name: 'no-claimant',
    meaning:
      'Nobody answers, and no speaker that runs says that it announces the VIP: the speaker that should does not know of it.',
  },
  ARP104: {
    severity: 'warning',
    name: 'no-candidate',
    meaning:
      'No node may announce the VIP, though it was meant to be announced. The first filter that fails is named: no endpoint that serves, no advertisement, every node excluded.',
  },
  ARP106: {
    severity: 'info',
    name: 'vantage-off-segment',
    meaning:
      "This host has no interface on the VIP's segment, so that nothing was asked. ARP does not cross a router.",
  },
  ARP107: {
    severity: 'error',
    name: 'broadcast-deaf',
    meaning:
      'The VIP is answered when one MAC is asked alone, but not when all are asked. Clients ask all: for them it is down.',
  },
  ARP108: {
    severity: 'error',
    name: 'owner-off-segment',
    meaning:
      "Nobody answers: the elected node is alive, but has no interface on the VIP's segment, so that nobody here can hear it.",
  },
  ARP201: {
    severity: 'error',
    name: 'wrong-owner',
    meaning:
      'A node of the cluster, or a MAC, answers that should not: the speakers do not agree with the election, or nobody should answer at all.',
  },
  ARP202: {
    severity: 'warning',
    name: 'stale-record',
    meaning:
      'The right node answers, but what MetalLB wrote down (ServiceL2Status, the last nodeAssigned event) names another.',
  },
  ARP203: {
    severity: 'warning',
    name: 'moved-unannounced',
    meaning:
      'The VIP moved to another node, and the new one was not heard to announce it. Whoever knew the old MAC goes on sending there until its entry ages.',
  },
  ARP204: {
    severity: 'warning',
    name: 'wrong-interface',
    meaning: 'The right node answers, from an interface that the advertisements do not name.',
  },
  ARP301: {
    severity: 'error',
    name: 'split-brain',
    meaning:
      'Two or more machines answer. Clients stay with whichever reply came last, so that connections break at random.',
  },
  ARP302: {
    severity: 'warning',
    name: 'several-nics',
    meaning:
      'Several MACs of one and the same machine answer. That is no split brain, but traffic may change its path.',
  },
  ARP303: {
    severity: 'warning',
    name: 'proxied-mac',
    meaning:
      'The frame comes from another MAC than the one it names as the owner: something relays the reply, or lies.',
  },
  ARP304: {
    severity: 'error',
    name: 'kernel-answers',
    meaning:
      'The kernel of a node answers, not its speaker: the VIP is an address of an interface there (IPVS without strictARP, or set by hand).',
  },
  ARP305: {
    severity: 'error',
    name: 'shared-ip-two-winners',
    meaning:
      "Services that share the address elect different nodes by MetalLB's own rules, so that both answer.",
  },
  ARP306: {
    severity: 'warning',
    name: 'other-controller',
    meaning:
      'Another load balancer controller announces this VIP too: K3s ServiceLB, kube-vip, Cilium or Calico.',
  },
  ARP401: {
    severity: 'error',
    name: 'foreign-host',
    meaning: 'A machine that is no node of the cluster, or that cannot be the owner, answers for the VIP.',
  },
  ARP402: {
    severity: 'warning',
    name: 'proxy-arp',
    meaning:
      'One MAC answers for addresses that nobody has: proxy ARP. Whatever it answers for proves nothing, and a dead VIP looks alive.',
  },
  ARP403: {
    severity: 'warning',
    name: 'pool-squatter',
    meaning:
      'An address that must be free is answered. As soon as a Service gets it, two machines will answer.',
  },
  ARP501: {
    severity: 'warning',
    name: 'flapping',
    meaning:
      'The owner of the VIP changed four times or more within ten minutes. Each change breaks the connections that go through it.',
  },
  ARP502: {
    severity: 'warning',
    name: 'slow-failover',
    meaning:
      "Nobody answered for the VIP for longer than MetalLB's own bound, before another node took it. memberlist takes no longer than that to drop a dead node.",
  },
  ARP601: {
    severity: 'error',
    name: 'views-differ',
    meaning:
      'Live speakers do not count the same members, for longer than a healthy cluster takes to agree. Each elects by its own list, so that two may announce one VIP, or nobody may.',
  },
  ARP602: {
    severity: 'warning',
    name: 'memberlist-off',
    meaning:
      'memberlist is off, so that every node with a speaker stays a candidate for ever, and a candidate is down: its VIPs do not move.',
  },
  ARP603: {
    severity: 'error',
    name: 'port-blocked',
    meaning:
      'A speaker does not answer on its memberlist port, though its node is alive. Speakers that cannot reach each other elect differently.',
  },
  ARP604: {
    severity: 'warning',
    name: 'config-stale',
    meaning:
      'A speaker runs on other configuration than the API holds: it elects and announces by the old one, or announces nothing.',
  },
  ARP605: {
    severity: 'error',
    name: 'key-mismatch',
    meaning:
      'The speakers do not all use the memberlist key that is known here. Those with different keys do not count each other as members.',
  },
  ARP606: {
    severity: 'warning',
    name: 'lingering-pod',
    meaning:
      'The speaker pod of a dead node is still listed. DaemonSet pods tolerate unreachable nodes, so that they stay until the Node object goes; the election does not look at them.',
  },
  ARP701: {
    severity: 'warning',
    name: 'stale-neighbour',
    meaning:
      'This host itself had another MAC for the VIP in its neighbour table than the one that answers, or had given up on it: its own traffic went to the wrong place.',
  },
  ARP901: {
    severity: 'info',
    name: 'self-owned',
    meaning:
      'The VIP belongs to this host. A host does not hear its own broadcasts, so that silence says nothing here.',
  },
  ARP902: {
    severity: 'info',
    name: 'settling',
    meaning: 'Who should answer changed while we asked, or a moment before: it is not judged yet.',
  },
  ARP903: {
    severity: 'info',
    name: 'no-expectation',
    meaning: 'What answers is shown, but who should answer is not known, or only under an assumption.',
  },
  ARP904: {
    severity: 'error',
    name: 'deaf-vantage',
    meaning:
      'Nothing at all was heard, not even an address that must answer: silence proves nothing on this interface.',
  },
  ARP905: {
    severity: 'error',
    name: 'frames-lost',
    meaning: 'Frames were lost, or nobody counted them: a missing reply may be among them.',
  },
} as const satisfies Record<string, { severity: Severity; name: string; meaning: string }>

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
