import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { encodeEcho, sequenceOf } from '../../src/icmp/packet.ts'
import { hex } from '../helpers/hex.ts'

const KEY = { ident: 0xbeef, token: hex('000102030405060708090a0b0c0d0e0f') }
// version and length, type of service, total length, id, fragment, TTL, ICMP, checksum, from, to
const IP = '45 00 002c 1234 0000 40 01 0000 c0a8010e c0a8010d'
const TOKEN = '000102030405060708090a0b0c0d0e0f'

test('a question: echo request, checksum left open, identifier, sequence, token', () => {
  assert.deepEqual(encodeEcho({ ...KEY, sequence: 7 }), hex(`08 00 0000 beef 0007 ${TOKEN}`))
})

for (const [title, packet, sequence] of [
  ['a reply to our run', `${IP} 00 00 0000 beef 0007 ${TOKEN}`, 7],
  ['a reply behind IP options', `46 ${IP.slice(2)} 01010101 00 00 0000 beef 0007 ${TOKEN}`, 7],
  ['a reply with more data than ours', `${IP} 00 00 0000 beef 0007 ${TOKEN} ffff`, 7],
  ['our own question, heard by ourselves', `${IP} 08 00 0000 beef 0007 ${TOKEN}`, undefined],
  ['another program’s identifier', `${IP} 00 00 0000 beee 0007 ${TOKEN}`, undefined],
  ['another run’s token', `${IP} 00 00 0000 beef 0007 ${TOKEN.replace('0f', '0e')}`, undefined],
  ['a reply with a code', `${IP} 00 01 0000 beef 0007 ${TOKEN}`, undefined],
  ['destination unreachable', `${IP} 03 01 0000 00000000 ${IP}`, undefined],
  ['a reply without its token', `${IP} 00 00 0000 beef 0007`, undefined],
  ['UDP', `45 00 002c 1234 0000 40 11 0000 c0a8010e c0a8010d 00 00 0000 beef 0007 ${TOKEN}`, undefined],
  ['an IP header that claims 60 bytes of 44', `4f ${IP.slice(2)} 00 00 0000 beef 0007 ${TOKEN}`, undefined],
  ['nothing', '', undefined],
] as const) {
  test(`${title} → ${sequence}`, () => assert.equal(sequenceOf(hex(packet), KEY), sequence))
}

test('no bytes make the decoder throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => void sequenceOf(bytes, KEY)))
})
