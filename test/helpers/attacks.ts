import { hex } from './hex.ts'

// What somebody on the segment may send to be taken for the owner of a VIP, as bytes, and what must come of it.

export const VIP = '192.168.1.60'
export const OWNER = '1c:69:7a:aa:04:10'

/** 192.168.1.60 is-at 1c:69:7a:aa:04:10, told to 192.168.1.13 at 1c:69:7a:aa:03:10. */
export const REPLY = hex(`
  1c697aaa0310 1c697aaa0410 0806
  0001 0800 06 04 0002
  1c697aaa0410 c0a8013c
  1c697aaa0310 c0a8010d`)
/** REPLY with other bytes from `offset` on. */
export function patched(offset: number, digits: string, frame = REPLY): Uint8Array {
  const bytes = Uint8Array.from(frame)
  bytes.set(hex(digits), offset)
  return bytes
}
const tagged = (tci: string) => Buffer.concat([REPLY.subarray(0, 12), hex(`8100 ${tci}`), REPLY.subarray(12)])
const STRANGER = patched(22, '0200 0000 0666', patched(6, '0200 0000 0666'))
const announcement = (op: string) =>
  patched(0, 'ffffffffffff', patched(20, op, patched(32, 'ffffffffffff c0a8013c', STRANGER)))

export interface Outcome {
  readonly verdict: string
  readonly codes: readonly string[]
  readonly answered: readonly string[]
  /** Frames that were set aside, by reason. */
  readonly ignored: Readonly<Record<string, number>>
}

const SILENT = { verdict: 'silent', codes: ['ARP101'], answered: [] }
const OK = { verdict: 'ok', codes: [], answered: [OWNER], ignored: {} }
export const aside = (reason: string, count = 1): Outcome => ({ ...SILENT, ignored: { [reason]: count } })

export const ATTACKS: readonly (readonly [title: string, frames: readonly Uint8Array[], outcome: Outcome])[] =
  [
    ['a reply to another host', [patched(0, '1c697aaa0910')], aside('not-for-us')],
    ['a reply whose target MAC is another', [patched(32, '1c697aaa0910')], aside('not-for-us')],
    ['a reply to everybody', [patched(0, 'ffffffffffff')], aside('not-for-us')],
    ['a reply to an address that did not ask', [patched(38, 'c0a80163')], aside('wrong-target-ip')],
    ['a reply about another address', [patched(28, 'c0a8013d')], aside('unasked')],
    ['a reply that claims our own MAC', [patched(22, '1c697aaa0310')], aside('own-mac')],
    ['a reply of a broadcast MAC', [patched(22, 'ffffffffffff')], aside('bad-sender')],
    ['a reply of a multicast MAC', [patched(22, '01005e00003c')], aside('bad-sender')],
    ['a reply of the zero MAC', [patched(22, '000000000000')], aside('bad-sender')],
    ['a reply in VLAN 7', [tagged('0007')], aside('vlan-tagged')],
    ['a reply in VLAN 7 with priority', [tagged('e007')], aside('vlan-tagged')],
    ['hlen 255', [patched(18, 'ff')], aside('not-ethernet-ipv4')],
    ['hlen 0', [patched(18, '00')], aside('not-ethernet-ipv4')],
    ['plen 16', [patched(19, '10')], aside('not-ethernet-ipv4')],
    ['operation 9', [patched(20, '0009')], aside('unknown-op')],
    ['a question for the VIP by another', [patched(20, '0001')], aside('not-a-reply')],
    [
      'a reply cut at every length',
      Array.from({ length: REPLY.length }, (_, length) => REPLY.subarray(0, length)),
      aside('short', REPLY.length),
    ],
    ['a stranger that announces the VIP by a reply', [announcement('0002')], { ...SILENT, ignored: {} }],
    ['a stranger that announces the VIP by a question', [announcement('0001')], { ...SILENT, ignored: {} }],
    ['a stranger that announces the VIP while its owner answers', [announcement('0002'), REPLY], OK],
    ['a priority-tagged reply (VLAN 0)', [tagged('e000')], OK],
    ['a reply with 1,458 trailing bytes', [Buffer.concat([REPLY, Buffer.alloc(1458, 0xee)])], OK],
    [
      'an Ethernet source that is not the ARP sender',
      [patched(6, '020000000666')],
      { verdict: 'ok', codes: ['ARP303'], answered: [OWNER], ignored: {} },
    ],
    [
      'a stranger that answers beside the owner',
      [REPLY, STRANGER],
      { verdict: 'duplicate', codes: ['ARP301'], answered: [OWNER, '02:00:00:00:06:66'], ignored: {} },
    ],
    [
      'a stranger that answers alone',
      [STRANGER],
      { verdict: 'mismatch', codes: ['ARP201'], answered: ['02:00:00:00:06:66'], ignored: {} },
    ],
  ]
