import type { Advice } from './advice.ts'

/** ARP1xx: nobody answers. */
export const SILENT = {
  ARP101: {
    seen: 'Seen: no reply to any broadcast, while other addresses answered in the same round, so this interface hears. That the node lives is seen where its own address answers; else it is what Kubernetes or a member list says.',
    causes: [
      "The node's NIC drops broadcasts, as Wi-Fi and some drivers do (metallb #284, #454, #253, #789). Where its MAC is known, that is ARP107.",
      'Something between drops the reply: protection against MAC or IP spoofing in a hypervisor or cloud, port security, ARP inspection on a switch (metallb #1239, #536, #486, #2640, #259, #1901).',
      'The advertisement names an interface that the node lacks, or one that is down or enslaved. The first leaves an announceFailed event, the others nothing (metallb #2057, #2864, #2703).',
      'The speaker has no configuration or an old one, and is a member all the same, so that the others leave the VIP to it (metallb #2245, #252).',
      'The speaker hangs, or its process is gone and memberlist has not noticed yet (metallb #652, #402, #438).',
      'The NIC was restarted, renamed, made a port of a bridge, or got another MAC (metallb #534, #692, #1727).',
    ],
    confirm: [
      'Which node, and why:  arpcheck explain VIP',
      'Does that speaker say that it announces the VIP?  arpcheck --speaker-metrics VIP',
      'Compare metallb_layer2_requests_received with metallb_layer2_responses_sent there. The first stands still: the request does not arrive. Both rise: the reply is lost on its way.',
      'announceFailed among the events:  kubectl -n NAMESPACE describe service NAME',
      'On that node, without promiscuous mode, which might cure it:  tcpdump -p -eni IFACE arp and host VIP',
    ],
    mend: [
      'Let the hypervisor or switch pass ARP for addresses that are not its own.',
      'Name interfaces that every candidate has, or none:  kubectl -n metallb-system edit l2advertisement NAME',
      'Restart that one speaker:  kubectl -n metallb-system delete pod POD',
    ],
    unlike: [
      ['ARP102', "the elected node's own address is silent too."],
      ['ARP103', 'metrics were read, and no speaker claims the VIP.'],
      ['ARP108', 'the elected node lives, but on another segment.'],
    ],
  },
  ARP102: {
    seen: "Seen: no reply for the VIP, nor for the elected node's own address on this segment, and nothing else shows it alive (a node on another segment: no ICMP echo, and not Ready). That somebody still counts the node is read from the speakers' own member lists; without them it is inferred, and the finding says so.",
    causes: [
      'The speaker that is next in line still counts the dead node as alive or suspect. Within 5 to 8 seconds (up to 24 with four to ten members) that is a fail-over under way; after that it is a fault (metallb #1147, #298, #733, #767).',
      'memberlist is off, so that a dead node stays elected as long as its Node object is there: ARP602 (metallb #3116, #2425).',
      'The node is half dead: it answers on port 7946 while the interface of the VIP is gone, or its kubelet alone is dead. Whether a Node is Ready plays no part in the election (metallb #2514).',
      'externalTrafficPolicy is Local and the last endpoints that serve are on the dead node. They count as ready until the Node is NotReady, about 40 seconds (metallb #298, #733).',
    ],
    confirm: [
      'Who still counts it:  arpcheck members',
      'Who is next in line:  arpcheck explain VIP',
      'Is it only this segment that the node is gone from?  kubectl get nodes -o wide',
    ],
    mend: [
      'If the node is to come back, bring it back.',
      'Restart the speaker that is next in line:  kubectl -n metallb-system delete pod POD',
      'Restart all of them:  kubectl -n metallb-system rollout restart daemonset/speaker',
      'If it is gone for good, delete its Node; a Node that is gone is no candidate:  kubectl delete node NODE',
    ],
    unlike: [
      ['ARP101', 'the elected node is alive.'],
      [
        'ARP606',
        "the dead node's pod is still listed. It makes the other speakers log a failed join every minute (metallb #1292), and keeps no VIP.",
      ],
    ],
  },
  ARP103: {
    seen: 'Seen: no reply, and metallb_speaker_announced is not set for the VIP at any speaker that runs. All of them were read (--speaker-metrics).',
    causes: [
      'The elected speaker runs on no configuration or an old one. It is a member before it has any, so that the others leave the VIP to it (metallb #2245, #252).',
      'It lost the API server: it goes on with what it knew, and Services that are new are not announced.',
      'One Service keeps failing there, usually by a BGP error: until a pass over all Services ends without one, changes of single Services wait. BGP comes before layer 2.',
      'An invalid BGP peer, or a missing password Secret: the configuration is refused as a whole, its layer-2 part with it.',
    ],
    confirm: [
      'Is its configuration valid (MetalLB 0.15.3 and later)?  kubectl -n metallb-system get configurationstates',
      'What does it say?  kubectl -n metallb-system logs POD --tail=200',
      'Who is elected:  arpcheck explain VIP',
    ],
    mend: [
      'Mend the configuration that it refuses.',
      'Restart that one speaker:  kubectl -n metallb-system delete pod POD',
    ],
    unlike: [
      ['ARP101', 'a speaker claims the VIP, or its claim could not be read.'],
      ['ARP604', 'the configuration of a speaker is known to be stale, whether a VIP suffers or not.'],
    ],
  },
  ARP104: {
    seen: 'Read from the cluster, by the rules of the installed MetalLB: the first filter that leaves nobody is named. Silence agrees with it. It is only a remark where the pool is advertised by BGP alone.',
    causes: [
      'no-endpoint: nothing behind the Service serves; a selector with a slip, pods that are not ready, or externalTrafficPolicy Local without a pod on a node that may announce (metallb #560, #563, #1640, #305, #646, #717).',
      'no-candidate: every node has the label that excludes it from load balancers, as control-plane nodes of kubeadm and Talos do, and no other is there (metallb #2274, #2285, #2353, #2505, metallb/metallb-operator#490).',
      'no-advertisement, no-matching-advertisement: no L2Advertisement for the pool, or none that selects the Service. The address is given out all the same (metallb #1561, #1154, #1358, #1989, #2068).',
      'no-memberlist: memberlist is off, and releases before 0.15.0 then announce nothing (metallb #2425).',
    ],
    confirm: [
      'Each node, and what excludes it:  arpcheck explain VIP',
      'Endpoints:  kubectl -n NAMESPACE get endpointslices -l kubernetes.io/service-name=NAME',
      'Advertisements:  kubectl -n metallb-system get l2advertisements,ipaddresspools -o yaml',
    ],
    mend: [
      "Mend the Service's selector or its pods, or give it externalTrafficPolicy: Cluster.",
      'Add an L2Advertisement for the pool.',
      'Take the label off a node that may announce:  kubectl label node NODE node.kubernetes.io/exclude-from-external-load-balancers-',
    ],
    unlike: [['ARP101', 'somebody should answer. Here the silence is right, and its reason is not.']],
  },
  ARP106: {
    seen: 'Read from this host: no interface has an address in the subnet of the VIP, and nothing was sent.',
    causes: [
      'This host is on another segment, behind a router.',
      'The VIP is not in the subnet of the nodes. MetalLB answers all the same, on every interface that its advertisements allow.',
    ],
    confirm: [
      'Where does this host send for it?  ip route get VIP',
      'Which addresses has it?  ip -brief address',
    ],
    mend: [
      'Run arpcheck on a host of that segment: a node, or a machine beside it.',
      'Ask on an interface without an address there, with 0.0.0.0 as the sender:  arpcheck --iface NAME VIP',
    ],
    unlike: [
      ['ARP108', 'the elected node is not on the segment, but this host is.'],
      ['ARP904', 'the interface is there, and hears nothing.'],
    ],
  },
  ARP107: {
    seen: 'Seen: no reply to a broadcast, and a reply to the same question sent to that one MAC. Nothing of it is inferred.',
    causes: [
      'The NIC or its driver drops broadcasts: Wi-Fi, and some boards such as the Raspberry Pi. It works while somebody captures there in promiscuous mode (metallb #284, #454, #253, #789, raspberrypi/linux#2677).',
      'The same was seen on a bond with LACP. Promiscuous mode helped, and nobody found why (metallb #368).',
      'Storm control or a filter for ARP, at the switch port or in the hypervisor.',
    ],
    confirm: [
      'Ask it again by unicast:  arpcheck --no-kube VIP=MAC',
      'On the node, without promiscuous mode, while somebody asks:  tcpdump -p -eni IFACE arp and host VIP',
      'Counters of the NIC:  ethtool -S IFACE',
    ],
    mend: [
      'Until it is mended, make the NIC hear everything:  ip link set dev IFACE promisc on',
      'Let the switch port pass broadcasts.',
      'Keep the node out, by a nodeSelector in the L2Advertisement.',
    ],
    unlike: [['ARP101', 'the unicast question is not answered either, or there was no MAC to ask.']],
  },
  ARP108: {
    seen: 'Seen: no reply. That the node lives comes from an ICMP echo, its member list or its Node being Ready; that it is not on this segment, from its InternalIP, where no record of its NICs says otherwise.',
    causes: [
      'The nodes lie in several subnets or VLANs, and the election does not look at networks: any node may win (metallb #484, #433).',
      'The interface of that segment is gone from the node, or never was there.',
    ],
    confirm: [
      'Which node, of which address?  kubectl get nodes -o wide',
      'Does it have an interface there? On the node:  ip -brief address',
    ],
    mend: [
      'Let only nodes of the segment announce the pool: nodeSelectors in its L2Advertisement.  kubectl -n metallb-system edit l2advertisement NAME',
      'Connect the node to the segment.',
    ],
    unlike: [
      ['ARP106', 'this host is not on the segment.'],
      ['ARP102', 'the node should be on this segment, and is silent there.'],
    ],
  },
} as const satisfies Record<`ARP1${string}`, Advice>
