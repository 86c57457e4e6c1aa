import type { FindingCode } from '../core/findings.ts'

/** What lies behind a finding, and what to do. */
export interface Advice {
  readonly behind: string
  /** From the mildest on; two spaces stand before a command. */
  readonly steps: readonly string[]
}

/** For each code; docs/findings.md is made from this and from core's FINDINGS. */
export const ADVICE: Record<FindingCode, Advice> = {
  ARP101: {
    behind:
      "The speaker of the node is stuck, answers on another interface than this segment's, or a switch between here and there drops its replies. A tagged VLAN on one side alone looks like this too.",
    steps: [
      'Is its speaker running and Ready?  kubectl -n metallb-system get pods -o wide',
      'Ask from another host of the segment: if it is answered there, look at the switch.',
      'Restart that one speaker.',
    ],
  },
  ARP102: {
    behind:
      'memberlist takes seconds to call a dead node dead (docs/memberlist.md). If it lasts, the live speakers do not agree, or run without memberlist. The words "most likely" and "inferred" mean that no speaker\'s own list was read.',
    steps: [
      'Is the node to come back? Then wait for it:  kubectl get nodes',
      'Restart the speaker of the node that is next in line, which this names:  arpcheck explain VIP',
      'Restart all of them:  kubectl -n metallb-system rollout restart daemonset/speaker',
    ],
  },
  ARP103: {
    behind: 'The elected speaker has no configuration, an old one, or hangs.',
    steps: ['Who claims what:  arpcheck --speaker-metrics'],
  },
  ARP104: {
    behind:
      "This is the cluster's configuration, not the network. A pool that BGP alone announces is silent by design and is no finding.",
    steps: [
      'Endpoints and events:  kubectl -n NAMESPACE describe service NAME',
      'Each node, and what excludes it:  arpcheck explain VIP',
    ],
  },
  ARP106: {
    behind: 'MetalLB announces a VIP on the segments of its nodes alone.',
    steps: [
      'Run arpcheck on a host of that segment, a node for example.',
      '--iface NAME asks there all the same: MetalLB also answers on interfaces without an address in that subnet.',
    ],
  },
  ARP107: {
    behind:
      'A NIC, its driver, a bridge or a switch port near the owner drops broadcasts: storm control, a firewall for ARP, a wrong offload.',
    steps: [
      'Compare the counters of the switch port and of the NIC (ethtool -S).',
      'Ask from a host at the same switch.',
    ],
  },
  ARP108: {
    behind: 'The election does not look at networks: any node may win.',
    steps: ['Keep that node out with a nodeSelector in the L2Advertisement.'],
  },
  ARP201: {
    behind:
      'The usual reason is a cluster in transition, or speakers that run on different configuration or count different members.',
    steps: [
      'Ask again in half a minute.',
      'Who is elected, and why:  arpcheck explain VIP',
      'Restart the speaker of the node that answers.',
    ],
  },
  ARP202: {
    behind: 'Releases up to 0.15.3 leave records behind (metallb #2705, #2626, #2930).',
    steps: ['Nothing on the wire is wrong; v0.16.0 and later clean up.'],
  },
  ARP204: {
    behind: 'An advertisement was changed while the address was announced.',
    steps: ['Restart the speaker of that node.'],
  },
  ARP301: {
    behind:
      'The speakers of two nodes each believe that they won (they do not see each other: port 7946), a kernel answers too (kube-proxy in IPVS mode without strictARP), or an address was given away twice.',
    steps: [
      'Allow tcp and udp 7946 between the nodes.',
      'With IPVS set strictARP: true.',
      'See both (without -b arping hides the second):  arping -b -c 3 -I IFACE VIP',
    ],
  },
  ARP302: {
    behind:
      'Bonds, bridges and two cables into one segment do that. Linux answers on every NIC unless arp_ignore is set.',
    steps: ['If one NIC is meant, name it in the L2Advertisement (interfaces).'],
  },
  ARP303: {
    behind: 'A proxy, a bond in a mode that rewrites MACs, a virtual switch.',
    steps: ['See both MACs:  tcpdump -eni IFACE arp and host VIP'],
  },
  ARP304: {
    behind: 'kube-proxy in IPVS mode without strictARP binds every VIP on every node.',
    steps: ['Set strictARP: true in the configuration of kube-proxy.'],
  },
  ARP305: {
    behind:
      'A dual-stack and a single-stack Service share one address, or serviceSelectors match only one of them.',
    steps: ['Give each Service an address of its own.'],
  },
  ARP306: {
    behind: 'Two controllers answer for one address, each by its own rules.',
    steps: ['Leave the Service to one of them.'],
  },
  ARP401: {
    behind:
      'An address conflict: the DHCP range overlaps the pool, or somebody configured the address by hand.',
    steps: ['Find the machine by its MAC at the switch or router.', 'Take the pool out of the DHCP range.'],
  },
  ARP402: {
    behind: 'A router or a VPN gateway with proxy ARP on this segment.',
    steps: ['On that machine:  sysctl -a | grep proxy_arp'],
  },
  ARP403: {
    behind: 'A machine holds an address of the pool that no Service has yet.',
    steps: ['Find it, or take the address out of the pool.'],
  },
  ARP601: {
    behind: 'Port 7946 is blocked between some nodes, keys differ, or a speaker hangs.',
    steps: ['The lists side by side:  arpcheck members', 'Allow tcp and udp 7946 between the nodes.'],
  },
  ARP602: {
    behind: 'Without memberlist MetalLB has nothing that tells a dead node from a live one (metallb #3116).',
    steps: [
      'Bring the node back, delete its Node object, or label it node.kubernetes.io/exclude-from-external-load-balancers.',
      'Switch memberlist on.',
    ],
  },
  ARP603: {
    behind:
      'A firewall or a NetworkPolicy, or the speaker does not run. From outside the cluster it is a remark: a firewall may be meant to keep us out.',
    steps: ['Allow tcp and udp 7946 between the nodes.'],
  },
  ARP604: {
    behind:
      'A speaker refuses a configuration that no longer holds an address that it announces, and keeps its last good one.',
    steps: ['kubectl -n metallb-system get configurationstates'],
  },
  ARP605: {
    behind:
      'The Secret was made anew and some speakers still run with the old one; or MetalLB 0.16.2, which makes its key differently, is being rolled out.',
    steps: [
      'Restart the speakers that are behind:  kubectl -n metallb-system rollout restart daemonset/speaker',
    ],
  },
  ARP606: {
    behind: 'DaemonSet pods tolerate not-ready and unreachable nodes.',
    steps: ['Bring the node back, or delete its Node object.'],
  },
  ARP701: {
    behind:
      'Neighbour tables keep an old owner for seconds to minutes where the gratuitous ARP after a move was missed.',
    steps: ['Forget it at once:  ip neigh flush to VIP dev IFACE'],
  },
  ARP901: {
    behind: 'It is no fault, and no proof of health.',
    steps: ['Ask from another host of the segment.'],
  },
  ARP902: {
    behind: 'It ends by itself.',
    steps: ['Ask again in half a minute.'],
  },
  ARP903: {
    behind:
      'Nothing was given to compare with, something of the cluster could not be read, or its member lists were not.',
    steps: [
      'Give the owner:  arpcheck VIP=NODE',
      'The lines on stderr say what may not be read; docs/permissions.md says what each costs.',
    ],
  },
  ARP904: {
    behind: 'The cable, the VLAN, the wrong interface, or a firewall for ARP on this host.',
    steps: [
      "Look at the interface's counters:  ip -s link show IFACE",
      'Name an address that surely answers.',
    ],
  },
  ARP905: {
    behind:
      'The host was too busy, too many addresses were asked at once, or the engine keeps no statistics (--engine cap, a pcap file).',
    steps: ['Fewer addresses, or a lower --rate.'],
  },
}
