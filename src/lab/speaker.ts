import { encodeArp, type ArpFrame } from '../core/arp.ts'
import type { Ip } from '../core/ip.ts'
import { BROADCAST_MAC, type Mac } from '../core/mac.ts'
import type { Random } from '../core/random.ts'
import type { Nic } from './hosts.ts'
import type { PeerTold } from './memberlist-peer/told.ts'
import type { MetricsTold } from './metrics/told.ts'

/** What answers on a node as MetalLB's speaker does, and how it misbehaves. */
export interface SpeakerState {
  readonly announces: readonly Ip[]
  /** Addresses that are announced on these NICs alone (`interfaces` of an L2Advertisement). */
  readonly only?: Readonly<Record<Ip, readonly string[]>> | undefined
  /** NICs that it answers on; all where left out. */
  readonly interfaces?: readonly string[] | undefined
  /** Takes every request and cannot send: it says nothing. */
  readonly muted?: boolean | undefined
  /** What it sends is lost on the way: a filter for spoofed frames, say. It knows nothing of that. */
  readonly gagged?: boolean | undefined
  readonly delayMs?: number | undefined
  /** Share of requests that it drops, from 0 to 1. */
  readonly loss?: number | undefined
  /** How often each reply is sent. */
  readonly copies?: number | undefined
  /** A MAC that the NIC had when the speaker began to listen: it answers with that one for ever. */
  readonly mac?: Mac | undefined
  /** The NIC drops broadcasts, or no request reaches the speaker at all. */
  readonly deaf?: 'broadcast' | 'all' | undefined
  /** 802.1Q id that the replies carry. */
  readonly vlan?: number | undefined
  /** Its memberlist; null or left out: nobody listens on its port. */
  readonly memberlist?: PeerTold | null | undefined
  /** Its metrics; null or left out: it serves none. */
  readonly metrics?: MetricsTold | null | undefined
}

/** What MetalLB sends is padded to Ethernet's minimum, less the checksum. */
const PADDED_BYTES = 60
const ETHERTYPE_VLAN = 0x8100

/** When announcements are repeated after a takeover: each 1.1 s within 5 s (MetalLB internal/layer2/announcer.go). */
export const GRATUITOUS_MS = [0, 1100, 2200, 3300, 4400]

/**
 * The frames that answer a request, by MetalLB's rules (internal/layer2/arp.go): broadcast or our MAC, an address that is
 * announced on this NIC, and nothing else is looked at. To the ARP sender, from the NIC's MAC as it was recorded.
 */
export function repliesTo(request: ArpFrame, state: SpeakerState, nic: Nic, random: Random): Uint8Array[] {
  if (!takes(request, state, nic) || state.muted) return []
  if (random.next() < (state.loss ?? 0)) return []
  const mac = state.mac ?? nic.mac
  const reply = encodeArp({
    op: 'reply',
    ethDst: request.sha,
    ethSrc: mac,
    sha: mac,
    spa: request.tpa,
    tha: request.sha,
    tpa: request.spa,
  })
  return Array<Uint8Array>(state.copies ?? 1).fill(onWire(reply, state.vlan))
}

/** Whether a request reaches the speaker and is one of its own to answer: what MetalLB counts. */
export function takes({ op, ethDst, tpa }: ArpFrame, state: SpeakerState, nic: Nic): boolean {
  const toUs = ethDst === (state.mac ?? nic.mac) || (ethDst === BROADCAST_MAC && state.deaf !== 'broadcast')
  return op === 'who-has' && toUs && state.deaf !== 'all' && isAnnouncedOn(nic, tpa, state)
}

export function isAnnouncedOn({ name }: Nic, ip: Ip, { announces, only, interfaces }: SpeakerState): boolean {
  const nics = only?.[ip] ?? [name]
  return announces.includes(ip) && nics.includes(name) && (interfaces ?? [name]).includes(name)
}

/** One announcement: the same as request and as reply, both broadcast, since receivers differ in which they heed. */
export function gratuitousFrames(ip: Ip, state: SpeakerState, nic: Nic): Uint8Array[] {
  const mac = state.mac ?? nic.mac
  const common = { ethDst: BROADCAST_MAC, ethSrc: mac, sha: mac, spa: ip, tha: BROADCAST_MAC, tpa: ip }
  return (['who-has', 'reply'] as const).map((op) => onWire(encodeArp({ ...common, op }), state.vlan))
}

/** Padded, and with a tag where the speaker's switch port would put one. */
function onWire(frame: Uint8Array, vlan: number | undefined): Uint8Array {
  const padded = new Uint8Array(PADDED_BYTES)
  padded.set(frame)
  if (vlan === undefined) return padded
  const tag = [ETHERTYPE_VLAN >> 8, ETHERTYPE_VLAN & 0xff, vlan >> 8, vlan & 0xff]
  return Uint8Array.from([...padded.subarray(0, 12), ...tag, ...padded.subarray(12)])
}
