// What can go wrong with a VIP in MetalLB's layer 2, and what MetalLB's own tests hold: the numbers that stories refer to.

/** Classes of failure, as users report them; the first ones most often. */
export const CLASSES: Readonly<Record<number, string>> = {
  1: 'no endpoint serves the Service',
  2: 'every candidate has the label exclude-from-external-load-balancers',
  3: 'no L2Advertisement is for the pool, the node or the Service',
  4: 'kube-proxy in IPVS mode without strictARP: every node answers',
  5: 'a NIC drops broadcasts (WiFi, single-board computers)',
  6: 'a hypervisor, cloud or switch filters the replies',
  7: 'several NICs of the owner on one segment, or the wrong one answers',
  8: 'memberlist is split: port 7946 is blocked',
  9: 'fail-over from a dead node is slow, or does not come',
  10: 'a router or client keeps the old MAC',
  11: 'memberlist keys differ',
  12: 'Services that share the address elect two nodes',
  13: 'another machine has the address: DHCP client, static host, node, gateway',
  14: 'a second load balancer controller, or proxy ARP',
  15: 'the elected node is on another segment',
  16: 'ARP is right, the traffic is not',
  17: 'an advertisement names an interface that is absent, down or enslaved',
  18: 'IPv6: neighbour discovery',
  19: 'fail-back, flapping',
  20: 'a network that emulates ARP, or passes none',
  21: 'memberlist is off',
  22: 'cordoned nodes',
  23: 'a speaker runs on other configuration than the API holds',
  24: 'ServiceL2Status is wrong, ARP is right',
  25: 'a NIC was replaced, renamed, or got another MAC',
}

/** Scenarios of MetalLB's end-to-end tests for layer 2, in the words of what is to be seen. */
export const SCENARIOS: Readonly<Record<number, string>> = {
  1: 'traffic policy Cluster: exactly one node answers',
  2: 'ServiceL2Status names the node that answers, and follows the Service',
  3: 'traffic policy Local: a node with an endpoint answers',
  4: 'TCP and UDP ports on one Service: one owner',
  5: 'NetworkUnavailable on the owner: it moves, and back',
  6: 'the exclusion label on the owner: it moves, and back; on all nodes: nobody',
  7: 'a pool as a range and as a network',
  8: 'two Services share an address: one node answers for both',
  9: "the speakers' metrics",
  10: 'a pool named by annotation',
  11: 'the Service goes; its address goes to another',
  12: 'the controller restarts: addresses and owners stay',
  13: 'sharing is looked at anew when policy or selector change',
  14: 'the pool goes',
  15: 'pools for namespaces and Services, with priorities',
  16: 'PreferDualStack',
  17: "the pools' counters",
  18: 'a Service of another class is none of ours',
  19: 'the answer comes from the NIC that the advertisement names',
  20: 'the NIC is changed while it is announced',
  21: 'no such NIC: nobody answers, and an event says why',
  22: 'two advertisements with different NICs: both answer',
  23: 'NIC and node selector together',
  24: 'one node is selected: it alone answers',
  25: 'several selectors: the owner is one of all that they select',
  26: 'no node matches: nobody; a node is labelled: it answers',
  27: 'a preferred node wins; without its label the hash does',
  28: 'a preference for no node changes nothing',
  29: 'a preferred node loses its speaker, and takes the VIP back when it returns',
  30: 'the preference is edited: elected anew',
  31: 'a node selector with a preference inside',
  32: 'a preference outside the node selector is ignored',
  33: 'weights of several advertisements add up',
  34: 'a preference for some Services alone',
  35: 'pool and Service must both match, or nobody answers',
  36: 'two advertisements match the Service, with different nodes: one of both answers',
  37: 'no advertisement matches Service and node at once: nobody',
  38: 'several Service selectors: one that matches is enough',
  39: 'the speaker is evicted from the owner: it moves, and back',
}

/** What else is silent for one VIP while a dead node is about; only the first of them is cured as the first is. */
export const RIVALS: Readonly<Record<number, string>> = {
  1: "a dead node is still counted in the successor's own view",
  2: 'the better-ranked node is a live member that announces nothing: no configuration, or an old one',
  3: 'the better-ranked node announces and cannot be heard',
  4: 'IPv6: its multicast group was lost',
  5: 'memberlist is off, and the hash elects the dead node',
  6: 'traffic policy Local, and the last endpoint is on the dead node',
  7: 'the gateway keeps the MAC of the dead node',
}

/** Classes that no story shows as it is: why not, and what stands for it. */
export const STOOD_FOR: Readonly<Record<number, string>> = {
  4: 'No IPVS module here: addresses on an interface make the same kernels answer in the same way.',
  5: 'Namespaces have no radio: a responder that takes no broadcasts stands for the NIC.',
  6: 'Nothing between a switch port and a host can filter here: a speaker that does not hear, or whose replies never leave, stands for the filter. Where a reply arrives and the traffic behind it is dropped, it is class 16.',
  8: 'No filter of ports here: speakers that were told not to count each other elect as after a split; a port that refuses is real.',
  16: 'Nothing is served behind a VIP here, and arpcheck sends no traffic: its verdict is `ok`, as where a gateway keeps an old MAC.',
  18: 'arpcheck asks by ARP alone: an IPv6 address is listed and not judged.',
  20: 'No cloud here: a host with proxy_arp for the whole network answers as such a cloud does.',
  25: 'A speaker that was told its old MAC stands for one that started before the NIC changed.',
}

/** Scenarios that no story shows, and why. */
export const NOT_ON_THE_WIRE: Readonly<Record<number, string>> = {
  9: 'counters, not answers: `test/speakers`',
  10: 'which pool gives an address is decided before anything is announced',
  12: "a controller gives addresses and announces none; arpcheck's verdict does not depend on it",
  13: 'the controller decides; once it has, it is scenario 8 or 11',
  15: 'which pool gives an address is decided before anything is announced',
  16: 'the second address of a Service is an IPv6 one: class 18',
  17: 'counters, not answers',
}
