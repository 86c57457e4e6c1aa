import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MsgpackReader, type Value } from '../../src/memberlist/msgpack.ts'
import { MemberlistKeys, NO_KEYS } from '../../src/memberlist/keys.ts'
import { decodePacket, type PacketState } from '../../src/memberlist/packet.ts'
import { ipAt } from '../../src/core/ip.ts'
import { compound, compressed, checksummed, ackAnswer } from '../../src/lab/memberlist-peer/frame.ts'
import { packLzwBomb } from '../../src/lab/memberlist-peer/lzw.ts'
import { bytes, hex, recorded, type Expected, type Recorded } from './recorded.ts'

// What real peers answered by packets, and packets that nobody should be able to make us choke on.

for (const item of recorded('udp').filter(({ response }) => response !== '')) {
  test(`${item.name} → ${item.expected.kind}`, () => assert.deepEqual(seen(item), item.expected))
  test(`${item.name}, without its key → ${item.key === null ? 'the same' : 'sealed'}`, () =>
    assert.equal(decode(item, NO_KEYS).kind, item.key === null ? 'packet' : 'sealed'))
}

const ACK = ackAnswer(7)

for (const [what, packet, label, reason] of [
  ['nothing', Buffer.alloc(0), '', 'empty'],
  ['a label that we do not use', Buffer.concat([Uint8Array.of(244, 1, 0x61), ACK]), '', 'bad-label'],
  ['another label', Buffer.concat([Uint8Array.of(244, 1, 0x61), ACK]), 'b', 'bad-label'],
  ['no label though we use one', ACK, 'b', 'bad-label'],
  ['a label header alone', Uint8Array.of(244), 'b', 'bad-label'],
  ['a checksum of other bytes', Buffer.concat([bytes('0c00000000'), ACK]), '', 'bad-checksum'],
  ['a checksum of nothing', bytes('0c00000000'), '', 'truncated'],
  ['a compound of nothing', bytes('0700'), '', 'bad-compound'],
  ['a compound cut in its lengths', bytes('0702000100'), '', 'bad-compound'],
  ['a compound whose part is longer than the packet', bytes('070100ff02'), '', 'bad-compound'],
  ['a compound with an empty part', bytes('07010000'), '', 'empty'],
  ['a compound five deep', wrap(5), '', 'nested'],
  ['an ack cut in its sequence', ACK.subarray(0, 9), '', 'truncated'],
  ['compression of an unknown kind', bytes('0982a4416c676f01a3427566a100'), '', 'bad-compression'],
  [
    'compression to more than a mebibyte',
    compressed(ACK, packLzwBomb(2 ** 20 + 4096)),
    '',
    'expands-too-far',
  ],
  ['compression of nothing', compressed(Buffer.alloc(0)), '', 'empty'],
] as const) {
  test(`a packet of ${what} → ${reason}`, () =>
    assert.deepEqual(decodePacket(packet, NO_KEYS, Buffer.from(label)), { kind: 'malformed', reason }))
}

test('a compound four deep, checksummed → the ack inside', () => {
  const state = decodePacket(checksummed(wrap(4)), NO_KEYS, Buffer.alloc(0))
  assert.equal(state.kind, 'packet')
  assert.deepEqual(state.kind === 'packet' && state.messages, [{ type: 'ack', sequence: 7, payload: null }])
})

test('a thousand parts of a mebibyte each share one budget → expands-too-far', () => {
  const part = compressed(ACK, packLzwBomb(2 ** 19))
  const packet = compound([part, part, part, part])
  assert.deepEqual(decodePacket(packet, NO_KEYS, Buffer.alloc(0)), {
    kind: 'malformed',
    reason: 'expands-too-far',
  })
})

function wrap(times: number): Uint8Array {
  return times === 0 ? ACK : compound([wrap(times - 1)])
}

function decode({ response, label }: Recorded, keys: MemberlistKeys): PacketState {
  return decodePacket(bytes(response), keys, Buffer.from(label))
}

function seen(item: Recorded): Expected {
  const state = decode(item, item.key === null ? NO_KEYS : new MemberlistKeys([bytes(item.key)]))
  if (state.kind !== 'packet') return { kind: state.kind }
  const { keyIndex, checksum, compressed: isCompressed, compound: isCompound } = state.layers
  const messages = state.messages.map(messageSeen)
  return {
    kind: String(messages[0]?.['type']),
    layers: { encrypted: keyIndex !== null, crc: checksum, compressed: isCompressed, compound: isCompound },
    messages,
  }
}

function messageSeen(message: Extract<PacketState, { kind: 'packet' }>['messages'][number]) {
  if (message.type === 'ack')
    return { type: 'ack', Payload: message.payload && hex(message.payload), SeqNo: message.sequence }
  if (message.type === 'nack') return { type: 'nack', SeqNo: message.sequence }
  const fields = new MsgpackReader(message.body).fields()
  return {
    type: 'alive',
    ...Object.fromEntries(Array.from(fields, ([name, value]) => [name, shown(name, value)])),
  }
}

function shown(name: string, value: Value): unknown {
  if (!(value instanceof Uint8Array)) return value
  if (name === 'Addr') return ipAt(value, 0, value.length)
  return name === 'Vsn' ? hex(value) : Buffer.from(value).toString('utf8')
}
