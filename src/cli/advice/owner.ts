import type { Advice } from './advice.ts'

/** ARP2xx: one node answers, and something about it is not as it should be. */
export const OWNER = {
  ARP201: {
    seen: "Seen: the MAC that answers. Whose it is comes from NIC records, or from ARP for the nodes' own addresses in the same run. Who should answer is computed by MetalLB's rules, from member lists that were read, or else under every assumption that Kubernetes allows: only a node that wins under none is called wrong.",
    causes: [
      'The speakers do not see each other, and each part of them elects for itself (metallb #589, #740, #598, #782, #1539).',
      'The speaker that answers runs on an older configuration than the API holds (metallb #2245, #252).',
      'The VIP is an address of that machine, so that its kernel answers: ARP304.',
      'Another load balancer controller put it there: ARP306.',
      'During an upgrade two releases elect by different rules; 0.14.9 alone leaves out cordoned nodes (metallb #2715).',
      'A node that comes back takes its VIPs at once, there is no stickiness (metallb #1710, #1937). That is right, and ends with the hold-down.',
    ],
    confirm: [
      'Who is elected, and why:  arpcheck explain VIP',
      'Do the speakers agree?  arpcheck members',
      'Does the MAC still answer? Who else does?  arping -b -c 3 -I IFACE VIP',
      'Is it an address of that node? There:  ip -brief address',
    ],
    mend: [
      'Ask again in half a minute.',
      'Restart the speaker of the node that answers:  kubectl -n metallb-system delete pod POD',
      'Allow tcp and udp 7946 between the nodes.',
    ],
    unlike: [
      ['ARP301', 'several nodes answer, and each wins in the list of some speaker, or no list was read.'],
      ['ARP401', 'what answers is no node.'],
      ['ARP304', 'the kernel of the node answers: restarting its speaker changes nothing.'],
    ],
  },
  ARP202: {
    seen: 'Seen: the right node answers. Read: the newest ServiceL2Status, or without one the newest nodeAssigned event, has named another for longer than a fail-over takes.',
    causes: [
      'Up to 0.15.3 each node removes only its own records, and one of a dead node stays (metallb #2705, #2626, #2930, cozystack/cozystack#2120).',
      'The record belongs to a speaker pod that is still listed: it goes with that pod.',
      'With two announcing nodes the record flips between them. If two answer, ARP301 says so.',
    ],
    confirm: [
      'What is written down:  kubectl get servicel2statuses -A -o wide',
      'And the events:  kubectl -n NAMESPACE describe service NAME',
    ],
    mend: [
      'Nothing on the wire is wrong: believe the reply, not the record.',
      'From 0.16.0 on the new owner removes the records of others: upgrade.',
      'Or delete the one that is wrong:  kubectl -n metallb-system delete servicel2status NAME',
    ],
    unlike: [['ARP201', 'the node that answers is the wrong one.']],
  },
  ARP203: {
    seen: 'Seen, by a daemon that listened all the time and lost no frame: one node answered, then another, and in the 6 s after that no gratuitous ARP of the new one. A one-shot run cannot know it. MetalLB announces for 5 s after each take-over, five times, two frames each.',
    causes: [
      'The announcement was sent and got lost: a switch port that was just coming up, storm control, a driver that was not ready (metallb #584). MetalLB does not repeat it later (metallb #2910).',
      'A switch fabric, hypervisor or access point that filters gratuitous ARP, or passes none on (metallb #2009, #1890).',
      "The new owner's kernel answers, not its speaker: ARP304. A kernel announces nothing.",
      'Somebody else than MetalLB moved it: ARP306.',
    ],
    confirm: [
      'Which MAC clients and the router have. There:  ip neigh show VIP',
      'Whether announcements arrive, while the VIP moves:  tcpdump -p -eni IFACE arp and host VIP',
      'Whether the speaker tried. Its log, and metallb_layer2_gratuitous_sent:  kubectl -n metallb-system logs POD',
    ],
    mend: [
      'Where an entry is old, on that client or router:  ip neigh flush to VIP',
      'Let its speaker announce it again, by a restart:  kubectl -n metallb-system delete pod POD',
      'Let the switch pass gratuitous ARP from the ports of the nodes.',
    ],
    unlike: [
      ['ARP701', "it is this host's own table that was old."],
      ['ARP502', 'it was announced, but late.'],
    ],
  },
  ARP204: {
    seen: 'Seen: the MAC of another interface of the right node than those that the advertisements for this VIP name.',
    causes: [
      'The advertisement was changed to an interface that the node does not have: the old one may go on answering until the Service is withdrawn. Inferred from the source of MetalLB.',
      'Several interfaces of the node are on this segment, and one that is not named answers (metallb #277, #531, #597, #2026, #2635).',
    ],
    confirm: [
      'The interfaces that are named:  kubectl -n metallb-system get l2advertisements -o yaml',
      'Those that the node has, with their MACs. There:  ip -brief link',
    ],
    mend: [
      'Name interfaces that every candidate has:  kubectl -n metallb-system edit l2advertisement NAME',
      'Restart the speaker of that node:  kubectl -n metallb-system delete pod POD',
    ],
    unlike: [['ARP302', 'several interfaces answer, and none of them is forbidden.']],
  },
} as const satisfies Record<`ARP2${string}`, Advice>
