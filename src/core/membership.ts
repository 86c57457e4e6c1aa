import { suspicionOf, type MemberlistProfile } from './suspicion.ts'
import {
  groupByUsable,
  isUsable,
  viewsOf,
  type PacketReading,
  type Reading,
  type SpeakerReading,
  type SpeakerView,
} from './views.ts'

/** All that is known of the memberlist when its speakers have been asked. */
export interface MembershipCase {
  /** One for each speaker that was asked. */
  readonly readings: readonly SpeakerReading[]
  /** Empty where packets were not asked for. */
  readonly packets: readonly PacketReading[]
  readonly memberlist: 'on' | 'off' | 'unknown'
  readonly profile: MemberlistProfile
  /** Whether we sealed our requests. */
  readonly sealed: boolean
  /** Since the views were first seen to differ; 0: just now. See `differingSince`. */
  readonly differingMs: number
  /** Since the youngest speaker started; null: not known. */
  readonly youngestSpeakerMs: number | null
  /** Nodes that an election may choose though they are down; they matter where memberlist is off. */
  readonly downCandidates: readonly string[]
  /** Where we ask from: a node, or a machine outside the cluster, which a firewall may keep out rightly. */
  readonly vantage: 'node' | 'outside'
  /** Speakers whose node's own address answers, and whose pod is not known to be stopped. */
  readonly reachable: ReadonlySet<string>
}

/** A condition that holds, and the facts to tell it by. Names come from the network: escape before printing. */
export type MembershipFinding =
  | { readonly code: 'ARP601'; readonly severity: 'error' | 'info'; readonly facts: ViewsDiffer }
  | {
      readonly code: 'ARP602'
      readonly severity: 'warning'
      readonly facts: { readonly nodes: readonly string[] }
    }
  | { readonly code: 'ARP603'; readonly severity: 'error' | 'info'; readonly facts: PortBlocked }
  | { readonly code: 'ARP605'; readonly severity: 'error' | 'warning'; readonly facts: KeyMismatch }

export interface ViewsDiffer {
  /** Speakers that count the same members, the largest group first. */
  readonly groups: readonly { readonly speakers: readonly string[]; readonly members: readonly string[] }[]
  readonly disputed: readonly Disputed[]
  readonly differingMs: number
  /** Until a healthy cluster would have agreed; 0: it should have by now. */
  readonly graceMs: number
}

/** A member that not all speakers count, or not at the same address. */
export interface Disputed {
  readonly member: string
  readonly countedBy: readonly string[]
  readonly notBy: readonly string[]
  readonly addresses: readonly string[]
}

export interface PortBlocked {
  /** The speaker that does not answer. */
  readonly speaker: string
  /** Another speaker that was asked to reach it; null: we tried ourselves. */
  readonly from: string | null
  readonly protocol: 'tcp' | 'udp'
  readonly seen: 'refused' | 'no-route' | 'connect-timeout' | 'silent' | 'nack'
  readonly port: number
}

export interface KeyMismatch {
  /** Speakers by what their answers are sealed with: a key of ours by its place, another key, or none. */
  readonly groups: readonly {
    readonly key: number | 'other' | 'none'
    readonly speakers: readonly string[]
  }[]
}

/** The memberlist's own findings: conditions of the design's table, and nothing about any VIP. */
export function judgeMembership(item: MembershipCase): MembershipFinding[] {
  return [...viewsDiffer(item), ...memberlistOff(item), ...portsBlocked(item), ...keyMismatch(item)]
}

/** A moment at which views were first seen to differ, passed in and handed back from look to look; null: they agree. */
export function differingSince(
  since: number | null,
  readings: readonly SpeakerReading[],
  nowMs: number,
): number | null {
  return groupByUsable(viewsOf(readings)).length > 1 ? (since ?? nowMs) : null
}

/** Absent speakers join once a minute: before that a young speaker may rightly count itself alone. */
const REJOINED_MS = 70_000

function viewsDiffer({
  readings,
  profile,
  differingMs,
  youngestSpeakerMs,
}: MembershipCase): MembershipFinding[] {
  const views = viewsOf(readings)
  const groups = groupByUsable(views)
  if (groups.length < 2) return []
  const size = Math.max(readings.length, ...views.map(({ members }) => members.length))
  const graceMs = Math.max(
    0,
    suspicionOf(profile, size).maxMs - differingMs,
    REJOINED_MS - (youngestSpeakerMs ?? differingMs),
  )
  const facts = {
    groups: groups.map(({ speakers, members }) => ({
      speakers,
      members: members.filter(isUsable).map(({ name }) => name),
    })),
    disputed: disputedIn(views),
    differingMs,
    graceMs,
  }
  return [{ code: 'ARP601', severity: graceMs > 0 ? 'info' : 'error', facts }]
}

/** Members that some views count and others do not, and those that they know by several addresses; by name. */
export function disputedIn(views: readonly SpeakerView[]): Disputed[] {
  const found = new Map<string, { countedBy: string[]; addresses: Set<string> }>()
  for (const { speaker, members } of views) {
    for (const member of members.filter(isUsable)) {
      const entry = found.get(member.name) ?? { countedBy: [], addresses: new Set() }
      entry.countedBy.push(speaker)
      entry.addresses.add(member.address ?? 'none')
      found.set(member.name, entry)
    }
  }
  return [...found]
    .filter(([, { countedBy, addresses }]) => countedBy.length < views.length || addresses.size > 1)
    .map(([member, { countedBy, addresses }]) => ({
      member,
      countedBy,
      notBy: views.map(({ speaker }) => speaker).filter((speaker) => !countedBy.includes(speaker)),
      addresses: [...addresses].sort(),
    }))
    .sort((a, b) => (a.member < b.member ? -1 : 1))
}

function memberlistOff({ memberlist, downCandidates }: MembershipCase): MembershipFinding[] {
  if (memberlist !== 'off' || downCandidates.length === 0) return []
  return [{ code: 'ARP602', severity: 'warning', facts: { nodes: [...downCandidates].sort() } }]
}

function portsBlocked(item: MembershipCase): MembershipFinding[] {
  if (item.memberlist === 'off') return []
  const ours = item.vantage === 'node' ? 'error' : 'info'
  return [...tcpBlocked(item), ...udpBlocked(item)].map((facts) => ({
    code: 'ARP603',
    // What one speaker says of another is seen from a node, wherever we are.
    severity: facts.from === null ? ours : 'error',
    facts,
  }))
}

function tcpBlocked({ readings, reachable }: MembershipCase): PortBlocked[] {
  return readings.flatMap(({ speaker: { name, port }, reading: { kind } }) => {
    const isBlocked = kind === 'refused' || kind === 'no-route' || kind === 'connect-timeout'
    if (!isBlocked || !reachable.has(name)) return []
    return [{ speaker: name, from: null, protocol: 'tcp', seen: kind, port }]
  })
}

/** TCP works and UDP does not: the one fault that every view hides. */
function udpBlocked({ readings, packets }: MembershipCase): PortBlocked[] {
  const ports = new Map(
    readings.flatMap(({ speaker, reading }) =>
      reading.kind === 'view' ? [[speaker.name, speaker.port]] : [],
    ),
  )
  return packets.flatMap(({ asked, target, result }) => {
    const speaker = target ?? asked
    const port = ports.get(speaker)
    const seen = result === 'timeout' ? 'silent' : result
    if (port === undefined || (seen !== 'silent' && seen !== 'nack' && seen !== 'refused')) return []
    return [{ speaker, from: target === null ? null : asked, protocol: 'udp', seen, port }]
  })
}

function keyMismatch({ readings, sealed }: MembershipCase): MembershipFinding[] {
  if (!sealed) return []
  const groups = new Map<number | 'other' | 'none', string[]>()
  for (const { speaker, reading } of readings) {
    const key = keyOf(reading)
    if (key !== undefined) groups.set(key, [...(groups.get(key) ?? []), speaker.name])
  }
  const opens = [...groups.keys()].some((key) => typeof key === 'number')
  if (groups.size === 0 || (opens && groups.size === 1)) return []
  const facts = { groups: Array.from(groups, ([key, speakers]) => ({ key, speakers })) }
  return [{ code: 'ARP605', severity: opens ? 'error' : 'warning', facts }]
}

/** What an answer is sealed with; undefined: there was none to tell by. */
function keyOf(reading: Reading): number | 'other' | 'none' | undefined {
  if (reading.kind === 'view') return reading.keyIndex ?? 'none'
  if (reading.kind === 'wrong-key') return 'other'
  return reading.kind === 'no-key' || reading.kind === 'wants-key' ? 'none' : undefined
}
