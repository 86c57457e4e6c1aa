import { ipAt, ipBytes, type Ip } from './ip.ts'
import { macAt, putMac, ZERO_MAC, type Mac } from './mac.ts'

/** One frame as a capture hands it over. */
export interface CapturedFrame {
  /** Whole Ethernet frame from the destination address on, at most the engine's snap length. */
  readonly bytes: Uint8Array
  /** Bytes that were on the wire: 42 tells an unpadded ARP frame from a padded one of 60. */
  readonly wireLength: number
  /** Kernel stamp, nanoseconds since 1970; null where the engine has none. */
  readonly atNs: bigint | null
  /**
   * How many frames this one stands for, 1 where it is missing: itself, the last, and those that said the same since the one
   * before it in the list that said so.
   */
  readonly frames?: number
}

/** An Ethernet/IPv4 ARP frame (RFC 826). `ethSrc` is kept apart from `sha`: they may differ (ARP303). */
export interface ArpFrame {
  readonly op: 'who-has' | 'reply'
  readonly ethDst: Mac
  readonly ethSrc: Mac
  readonly sha: Mac
  readonly spa: Ip
  readonly tha: Mac
  readonly tpa: Ip
}

/** Why a frame was set aside; counted by reason, never thrown. */
export type DecodeDrop =
  | 'short'
  | 'vlan-tagged'
  | 'not-arp'
  | 'not-ethernet-ipv4'
  | 'unknown-op'
  | 'bad-sender'

/** A frame without padding: 14 bytes of Ethernet, 28 of ARP. */
export const ARP_FRAME_BYTES = 42

const ETHERTYPE_ARP = 0x0806
const ETHERTYPE_VLAN = 0x8100
const TAG_BYTES = 4
/** IEEE 802: the I/G bit of a MAC's first byte; a group never sends. */
const GROUP_BIT = 1

/**
 * Decodes one captured frame: all of it or a reason. VLAN id 0 (a priority tag) is read through; any other
 * tag belongs to another segment (IEEE 802.1Q).
 *
 *   0 ethDst 6 ethSrc 12 type | 14 hrd 16 pro 18 hln 19 pln 20 op 22 sha 28 spa 32 tha 38 tpa 42
 */
export function decodeArp(bytes: Uint8Array): ArpFrame | DecodeDrop {
  if (bytes.byteLength < ARP_FRAME_BYTES) return 'short'
  const tagged = uint16At(bytes, 12) === ETHERTYPE_VLAN
  if (tagged && (uint16At(bytes, 14) & 0xfff) !== 0) return 'vlan-tagged'
  const at = tagged ? TAG_BYTES : 0
  if (bytes.byteLength < at + ARP_FRAME_BYTES) return 'short'
  if (uint16At(bytes, at + 12) !== ETHERTYPE_ARP) return 'not-arp'
  if (!isEthernetIpv4(bytes, at)) return 'not-ethernet-ipv4'
  const op = uint16At(bytes, at + 20)
  if (op !== 1 && op !== 2) return 'unknown-op'
  const sha = macAt(bytes, at + 22)
  if (sha === ZERO_MAC || (bytes[at + 22]! & GROUP_BIT) !== 0) return 'bad-sender'
  return {
    op: op === 1 ? 'who-has' : 'reply',
    ethDst: macAt(bytes, 0),
    ethSrc: macAt(bytes, 6),
    sha,
    spa: ipAt(bytes, at + 28, 4),
    tha: macAt(bytes, at + 32),
    tpa: ipAt(bytes, at + 38, 4),
  }
}

/** ar_hrd 1, ar_pro 0x0800, ar_hln 6, ar_pln 4: the only shape whose addresses lie where we read them. */
function isEthernetIpv4(bytes: Uint8Array, at: number): boolean {
  return (
    uint16At(bytes, at + 14) === 1 &&
    uint16At(bytes, at + 16) === 0x0800 &&
    uint16At(bytes, at + 18) === 0x0604
  )
}

function uint16At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

/** The 42 bytes of an ARP frame; the NIC or its driver pads it to 60 where the medium asks for that. */
export function encodeArp(frame: ArpFrame): Uint8Array {
  const bytes = new Uint8Array(ARP_FRAME_BYTES)
  putMac(frame.ethDst, bytes, 0)
  putMac(frame.ethSrc, bytes, 6)
  bytes.set([0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, frame.op === 'who-has' ? 1 : 2], 12)
  putMac(frame.sha, bytes, 22)
  bytes.set(ipBytes(frame.spa), 28)
  putMac(frame.tha, bytes, 32)
  bytes.set(ipBytes(frame.tpa), 38)
  return bytes
}

/** An announcement (RFC 5227 section 3): sender and target are one address, whatever the operation. */
export function isGratuitous(frame: ArpFrame): boolean {
  return frame.spa === frame.tpa
}

/** How many frames of the wire it stands for. */
export function framesOf({ frames = 1 }: CapturedFrame): number {
  return frames
}
