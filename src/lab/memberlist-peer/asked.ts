import { ipAt, type Ip } from '../../core/ip.ts'

/** What the peer was asked, in plain text. */
export type Asked =
  | { readonly kind: 'member-list' }
  | { readonly kind: 'ping'; readonly sequence: number; readonly name: string }
  | { readonly kind: 'indirect-ping'; readonly sequence: number; readonly target: Ip }
  | { readonly kind: 'forbidden'; readonly hex: string } // all that an observer must never send

/** A push/pull with an empty list and without joining, as arpcheck sends it: always these bytes. */
const MEMBER_LIST = '0683a54e6f64657300ac5573657253746174654c656e00a44a6f696ec2'
const PING =
  /^0082a55365714e6f(?<sequence>[0-7]\w|cc\w{2}|cd\w{4}|ce\w{8})a44e6f6465(?:[ab]\w|da\w{4})(?<name>\w*)$/
const INDIRECT_PING =
  /^0185a55365714e6f(?<sequence>[0-7]\w|cc\w{2}|cd\w{4}|ce\w{8})a6546172676574(?:a4(?<v4>\w{8})|b0(?<v6>\w{32}))/

/** Reads a request. What arpcheck sends has one form each; everything else is forbidden. */
export function readRequest(plain: Uint8Array): Asked {
  const hex = Buffer.from(plain).toString('hex')
  if (hex === MEMBER_LIST) return { kind: 'member-list' }
  const ping = PING.exec(hex)?.groups
  if (ping)
    return { kind: 'ping', sequence: numberIn(ping['sequence']!), name: bytes(ping['name']!).toString() }
  const indirect = INDIRECT_PING.exec(hex)?.groups
  if (!indirect) return { kind: 'forbidden', hex }
  const target = bytes(indirect['v4'] ?? indirect['v6']!)
  return {
    kind: 'indirect-ping',
    sequence: numberIn(indirect['sequence']!),
    target: ipAt(target, 0, target.length),
  }
}

/** A msgpack number in hex: itself below 0x80, else behind a head byte. */
function numberIn(hex: string): number {
  return Number.parseInt(hex.length === 2 ? hex : hex.slice(2), 16)
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex')
}
