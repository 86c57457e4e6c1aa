import type { Advice } from './advice.ts'

/** ARP7xx and ARP9xx: the host that asks, and what it can know. */
export const HERE = {
  ARP701: {
    seen: "Read before our first question, which refreshes the table: this host's neighbour entry for the VIP. It held another MAC than the one that answers now, or FAILED.",
    causes: [
      'The VIP moved, and this host missed the gratuitous ARP, or ignored it. MetalLB sends it for some 5 seconds after a move and never again (metallb #2009, #2910, #584).',
      'Two machines answer in turn: see whether ARP301 or ARP401 stands beside this.',
    ],
    confirm: [
      'What does it hold now?  ip neigh show VIP',
      'Does the right machine answer? Only that one?  arping -b -c 3 -I IFACE VIP',
      'Gateways and switches have tables of their own. Look there if others are cut off (metallb #123, #1890).',
    ],
    mend: [
      'Forget it at once:  ip neigh flush to VIP dev IFACE',
      'On a router, clear its entry for the VIP.',
    ],
    unlike: [['ARP201', 'the wrong machine answers. Here the right one does, and this host did not know.']],
  },
  ARP901: {
    seen: 'Read: the address is on this host, or this host is the elected node; or, without a cluster, another process here listens for ARP and might answer. A host does not hear its own broadcasts.',
    causes: ['arpcheck runs on the node that announces the VIP. It is no fault, and no proof of health.'],
    confirm: ['Which process listens?  arpcheck -v VIP', 'Who is elected?  arpcheck explain VIP'],
    mend: [
      'Ask from another host of the segment.',
      'Where the owner is known, say so: silence counts then.  arpcheck VIP=NODE',
    ],
    unlike: [['ARP903', 'what answers is heard, and nothing to hold it against is known.']],
  },
  ARP902: {
    seen: 'Read: the cluster changed between the two looks, or so short a time ago that a lawful fail-over explains what is seen. How long that may take is computed from the size of the cluster and the timers of its memberlist.',
    causes: [
      'A node or a speaker went away or came back. On a LAN a fail-over takes 5 to 8 seconds as a rule, 24 and more at worst (metallb #298, #733, #767).',
      'Endpoints, labels, pools or advertisements were changed.',
    ],
    confirm: [
      'What changed?  kubectl get events -A --sort-by=.lastTimestamp',
      'What do the speakers think?  arpcheck members',
    ],
    mend: [
      'Nothing: arpcheck asks again until it is over.',
      'To see what would be said now:  arpcheck --no-settle VIP',
    ],
    unlike: [['ARP102', 'the same silence, for longer than any fail-over takes.']],
  },
  ARP903: {
    seen: 'What answers is seen. Who should answer is not known: nothing was given, something of the cluster could not be read, or it holds only if something is assumed. The finding says which.',
    causes: [
      'Without a cluster nothing was given to compare with.',
      'Permissions are missing; each one costs what its row in docs/permissions.md says.',
      'The member lists were not read, and the election is not the same under every assumption.',
      'The MAC that answers could not be traced to a node, nor be ruled out as one: another NIC of it, perhaps.',
      'A roll-out mixes releases whose rules differ.',
    ],
    confirm: [
      'The lines on stderr say what could not be read.',
      'Candidates, and what rests on what:  arpcheck explain VIP',
    ],
    mend: [
      'Say who should answer:  arpcheck VIP=NODE',
      'Or, without a cluster:  arpcheck --no-kube VIP=MAC',
      'Grant what is missing:  kubectl apply -f deploy/rbac.yaml',
    ],
    unlike: [['ARP401', 'the MAC is proven to be no node.']],
  },
  ARP904: {
    seen: 'Seen: nothing answered on this interface, not even an address that must: the gateway, a node, another VIP. Silence proves nothing here, and no VIP was judged by it.',
    causes: [
      'The wrong interface, or the wrong VLAN.',
      'The cable, the switch port, or a Wi-Fi that keeps its clients apart.',
      'A firewall for ARP on this host, or a hypervisor that drops frames.',
      'There is no address that must answer: no gateway, and no node on this segment.',
    ],
    confirm: [
      'Link, errors, drops:  ip -s link show dev IFACE',
      'Does anything answer here?  arping -c 3 -I IFACE GATEWAY',
      'Filters:  nft list ruleset',
    ],
    mend: [
      'Ask on the right interface:  arpcheck --iface NAME VIP',
      'Name an address that surely answers beside the VIP:  arpcheck VIP GATEWAY',
    ],
    unlike: [
      ['ARP101', 'others were heard in the same round.'],
      ['ARP106', 'no interface is on the segment at all.'],
    ],
  },
  ARP905: {
    seen: 'Counted: the kernel or our own ring dropped frames, in every round; or nobody counts them, as with --engine cap and in pcap files. A reply may have been among them. Or our own question was not seen to leave.',
    causes: [
      'The kernel refused to send: a queue that is full or limited (tc).',
      'The host was busy, or too many addresses were asked at once.',
      'A flood of ARP on the segment.',
      'The engine or the capture file keeps no statistics.',
    ],
    confirm: ['The counts:  arpcheck -o json VIP', 'Drops of the interface:  ip -s link show dev IFACE'],
    mend: [
      'Ask for fewer addresses, or more slowly:  arpcheck --rate 20 VIP',
      'Use the native engine, and pcapng rather than pcap.',
    ],
    unlike: [['ARP904', 'nothing was lost, and nothing was heard.']],
  },
} as const satisfies Record<`ARP${7 | 9}${string}`, Advice>
