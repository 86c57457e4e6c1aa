import type { Advice } from './advice.ts'

/** ARP4xx: a machine answers that is no node. */
export const FOREIGN = {
  ARP401: {
    seen: 'Seen: the MAC that answers. It is no NIC of any node that may announce: their NICs on this segment are all known, or it was asked for the address of every node, each by unicast, and answered for none. The vendor comes from the IEEE list and names who made the NIC, not who owns it.',
    causes: [
      'An address conflict: the DHCP range overlaps the pool, or somebody set the address by hand (metallb #306, #519, #157).',
      'Another cluster, or its pool, has the same address (metallb #772).',
      'The pool overlaps machines that were there before (metallb #364).',
      'A router or gateway answers for everything: ARP402.',
    ],
    confirm: [
      'Is it alone? Who else answers?  arping -b -c 3 -I IFACE VIP',
      'Which port is it on? Look for the MAC in the table of the switch, and in the leases of the DHCP server.',
      'Does it answer for an address that nobody has?  arpcheck --must-be-free FREE VIP',
    ],
    mend: [
      'Take the pool out of the DHCP range.',
      'Take the address off that machine.',
      'Or take it out of the pool:  kubectl -n metallb-system edit ipaddresspool NAME',
    ],
    unlike: [
      ['ARP402', 'the same MAC answers for addresses that nobody has.'],
      ['ARP403', 'no Service has the address yet.'],
      ['ARP903', 'the MAC could not be traced to a node, and not be ruled out either.'],
    ],
  },
  ARP402: {
    seen: 'Seen: one MAC answers for two addresses or more that must be free. Where no free address was asked for, proxy ARP is not ruled out.',
    causes: [
      'A router, a VPN gateway or a bridge with proxy_arp on this segment.',
      'A segment that has no broadcasts between hosts, and an ARP that the cloud, the Wi-Fi or the VPN makes up: every address has the MAC of the gateway, those of the nodes as well (metallb #419, #637).',
    ],
    confirm: [
      'Ask for an address that nobody has:  arping -b -c 3 -I IFACE FREE',
      'On the machine that answers:  sysctl -a | grep proxy_arp',
    ],
    mend: [
      'Switch it off there, for that interface:  sysctl -w net.ipv4.conf.IFACE.proxy_arp=0',
      'Where the network itself makes ARP up, layer-2 mode cannot work: use BGP, or the load balancer of the cloud.',
    ],
    unlike: [
      ['ARP401', 'the machine answers for this address alone.'],
      ['ARP303', 'a relay answers in the name of another MAC.'],
    ],
  },
  ARP403: {
    seen: 'Seen: a reply for an address that no Service has, or that --must-be-free names. One alone; a MAC that answers for two such addresses is a proxy.',
    causes: [
      'A DHCP client or a machine with a fixed address inside the pool. MetalLB does not look before it gives an address away (metallb #306).',
      'The pool overlaps the addresses of nodes (metallb #364).',
      'A Service that is gone, and a speaker or a kernel that has not let go of its address.',
    ],
    confirm: [
      'Who is it?  arpcheck --no-kube VIP',
      'Is it in the leases of the DHCP server, or an address of a node?  kubectl get nodes -o wide',
    ],
    mend: [
      'Take the pool out of the DHCP range.',
      'Take the address out of the pool:  kubectl -n metallb-system edit ipaddresspool NAME',
    ],
    unlike: [
      ['ARP401', 'a Service has the address already: clients are hit now.'],
      ['ARP402', 'the MAC answers for several free addresses.'],
    ],
  },
} as const satisfies Record<`ARP4${string}`, Advice>
