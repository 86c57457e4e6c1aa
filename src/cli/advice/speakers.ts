import type { Advice } from './advice.ts'

/** ARP6xx: the speakers and their memberlist, whatever VIP suffers. */
export const SPEAKERS = {
  ARP601: {
    seen: 'Read: the member lists of the speakers themselves, twice in a run. It is a remark as long as a healthy cluster may still agree: the suspicion maximum, and 70 seconds from the start of the youngest speaker.',
    causes: [
      'Port 7946 is blocked between some nodes, tcp or udp (metallb #589, #740, #598, #782, #1539, #581).',
      'They use different keys: ARP605.',
      'A speaker hangs, or its node is starved, so that the others suspect it again and again.',
      'A member came back under another address while the old entry was remembered: it is refused until that is forgotten, some 30 seconds after its death.',
    ],
    confirm: [
      'The lists side by side:  arpcheck members',
      'Do packets get through, too?  arpcheck members --udp',
      'Joins that fail, and how:  kubectl -n metallb-system logs POD --tail=200',
    ],
    mend: [
      'Allow tcp and udp 7946 between all nodes. Speakers that lost each other try again every minute.',
      'Restart the speaker that is alone with its list:  kubectl -n metallb-system delete pod POD',
      'Restart all of them:  kubectl -n metallb-system rollout restart daemonset/speaker',
    ],
    unlike: [
      ['ARP301', 'two nodes answer for a VIP: what differing lists lead to, where they elect differently.'],
      ['ARP602', 'there are no lists at all.'],
    ],
  },
  ARP602: {
    seen: "Read from the speakers' DaemonSet or pods: no labels for members, or no address to bind to. That the node is down: its own address is silent, or its Node is not Ready.",
    causes: [
      'The speakers run without METALLB_ML_LABELS or METALLB_ML_BIND_ADDR; Helm: speaker.memberlist.enabled is false. From 0.15.0 on every Node is a candidate then, dead or not (metallb #3116, #2425).',
      'Before 0.15.0 such speakers announce nothing: ARP104, no-memberlist (metallb #2425).',
    ],
    confirm: [
      'Is it off?  kubectl -n metallb-system get daemonset speaker -o yaml | grep METALLB_ML_',
      'Which VIPs hang on that node?  arpcheck -o wide',
    ],
    mend: [
      'Bring the node back.',
      'Take it out of the election:  kubectl label node NODE node.kubernetes.io/exclude-from-external-load-balancers=',
      'If it is gone for good:  kubectl delete node NODE',
      'Switch memberlist on, and open tcp and udp 7946 between the nodes.',
    ],
    unlike: [['ARP102', 'memberlist is on, and a speaker counts the dead node all the same.']],
  },
  ARP603: {
    seen: "Seen: the node's own address answers, and its port 7946 does not: refused, no route, or not a word. Asked from outside the cluster it is a remark, since a firewall may be meant to keep us out.",
    causes: [
      'A firewall on the node, a security group, or another program on the port; often tcp alone or udp alone (metallb #589, #740, #598, #782, #1539, #581, #2838).',
      'No speaker runs there: its pod is missing, or crashes.',
      'The speakers listen on another port (--ml-bindport).',
    ],
    confirm: [
      'Is there a speaker?  kubectl -n metallb-system get pods -o wide',
      'From another node:  nc -vz NODE 7946',
      'tcp may work and udp not:  arpcheck members --udp',
    ],
    mend: [
      'Allow tcp and udp 7946 between all nodes.',
      'Where the pod is not well, see why:  kubectl -n metallb-system describe pod POD',
    ],
    unlike: [
      ['ARP102', "the node's own address is silent too."],
      ['ARP605', 'the port answers, in another key.'],
    ],
  },
  ARP604: {
    seen: 'Read: the ConfigurationState of the speaker is not Valid (MetalLB 0.15.3 and later), or its gauge metallb_k8s_client_config_stale_bool is 1, or metallb_k8s_client_config_loaded_bool is 0.',
    causes: [
      'A pool was changed while this speaker announces an address that the new configuration no longer holds. It keeps its last good one, and others may run on the new (metallb #2245, #252).',
      'The configuration is invalid: layer 2 and BGP are one unit, and a bad BGP peer or a missing password Secret stops both.',
      'It has not had a valid one since its start: it announces nothing, and is a member all the same.',
    ],
    confirm: [
      'Who, and why:  kubectl -n metallb-system get configurationstates -o yaml',
      'What does it say?  kubectl -n metallb-system logs POD --tail=200',
    ],
    mend: [
      'Mend the configuration, or give the Service an address of the new pool.',
      'Restart that one speaker; it drops the VIPs that no longer fit:  kubectl -n metallb-system delete pod POD',
    ],
    unlike: [['ARP103', 'a VIP is silent, and no speaker claims it. Stale configuration is one reason.']],
  },
  ARP605: {
    seen: "Read: which key opens the answer of which speaker. Of the Secret, each release's own way to make a key of it is tried. Where no speaker opens with it, our key is the wrong one, and it is a warning.",
    causes: [
      'An upgrade across 0.14.0 (16 bytes to 32) or 0.16.2 (another way to make the key) is under way. Until the last pod is replaced there are two halves, and two owners for some VIPs (metallb #1768, #1765).',
      'The Secret was made anew, and some speakers still run with the old one (metallb #888, #569, #1544, #2354).',
      'Two installations share the labels of their pods.',
    ],
    confirm: [
      'Who opens with what:  arpcheck members',
      'Ages and images of the pods:  kubectl -n metallb-system get pods -o wide',
      'Age of the Secret:  kubectl -n metallb-system get secret memberlist',
    ],
    mend: [
      'During an upgrade, let it end:  kubectl -n metallb-system rollout status daemonset/speaker',
      'Restart the speakers that are older than the Secret:  kubectl -n metallb-system delete pod POD',
      'Restart all of them:  kubectl -n metallb-system rollout restart daemonset/speaker',
    ],
    unlike: [['ARP603', 'the speaker does not answer at all.']],
  },
  ARP606: {
    seen: "Seen: the node's own address is silent. Read: its Node is not Ready, and a speaker pod of it is listed.",
    causes: [
      'By design: the DaemonSet controller lets its pods tolerate not-ready and unreachable nodes, so that the pod stays until the Node object is deleted.',
    ],
    confirm: [
      'The pod, Running or Terminating:  kubectl -n metallb-system get pods -o wide',
      'The node:  kubectl get nodes',
    ],
    mend: [
      'Nothing, if the node is to come back. The other speakers log a failed join every minute, which is noise (metallb #1292).',
      'If it is gone for good:  kubectl delete node NODE',
    ],
    unlike: [
      [
        'ARP102',
        'a VIP is silent because a speaker counts the dead node. The pod is not the reason, and deleting it no cure.',
      ],
    ],
  },
} as const satisfies Record<`ARP6${string}`, Advice>
