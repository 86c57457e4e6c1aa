import type { Advice } from './advice.ts'

/** ARP5xx: it moved, too often or too slowly. Only a daemon can know, because it was there. */
export const MOVES = {
  ARP501: {
    seen: 'Seen, by a daemon: exactly one machine answered in each look, and it was another one four times within ten minutes. Two machines that answer at the same time are no move: that is ARP301.',
    causes: [
      'A node that comes and goes: power, link, kernel or kubelet. Each return takes its VIPs back at once, there is no stickiness (metallb #1710, #1937).',
      'memberlist packets get lost, so that a live node is suspected, dropped and taken back: UDP 7946 is filtered, or the node is overloaded. Inferred from the source of memberlist.',
      'The only ready endpoint moves about, with externalTrafficPolicy Local.',
      'Speakers that restart, one after the other: an upgrade, a failing probe, too little memory.',
    ],
    confirm: [
      'Who elects whom, and why:  arpcheck explain VIP',
      'Do speakers drop each other? UDP too:  arpcheck members --udp',
      'Do nodes or speakers restart?  kubectl get nodes; kubectl -n metallb-system get pods -o wide',
      'Do endpoints come and go?  kubectl -n NAMESPACE get endpointslices --watch',
    ],
    mend: [
      'Take a node that comes and goes out of the election:  kubectl label node NODE node.kubernetes.io/exclude-from-external-load-balancers=true',
      'Allow tcp and udp 7946 between the nodes.',
      'Give the speakers what they need: requests, and a probe that does not kill them.',
    ],
    unlike: [['ARP301', 'two answer at the same time, and neither lets go.']],
  },
  ARP502: {
    seen: 'Seen, by a daemon: nobody answered, from the first question that was not answered until another node was heard, and that took longer than memberlist takes to drop a dead node in a cluster of this size. The bound is computed from the timers that the speakers use: first probe, one interval, the longest suspicion.',
    causes: [
      'Speakers do not reach each other, and confirm no suspicion: UDP 7946 is filtered, or nodes are overloaded, which stretches every interval up to eight times (metallb #298, #733, #767, #3116).',
      'The node was ill, not dead: its speaker went on as a member while the VIP was silent. Then it never was a fail-over: ARP101.',
      'With externalTrafficPolicy Local no other node had a ready endpoint: one was made ready only when the Node was NotReady, after 40 s and more.',
      'The new owner announced late, or its announcement got lost: ARP203.',
      'NotReady nodes stay candidates for as long as their speaker is a member (metallb #2514, #1147, #615).',
    ],
    confirm: [
      'Do speakers drop each other in time? UDP too:  arpcheck members --udp',
      'When each speaker saw what: "node event" in its log:  kubectl -n metallb-system logs POD',
      'Which endpoints were ready then:  kubectl -n NAMESPACE get endpointslices -o yaml',
    ],
    mend: [
      'Allow tcp and udp 7946 between the nodes.',
      'Spread the endpoints over nodes, or use externalTrafficPolicy Cluster.',
      'Shorter timers, from v0.16.0 on by the ConfigMap metallb-memberlist-config.',
    ],
    unlike: [
      ['ARP101', 'it is silent still, and no other node took it.'],
      ['ARP602', 'memberlist is off: nothing fails over at all.'],
    ],
  },
} as const satisfies Record<`ARP5${string}`, Advice>
