import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeArp, encodeArp, isGratuitous, type ArpFrame, type DecodeDrop } from '../../src/core/arp.ts'
import { ipv4Of } from '../../src/core/ip.ts'
import { macAt } from '../../src/core/mac.ts'

/** 192.168.1.60 is-at 1c:69:7a:aa:04:10, told to 192.168.1.13: 42 bytes, as a kernel sends it on a veth. */
const REPLY = bytes(`
  1c 69 7a aa 03 10  1c 69 7a aa 04 10  08 06
  00 01  08 00  06  04  00 02
  1c 69 7a aa 04 10  c0 a8 01 3c
  1c 69 7a aa 03 10  c0 a8 01 0d`)

const DECODED: ArpFrame = {
  op: 'reply',
  ethDst: mac('1c:69:7a:aa:03:10'),
  ethSrc: mac('1c:69:7a:aa:04:10'),
  sha: mac('1c:69:7a:aa:04:10'),
  spa: '192.168.1.60' as ArpFrame['spa'],
  tha: mac('1c:69:7a:aa:03:10'),
  tpa: '192.168.1.13' as ArpFrame['tpa'],
}

/** REPLY with other bytes at `offset`. */
const patched = (offset: number, ...values: number[]) =>
  Uint8Array.from(REPLY, (byte, i) => values[i - offset] ?? byte)
/** REPLY behind an 802.1Q tag. */
const tagged = (tci: number) =>
  Uint8Array.from([...REPLY.subarray(0, 12), 0x81, 0, tci >> 8, tci & 255, ...REPLY.subarray(12)])

for (const [title, frame] of [
  ['a reply of 42 bytes', REPLY],
  ['a reply padded with zeros to 60 bytes', Uint8Array.from([...REPLY, ...Array<number>(18).fill(0)])],
  [
    'a reply with trailing bytes that are not zero',
    Uint8Array.from([...REPLY, ...Array<number>(86).fill(0xee)]),
  ],
  ['a priority-tagged reply (VLAN id 0)', tagged(0xe000)],
] as const) {
  test(`${title} → every field`, () => assert.deepEqual(decodeArp(frame), DECODED))
}

test('Ethernet source and ARP sender are kept apart', () => {
  const frame = decodeArp(patched(6, 2, 0, 0, 0, 0, 9)) as ArpFrame
  assert.deepEqual([frame.ethSrc, frame.sha], ['02:00:00:00:00:09', '1c:69:7a:aa:04:10'])
})

const REFUSED: readonly (readonly [string, Uint8Array, DecodeDrop])[] = [
  ['an empty frame', new Uint8Array(0), 'short'],
  ['41 bytes', REPLY.subarray(0, 41), 'short'],
  ['a priority-tagged frame of 45 bytes', tagged(0).subarray(0, 45), 'short'],
  ['VLAN id 7', tagged(7), 'vlan-tagged'],
  ['VLAN id 7 with priority', tagged(0xe007), 'vlan-tagged'],
  [
    'a double tag',
    Uint8Array.from([...tagged(0).subarray(0, 16), 0x81, 0, 0, 0, ...REPLY.subarray(12)]),
    'not-arp',
  ],
  ['EtherType IPv4', patched(12, 0x08, 0x00), 'not-arp'],
  ['EtherType RARP', patched(12, 0x80, 0x35), 'not-arp'],
  ['hardware type 6 (IEEE 802)', patched(14, 0, 6), 'not-ethernet-ipv4'],
  ['protocol type IPv6', patched(16, 0x86, 0xdd), 'not-ethernet-ipv4'],
  ['hln 200 in a 42-byte frame', patched(18, 200), 'not-ethernet-ipv4'],
  ['hln 0', patched(18, 0), 'not-ethernet-ipv4'],
  ['pln 16', patched(19, 16), 'not-ethernet-ipv4'],
  ['operation 0', patched(20, 0, 0), 'unknown-op'],
  ['operation 3 (RARP request)', patched(20, 0, 3), 'unknown-op'],
  ['operation 0x0102', patched(20, 1, 2), 'unknown-op'],
  ['a zero sender MAC', patched(22, 0, 0, 0, 0, 0, 0), 'bad-sender'],
  ['a broadcast sender MAC', patched(22, 255, 255, 255, 255, 255, 255), 'bad-sender'],
  ['a multicast sender MAC', patched(22, 0x01), 'bad-sender'],
]
for (const [title, frame, reason] of REFUSED) {
  test(`${title} → refused: ${reason}`, () => assert.equal(decodeArp(frame), reason))
}

test('every truncation of a reply is refused as short', () => {
  for (let length = 0; length < REPLY.length; length++)
    assert.equal(decodeArp(REPLY.subarray(0, length)), 'short')
})

test('a view into a larger buffer decodes alike', () => {
  const buffer = Uint8Array.from([9, 9, 9, ...REPLY, 9, 9])
  assert.deepEqual(decodeArp(buffer.subarray(3, 3 + REPLY.length)), DECODED)
})

test('sender and target alike → gratuitous, whatever the operation', () => {
  assert.equal(isGratuitous({ ...DECODED, tpa: DECODED.spa }), true)
  assert.equal(isGratuitous(DECODED), false)
})

const anyMac = fc.uint8Array({ minLength: 6, maxLength: 6 }).map((raw) => macAt(raw, 0))
const senderMac = fc
  .uint8Array({ minLength: 6, maxLength: 6 })
  .map((raw) => macAt(Uint8Array.from([raw[0]! & 0xfe, ...raw.subarray(1, 5), raw[5]! | 1]), 0))
const anyIp = fc.nat(0xffffffff).map(ipv4Of)
const anyFrame = fc.record<ArpFrame>(
  {
    op: fc.constantFrom('who-has', 'reply'),
    ethDst: anyMac,
    ethSrc: anyMac,
    sha: senderMac,
    spa: anyIp,
    tha: anyMac,
    tpa: anyIp,
  },
  { noNullPrototype: true },
)

test('decode(encode(frame)) is the frame, for any lawful frame', () => {
  fc.assert(fc.property(anyFrame, (frame) => assert.deepEqual(decodeArp(encodeArp(frame)), frame)))
})

test('no bytes make decode throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => void decodeArp(raw)))
})

test('no change of one byte in a reply makes decode throw or invent a field', () => {
  fc.assert(
    fc.property(fc.nat(REPLY.length - 1), fc.nat(255), (offset, value) => {
      const frame = decodeArp(patched(offset, value))
      if (typeof frame !== 'string') assert.deepEqual(encodeArp(frame), patched(offset, value))
    }),
  )
})

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16))
}

function mac(text: string): ArpFrame['sha'] {
  return text as ArpFrame['sha']
}
