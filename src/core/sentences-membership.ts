import type { Place } from './cluster-findings.ts'
import type { Finding } from './findings.ts'
import type { KeyMismatch, MembershipFinding, PortBlocked, ViewsDiffer } from './membership.ts'

/** What the memberlist's findings say; they are about the cluster, and name no VIP. */
export function membershipFinding(found: MembershipFinding, place: Place): Finding {
  const { code } = found
  const name = { code, severity: found.severity }
  if (code === 'ARP601') return { ...name, ...viewsDiffer(found.facts) }
  if (code === 'ARP602') return { ...name, ...memberlistOff(found.facts.nodes) }
  if (code === 'ARP603') return { ...name, ...portBlocked(found.facts) }
  return { ...name, ...keyMismatch(found.facts, place) }
}

type Words = Pick<Finding, 'message' | 'why' | 'next'>

function viewsDiffer({ groups, disputed, graceMs }: ViewsDiffer): Words {
  const soon =
    graceMs > 0 ? [`a healthy cluster may take another ${Math.ceil(graceMs / 1000)} s to agree`] : []
  return {
    message: `The speakers do not count the same members: ${disputed.map(({ member }) => member).join(', ')}`,
    why: [
      ...groups.map(({ speakers, members }) => `${speakers.join(', ')} count ${members.join(', ')} (read)`),
      ...soon,
    ],
    next: ['arpcheck members'],
  }
}

function memberlistOff(nodes: readonly string[]): Words {
  return {
    message: `memberlist is off, and ${nodes.join(', ')} is down: it stays elected for ever`,
    why: ['without memberlist every Node is a candidate, Ready or not (metallb #3116)'],
    next: [
      'kubectl get nodes',
      ...nodes.map(
        (node) => `kubectl label node ${node} node.kubernetes.io/exclude-from-external-load-balancers=`,
      ),
    ],
  }
}

function portBlocked({ speaker, from, protocol, seen, port }: PortBlocked): Words {
  return {
    message: `${speaker} does not answer on ${protocol} ${port}, asked from ${from ?? 'here'}`,
    why: [
      `seen: ${seen}`,
      'its own address answers, so the host is up: a firewall, a network policy or no speaker',
    ],
    next: [`Allow tcp and udp ${port} between the nodes.`],
  }
}

function keyMismatch({ groups }: KeyMismatch, { namespace, daemonSet }: Place): Words {
  const key = (name: KeyMismatch['groups'][number]['key']): string =>
    name === 'none' ? 'no key' : name === 'other' ? 'another key' : `our key ${name + 1}`
  return {
    message: groups.some((group) => typeof group.key === 'number')
      ? 'The speakers do not all use the same memberlist key'
      : 'No speaker uses the memberlist key that we have',
    why: groups.map((group) => `${group.speakers.join(', ')}: ${key(group.key)} (read)`),
    next: [`kubectl -n ${namespace} rollout restart daemonset/${daemonSet}   (all read the Secret anew)`],
  }
}
