import { FINDINGS, type Finding, type FindingCode } from './findings.ts'
import type { Neighbour } from './host.ts'
import type { Ip } from './ip.ts'
import type { Case } from './case.ts'
import type { Mac } from './mac.ts'
import type { Answer } from './round.ts'

/** What each finding says: one sentence with the VIP first, the facts, the next commands from the mildest on. */

export function silent(item: Case): Finding {
  return finding('ARP101', `${item.vip} is not answered by anybody`, {
    why: [
      askedText(item),
      `${item.interface} does hear: other addresses answered in the same round`,
      ...expectedText(item),
    ],
    next: [`ip neigh show ${item.vip}`, byHand(item)],
  })
}

export function broadcastDeaf(item: Case, answers: readonly Answer[]): Finding {
  return finding(
    'ARP107',
    `${item.vip} is answered when asked by unicast, but not by broadcast: clients cannot find it`,
    {
      why: [
        askedText(item),
        `${macsText(answers)} answered a who-has sent to that MAC alone`,
        'a NIC, its driver or a switch port there drops broadcasts',
      ],
      next: [byHand(item)],
    },
  )
}

export function offSegment(vip: Ip): Finding {
  return finding('ARP106', `${vip} is on no segment of this host: not tested`, {
    why: ['no interface here has an address in its subnet'],
    next: [`arpcheck --iface NAME ${vip}   (asks on that interface all the same)`],
  })
}

export function wrongOwner(item: Case, expected: readonly Mac[], answers: readonly Answer[]): Finding {
  return finding(
    'ARP201',
    `${item.vip} is answered by ${macsText(answers)}, not by ${expected.join(' or ')}`,
    {
      why: [repliesText(item, answers), `expected    ${expected.join(', ')} (given)`],
      next: [byHand(item)],
    },
  )
}

export function duplicate(item: Case, answers: readonly Answer[]): Finding {
  const count = answers.length + (item.ownAddress ? 1 : 0)
  return finding('ARP301', `${item.vip} is answered by ${count} machines`, {
    why: [
      ...answers.map((answer) => repliesText(item, [answer])),
      ...(item.ownAddress ? ['this host holds the address too'] : []),
      ...expectedText(item),
      'clients stay with whichever reply came last: expect sessions to break',
    ],
    next: [byHand(item)],
  })
}

export function severalNics(item: Case, answers: readonly Answer[]): Finding {
  return finding('ARP302', `${item.vip} is answered by ${answers.length} MACs that are all expected`, {
    why: [
      macsText(answers),
      'several NICs of one machine on one segment: not a split brain, but traffic may change its path',
    ],
    next: [byHand(item)],
  })
}

export function proxiedMac(item: Case, answer: Answer): Finding {
  const sources = answer.ethSrcs.filter((source) => source !== answer.mac)
  return finding(
    'ARP303',
    `${item.vip} is answered in the name of ${answer.mac} by frames from ${sources.join(', ')}`,
    {
      why: ['Ethernet source and ARP sender differ: something relays the reply, or lies'],
      next: [`tcpdump -eni ${item.interface} arp and host ${item.vip}`],
    },
  )
}

export function foreignHost(item: Case, answers: readonly Answer[]): Finding {
  return finding('ARP401', `${item.vip} is answered by ${macsText(answers)}, which cannot be its owner`, {
    why: [repliesText(item, answers), ...expectedText(item)],
    next: [byHand(item)],
  })
}

export function proxied(item: Case, proxies: readonly Answer[]): Finding {
  return finding('ARP402', `${item.vip} is answered by a proxy, ${macsText(proxies)}`, {
    why: [
      'the same MAC answers two addresses that must be free (seen)',
      'proxy ARP makes a dead VIP look alive',
    ],
    next: ['On that machine:  sysctl -a | grep proxy_arp'],
  })
}

export function staleNeighbour(item: Case, { mac, state }: Neighbour, answers: readonly Answer[]): Finding {
  const held = state === 'failed' ? 'had given up on it (FAILED)' : `held ${mac}`
  return finding(
    'ARP701',
    `${item.vip}: this host's own neighbour table ${held}, but ${macsText(answers)} answers`,
    {
      why: [
        `read before the first question: ${state}${mac ? ` ${mac}` : ''} on ${item.interface}`,
        'traffic of this host went to the old place until now',
      ],
      next: [`ip neigh flush to ${item.vip} dev ${item.interface}`],
    },
  )
}

export function selfOwned(item: Case): Finding {
  return finding('ARP901', `${item.vip} belongs to this host: it cannot be tested from here`, {
    why: [
      'a host does not hear its own broadcasts, so silence here says nothing',
      'nobody else answered for it',
    ],
    next: [`Ask from another host of the segment:  arpcheck ${item.vip}`],
  })
}

export function maybeSelf(item: Case): Finding {
  return finding('ARP901', `${item.vip} may belong to this host: another process here listens for ARP`, {
    why: [
      listenersText(item),
      'perhaps a MetalLB speaker: a host does not hear its own broadcasts',
      'nobody else answered',
    ],
    next: [
      `Ask from another host of the segment:  arpcheck ${item.vip}`,
      `arpcheck ${item.vip}=MAC   (says who should answer: then silence counts)`,
    ],
  })
}

export function noExpectation(item: Case, answer: Answer): Finding {
  return finding('ARP903', `${item.vip} is answered by ${answer.mac}; who should answer was not given`, {
    why: [],
    next: [`arpcheck ${item.vip}=${answer.mac}   (checks the owner next time)`],
  })
}

const REMEMBERED = 'the API is away: whether anybody should answer, and who, is not known since'

/** Loud, and exit code 3: it may be the very VIP that the API is behind. */
export function silentRemembered(item: Case): Finding {
  const found = finding('ARP903', `${item.vip} is not answered; whether anybody should is not known`, {
    why: [`${askedText(item)} (seen)`, REMEMBERED],
    next: [byHand(item)],
  })
  return { ...found, severity: 'error' }
}

export function severalRemembered(item: Case, answers: readonly Answer[]): Finding {
  const found = finding(
    'ARP903',
    `${item.vip} is answered by ${answers.length} MACs, which may be NICs of one node`,
    {
      why: [`${repliesText(item, answers)} (seen)`, REMEMBERED],
      next: [byHand(item)],
    },
  )
  return { ...found, severity: 'warning' }
}

export function deafVantage(interfaceName: string, canaries: readonly Ip[]): Finding {
  const asked =
    canaries.length > 0
      ? `the gateway ${canaries.join(', ')} did not answer either`
      : 'there is no gateway on this interface to compare with'
  return finding('ARP904', `${interfaceName} hears nothing at all: silence proves nothing there`, {
    why: ['none of our questions was answered', asked],
    next: [
      `ip -s link show ${interfaceName}`,
      `Add an address that surely answers:  arpcheck --iface ${interfaceName} … ADDRESS`,
    ],
  })
}

export function framesLost(item: Case): Finding {
  const [why, next] = wayOfLoss(item)
  const what = `${item.vip} was not heard, but frames may have been lost: not judged`
  return finding('ARP905', what, { why: [why], next: [next] })
}

function wayOfLoss({ loss, evidence, interface: name, vip }: Case): [why: string, next: string] {
  if (loss === 'uncounted')
    return [
      'dropped frames were not counted (by --engine cap, in a pcap file or in one cut off)',
      `arpcheck ${vip}   (live, by the native engine)`,
    ]
  const slower = `arpcheck --iface ${name} ${vip}   (fewer addresses, or a lower --rate)`
  if (evidence.asked === 0)
    return ['our own question was not seen to leave: the kernel may have refused it', slower]
  return ['frames were dropped in this round: the reply may have been among them', slower]
}

export function squatter(ip: Ip, answer: Answer): Finding {
  return finding('ARP403', `${ip} must be free, but ${answer.mac} answers for it`, {
    why: [`${answer.replies} replies`, 'when a Service gets this address, two machines will answer'],
    next: [`arping -b -c 3 ${ip}`],
  })
}

export function proxyArp(mac: Mac, ips: readonly Ip[]): Finding {
  return finding('ARP402', `${mac} answers ${ips.length} addresses that must be free: proxy ARP`, {
    why: [ips.join(', '), 'whatever it answers for proves nothing'],
    next: ['On that machine:  sysctl -a | grep proxy_arp'],
  })
}

export function finding(
  code: FindingCode,
  message: string,
  { why, next }: Pick<Finding, 'why' | 'next'>,
): Finding {
  return { code, severity: FINDINGS[code].severity, message, why, next }
}

export function askedText({ evidence }: Case): string {
  return `answered    no one  ${evidence.asked} ${evidence.asked === 1 ? 'broadcast' : 'broadcasts'} sent`
}

/** By name, because not all that listen are speakers: some look for address conflicts. */
function listenersText({ listeners, interface: name }: Case): string {
  const known = listeners.flatMap(({ process }) =>
    process ? [`${process.name} (process ${process.pid})`] : [],
  )
  const unseen = listeners.length > known.length ? ['a process that cannot be seen from here'] : []
  return `listens     ${[...new Set(known), ...unseen].join(', ')} on ${name} (/proc/net/packet)`
}

function expectedText({ expected }: Case): string[] {
  return expected.source === 'static' ? [`expected    ${expected.macs.join(', ')} (given)`] : []
}

export function repliesText({ evidence }: Case, answers: readonly Answer[]): string {
  const counts = answers.map(
    ({ mac, replies }) => `${mac}  ${replies} ${replies === 1 ? 'reply' : 'replies'}`,
  )
  return `answered    ${counts.join(', ')} to ${evidence.asked} broadcasts`
}

export function macsText(answers: readonly Answer[]): string {
  return answers.map(({ mac }) => mac).join(' and ')
}

/** The same question with a tool that a sceptic trusts; -b, because without it arping hides a second answerer. */
export function byHand({ vip, interface: name }: Case): string {
  return `arping -b -c 3 -I ${name} ${vip}`
}
