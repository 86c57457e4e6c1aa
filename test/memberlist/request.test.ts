import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ipAt } from '../../src/core/ip.ts'
import { readRequest } from '../../src/lab/memberlist-peer/asked.ts'
import { checksummed, sealedFrame, sealedPacket } from '../../src/lab/memberlist-peer/frame.ts'
import { MsgpackReader } from '../../src/memberlist/msgpack.ts'
import {
  indirectPingRequest,
  memberListRequest,
  packet,
  pingRequest,
  streamFrame,
  type PacketRequest,
  type StreamRequest,
} from '../../src/memberlist/request.ts'
import { bytes, hex, recorded, type Recorded } from './recorded.ts'

const TARGET = { name: 'b', address: ipAt(Uint8Array.of(10, 0, 0, 1), 0, 4), port: 7946 }

// What we send, byte for byte what was sent to real peers; and what cannot be said at all.

for (const item of [...recorded('tcp'), ...recorded('udp')]) {
  test(`the request of ${item.name} → byte for byte the recorded one`, () => {
    assert.equal(hex(requestOf(item)), item.requestPlain)
    assert.equal(hex(framed(item)), item.request)
  })
}

test('a name of 32 bytes and more takes two bytes of length, never the newer form with one', () => {
  const request = hex(pingRequest(1, 'n'.repeat(200)))
  assert.ok(request.endsWith(`a44e6f6465da00c8${'6e'.repeat(200)}`))
})

for (const [number, encoded] of [
  [0, '00'],
  [127, '7f'],
  [128, 'cc80'],
  [255, 'ccff'],
  [256, 'cd0100'],
  [65_536, 'ce00010000'],
  [4_294_967_295, 'ceffffffff'],
] as const) {
  test(`sequence ${number} → ${encoded}`, () =>
    assert.equal(hex(pingRequest(number, '')), `0082a55365714e6f${encoded}a44e6f6465a0`))
}

for (const wrong of [-1, 1.5, 2 ** 32, Number.NaN]) {
  test(`sequence ${wrong} → refused`, () => assert.throws(() => pingRequest(wrong, ''), RangeError))
}

test('only requests can be framed: other bytes, joining and states have no form (checked by the compiler)', () => {
  const [other, label] = [new Uint8Array(1), new Uint8Array(0)]
  const unsayable = [
    // @ts-expect-error bytes of any other origin, also none at all, are no request
    () => streamFrame(other, label, null),
    // @ts-expect-error nor in a packet
    () => packet(other, label, null),
    // @ts-expect-error a push/pull does not travel in packets
    () => packet(memberListRequest(), label, null),
    // @ts-expect-error an indirect ping does not travel on streams
    () => streamFrame(indirectPingRequest(1, TARGET), label, null),
    // @ts-expect-error there is nothing to set in a request for the member list
    () => memberListRequest({ join: true }),
  ]
  assert.equal(unsayable.length, 5)
})

test('a nonce of another length than 12 → refused', () =>
  assert.throws(
    () =>
      streamFrame(memberListRequest(), Buffer.alloc(0), { key: Buffer.alloc(32), nonce: Buffer.alloc(8) }),
    /a nonce has 12 bytes/,
  ))

test("every request is one that the lab's peer lets pass", () => {
  for (const request of [memberListRequest(), pingRequest(300, 'a'), indirectPingRequest(70_000, TARGET)])
    assert.notEqual(readRequest(request).kind, 'forbidden')
})

/** The recorded request made anew, from the facts in it. */
function requestOf({ operation, requestPlain }: Recorded): StreamRequest | PacketRequest {
  if (operation === 'push-pull') return memberListRequest()
  const fields = new MsgpackReader(bytes(requestPlain), 1).fields()
  const [sequence, name] = [
    Number(fields.get('SeqNo')),
    Buffer.from(fields.get('Node') as Uint8Array).toString(),
  ]
  if (operation !== 'udp-indirect-ping') return pingRequest(sequence, name)
  const target = fields.get('Target') as Uint8Array
  const address = ipAt(target, 0, target.length)
  return indirectPingRequest(sequence, { name, address, port: Number(fields.get('Port')) })
}

/** What only other peers send, version 0 and checksums, is framed as the lab does. */
function framed(item: Recorded): Uint8Array {
  const request = requestOf(item)
  const label = Buffer.from(item.label)
  const sealing =
    item.key === null ? null : { key: bytes(item.key), nonce: bytes(item.requestNonce!), version: 0 as const }
  if (sealing && item.requestEncryptionVersion === 0)
    return (item.transport === 'tcp' ? sealedFrame : sealedPacket)(request, sealing, label)
  if (item.transport === 'tcp') return streamFrame(request as StreamRequest, label, sealing)
  return item.request.startsWith('0c')
    ? checksummed(request)
    : packet(request as PacketRequest, label, sealing)
}
