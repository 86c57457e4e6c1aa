import { viewOf } from '../core/bytes.ts'

/** What ties a reply to our question: the kernel gives a raw socket every ICMP packet of the host. */
export interface EchoKey {
  /** One per run, 16 bits. */
  readonly ident: number
  /** One per target, 16 bits. */
  readonly sequence: number
  /** One per run, TOKEN_BYTES: no other program's reply holds it. */
  readonly token: Uint8Array
}

export const TOKEN_BYTES = 16

const ECHO_REQUEST = 8
const ECHO_REPLY = 0
const HEADER_BYTES = 8
const MIN_IP_HEADER_BYTES = 20
const PROTOCOL_ICMP = 1

/** RFC 792: 0 type 1 code 2 checksum (left 0) 4 identifier 6 sequence 8 data */
export function encodeEcho({ ident, sequence, token }: EchoKey): Uint8Array {
  const packet = new Uint8Array(HEADER_BYTES + TOKEN_BYTES)
  const view = viewOf(packet)
  packet[0] = ECHO_REQUEST
  view.setUint16(4, ident)
  view.setUint16(6, sequence)
  packet.set(token, HEADER_BYTES)
  return packet
}

/** The sequence that a reply to our run carries; undefined for any other packet. `packet` begins with its IPv4 header. */
export function sequenceOf(
  packet: Uint8Array,
  { ident, token }: Omit<EchoKey, 'sequence'>,
): number | undefined {
  if (packet.length < MIN_IP_HEADER_BYTES || packet[9] !== PROTOCOL_ICMP) return undefined
  const icmp = packet.subarray((packet[0]! & 15) * 4)
  if (icmp.length < HEADER_BYTES + TOKEN_BYTES || icmp[0] !== ECHO_REPLY || icmp[1] !== 0) return undefined
  const view = viewOf(icmp)
  const ours = view.getUint16(4) === ident && token.every((byte, i) => icmp[HEADER_BYTES + i] === byte)
  return ours ? view.getUint16(6) : undefined
}
