import type { Advice } from './advice.ts'

/** ARP3xx: more than one answers, or not the speaker alone. */
export const SEVERAL = {
  ARP301: {
    seen: 'Seen: replies of two or more machines to the same question, in one run. Where member lists were read, each of these nodes is the winner in the list of some speaker; else that is not known.',
    causes: [
      'The speakers do not reach each other on port 7946, tcp or udp: a firewall, a security group, another program on the port. Each part elects for itself, and only VIPs with different winners are doubled (metallb #589, #740, #598, #782, #1539, #581, #2838).',
      'They use different memberlist keys: ARP605 (metallb #1768, #1765, #888, #569, #1544, #2354).',
      'A speaker has just started. Until its first join it is a list of one and takes every VIP that it may: seconds, as a rule, minutes where its first look for other pods fails.',
      'The kernel of one of them answers: ARP304.',
      'Asked without a cluster, strangers count too: an address conflict, or two clusters with one pool (metallb #772).',
    ],
    confirm: [
      'See both; without -b arping hides the second:  arping -b -c 3 -I IFACE VIP',
      'Do the speakers count each other?  arpcheck members',
      'Do packets get through, too?  arpcheck members --udp',
    ],
    mend: [
      'Allow tcp and udp 7946 between all nodes. Speakers that lost each other try again every minute.',
      'Restart the speakers that are alone, one at a time:  kubectl -n metallb-system delete pod POD',
    ],
    unlike: [
      ['ARP201', 'the member lists were read, and one of those that answer wins in none of them.'],
      ['ARP302', 'the MACs belong to one machine.'],
      ['ARP304', 'one of them is a kernel: the speakers may agree very well.'],
      ['ARP305', 'the speakers agree, and Services that share the address do not.'],
    ],
  },
  ARP302: {
    seen: 'Seen: replies with several MACs. That they are of one machine comes from NIC records, from ARP for node addresses, or from the MACs that were given with the address.',
    causes: [
      'Two NICs of the node are on one segment, and MetalLB answers on every interface that is up unless the advertisement names some (metallb #277, #531, #597, #465, #894, #1299, #2026, #2635, #316).',
      'A bond that balances by ARP gives each client another MAC. Inferred, not tried.',
      'A VLAN interface and its parent both answer. Inferred, not tried.',
    ],
    confirm: [
      'See all of them:  arping -b -c 3 -I IFACE VIP',
      'The MACs of the node. There:  ip -brief link',
    ],
    mend: [
      'If one NIC is meant, name it in the L2Advertisement:  kubectl -n metallb-system edit l2advertisement NAME',
      'Or leave it: clients reach the right machine either way.',
    ],
    unlike: [['ARP301', 'the MACs belong to different machines.']],
  },
  ARP303: {
    seen: "Seen: the Ethernet source of the frame differs from the sender in the ARP reply. A MetalLB speaker's own frames have the same in both.",
    causes: [
      'Something on the way relays ARP in the name of others: an access point, a proxy, a virtual switch.',
      'A bond in a mode that rewrites MACs.',
      'The announcing node is gone and a proxy still answers for it, as OpenELB has shown (openelb/openelb#392, openelb/openelb#137).',
    ],
    confirm: [
      'See both MACs:  tcpdump -p -eni IFACE arp and host VIP',
      'Where is the source? Look for that MAC in the table of the switch.',
    ],
    mend: ['Find what relays it, and ask from a host on the near side of it.'],
    unlike: [['ARP402', 'the proxy answers with its own MAC in both places.']],
  },
  ARP304: {
    seen: 'Seen: a reply of 42 bytes, which MetalLB never sends: its frames are padded to 60. A physical NIC pads every reply, so that this proves a kernel but its absence proves nothing; then it is inferred from a node that answers and has no speaker pod.',
    causes: [
      'kube-proxy in IPVS mode without strictARP: it binds every VIP to kube-ipvs0 on every node, and Linux answers for it on every NIC (metallb #153, #2500, #1395, kubernetes/kubernetes#59976, kubermatic/kubermatic#7309, kubernetes-sigs/kubespray#5180).',
      'The address was set by hand on an interface, or left over there.',
      'The VIP is the own address of that node: the pool overlaps the nodes (metallb #364).',
    ],
    confirm: [
      'Which interface holds it? On that node:  ip -brief address | grep VIP',
      'The mode of kube-proxy:  kubectl -n kube-system get configmap kube-proxy -o yaml | grep -E "mode|strictARP"',
      'Does Linux answer for it? 0 is yes:  sysctl net.ipv4.conf.all.arp_ignore',
      'Replies go on while the speaker of the node is stopped.',
    ],
    mend: [
      'Set strictARP: true (K3s: --kube-proxy-arg=ipvs-strict-arp=true), and restart kube-proxy:  kubectl -n kube-system rollout restart daemonset/kube-proxy',
      'Take a left-over address away:  ip address del VIP/32 dev IFACE',
      'Take the nodes out of the pool.',
    ],
    unlike: [
      ['ARP301', 'speakers answer, and each believes that it won.'],
      ['ARP306', 'another controller put the address there, and will put it there again.'],
    ],
  },
  ARP305: {
    seen: "Computed by MetalLB's rules: the Services that share the address elect different nodes. Seen: just these nodes answer.",
    causes: [
      'A dual-stack Service and a single-stack one share the address: each election hashes the first address of its own Service (metallb #315, #968, #558, #1696, #271, #1499, #335).',
      'serviceSelectors of an L2Advertisement match one of the Services and not the other (MetalLB 0.16.0 and 0.16.1).',
      'externalTrafficPolicy Local, and EndpointSlices that were written by hand.',
    ],
    confirm: [
      'The election of each Service:  arpcheck explain VIP',
      'Which share it:  kubectl get services -A -o wide | grep VIP',
    ],
    mend: [
      'Make the Services alike: the same families, matched by the same advertisements.',
      'Give each Service an address of its own.',
    ],
    unlike: [['ARP301', 'the speakers do not agree with each other. Here they do.']],
  },
  ARP306: {
    seen: 'Read from the cluster: a Lease of Cilium or kube-vip holds this Service, or the mark of one of them is on it. What that controller does on the wire is not told apart from MetalLB.',
    causes: [
      'Another controller runs beside MetalLB: kube-vip, Cilium with L2 announcements, keepalived (metallb #1871, #2641, #2177, #2396, #726).',
      'K3s comes with ServiceLB, which writes the addresses of nodes into a Service, in turn with MetalLB (k3s-io/k3s#269). Where each serves Services of its own it is no fault.',
      'Calico answers for single load-balancer addresses (projectcalico/calico#12451).',
    ],
    confirm: [
      'Leases:  kubectl get leases -A | grep -E "cilium|plndr|kubevip"',
      "K3s's ServiceLB:  kubectl -n kube-system get pods | grep svclb",
      'Class and marks of the Service:  kubectl -n NAMESPACE get service NAME -o yaml',
    ],
    mend: [
      'Leave each Service to one of them, by loadBalancerClass.',
      'K3s: start it with --disable=servicelb, where MetalLB is to serve all.',
    ],
    unlike: [['ARP304', "a kernel answers without any controller's doing, in IPVS mode for instance."]],
  },
} as const satisfies Record<`ARP3${string}`, Advice>
