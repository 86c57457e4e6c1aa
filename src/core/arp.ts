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

/**
 * Decodes one captured frame: all of it or a reason. VLAN id 0 (a priority tag) is read through; any other
 * tag belongs to another segment (IEEE 802.1Q).
 *
 *   0 ethDst 6 ethSrc 12 type | 14 hrd 16 pro 18 hln 19 pln 20 op 22 sha 28 spa 32 tha 38 tpa 42
 */
export function decodeArp(bytes: Uint8Array): ArpFrame | DecodeDrop {
  if (bytes.byteLength < ARP_FRAME_BYTES) return 'short'
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const tagged = view.getUint16(12) === ETHERTYPE_VLAN
  if (tagged && (view.getUint16(14) & 0xfff) !== 0) return 'vlan-tagged'
  const at = tagged ? TAG_BYTES : 0
  if (bytes.byteLength < at + ARP_FRAME_BYTES) return 'short'
  if (view.getUint16(at + 12) !== ETHERTYPE_ARP) return 'not-arp'
  // ar_hrd 1, ar_pro 0x0800, ar_hln 6, ar_pln 4: the only shape whose addresses lie where we read them
  if (view.getUint32(at + 14) !== 0x00010800 || view.getUint16(at + 18) !== 0x0604) return 'not-ethernet-ipv4'
  const op = view.getUint16(at + 20)
  if (op !== 1 && op !== 2) return 'unknown-op'
  const sha = macAt(bytes, at + 22)
  // the I/G bit: a group sends nothing
  if (sha === ZERO_MAC || (bytes[at + 22]! & 1) === 1) return 'bad-sender'
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
