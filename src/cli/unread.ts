import type { InputName } from '../core/cluster.ts'
import type { UnreadReport } from '../core/report.ts'

/** What a report lacks where one input could not be read. */
const WITHOUT: Record<InputName, string> = {
  services: 'Which addresses are VIPs is not known.',
  endpointSlices: 'It is assumed that each Service has an endpoint that serves.',
  nodes: 'Who should answer is not known.',
  speakerPods: 'That a speaker runs on each node is assumed.',
  speakerDaemonSets: "The speakers' release and flags are read from their pods alone.",
  pools: 'VIPs are those that MetalLB itself marked; who should answer is not known.',
  l2Advertisements: 'Who should answer is not known.',
  bgpAdvertisements: 'A pool that BGP alone announces cannot be told from one that nothing announces.',
  l2Statuses: '"recorded" is empty; everything else was checked.',
  configurationStates: 'Speakers that refuse their configuration are not noticed.',
  events: "MetalLB's events are not shown; everything else was checked.",
  memberlistConfig: "memberlist's own times are taken as shipped.",
  excludedInterfaces: 'NICs that MetalLB is told to leave out are not known.',
  nicRecords: "The nodes' MACs are found by asking alone.",
  daemonPods: 'Which daemons live is told by their Nodes and NIC records alone.',
  otherAnnouncers: 'Leases of Cilium and kube-vip are not known; everything else was checked.',
  capabilities: "MetalLB's release is told by its image alone.",
}

const NOWHERE = 'Where MetalLB runs is not known: --metallb-namespace names it.'

/** Told with --verbose alone: most clusters have no other controller, and nothing was judged without it. */
const QUIET: ReadonlySet<InputName> = new Set(['otherAnnouncers'])

/** One sentence for each permission that is missing, and for each other reason why something was not read. */
export function unreadNotes(all: readonly UnreadReport[], verbose: number): string[] {
  const unread = all.filter(({ input }) => verbose > 0 || !QUIET.has(input))
  const reasons = new Map<string, [UnreadReport, ...UnreadReport[]]>()
  for (const item of unread) {
    const alike = reasons.get(`${item.why} ${item.what}`)
    if (alike) alike.push(item)
    else reasons.set(`${item.why} ${item.what}`, [item])
  }
  return Array.from(reasons.values(), noteOn)
}

function noteOn([first, ...more]: readonly [UnreadReport, ...UnreadReport[]]): string {
  if (first.why === 'denied') {
    // one permission that keeps several inputs away is that to look for MetalLB
    return `Not allowed to ${first.what} (RBAC). ${more.length > 0 ? NOWHERE : WITHOUT[first.input]}`
  }
  const names = more.length > 0 ? `${first.input} and ${more.length} more` : first.input
  return `Could not read ${names}: ${first.what}. ${WITHOUT[first.input]}`
}
