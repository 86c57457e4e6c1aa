import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { PROBER_FILTER, RESPONDER_FILTER } from '../../src/capture/filter.ts'
import { openNative } from '../../src/capture/native.ts'
import { decodeArp } from '../../src/core/arp.ts'
import { cable, inNamespaces } from '../helpers/netns.ts'
import { drained, texts } from './contract.ts'

// Not covered: 802.1ad and double tags; a NIC that strips tags in hardware (veth does it in software, to the same place).

const quiet = { onFrames: () => {}, onTrouble: () => {} }
const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(/[ |]/g, ''), 'hex')

const REQUEST = hex(
  'ffffffffffff 020000000002 0806 | 0001 0800 0604 0001 020000000002 0a090002 000000000000 0a090001',
)
const REPLY = hex(
  '020000000001 020000000002 0806 | 0001 0800 0604 0002 020000000002 0a090002 020000000001 0a090001',
)
const TO_ANOTHER = hex(
  '020000000077 020000000002 0806 | 0001 0800 0604 0002 020000000002 0a090002 020000000077 0a090077',
)
const ANNOUNCED_BY_REQUEST = hex(
  'ffffffffffff 020000000002 0806 | 0001 0800 0604 0001 020000000002 0a090002 000000000000 0a090002',
)
const ANNOUNCED_BY_REPLY = hex(
  'ffffffffffff 020000000002 0806 | 0001 0800 0604 0002 020000000002 0a090002 ffffffffffff 0a090002',
)
const PROBE_RFC_5227 = hex(
  'ffffffffffff 020000000002 0806 | 0001 0800 0604 0001 020000000002 00000000 000000000000 0a090001',
)
const REVERSE_ARP = hex(
  'ffffffffffff 020000000002 8035 | 0001 0800 0604 0003 020000000002 0a090002 020000000002 0a090003',
)
const IP = hex(
  '020000000001 020000000002 0800 | 4500001c 00010000 40110000 0a090002 0a090001 0007 0007 0008 0000 0000 0000 0000',
)
const END = hex(
  '020000000001 020000000002 0806 | 0001 0800 0604 0002 0200000000ee 0a0900ee 020000000001 0a090001',
)
const TAGS = { 'VLAN 7': '8100 0007', 'VLAN 0': '8100 0000', 'VLAN 0 with priority 5': '8100 a000' } as const

function tagged(frame: Uint8Array, tag: string): Uint8Array {
  return Buffer.concat([frame.subarray(0, 12), hex(tag), frame.subarray(12)])
}

inNamespaces(() => {
  cable('near', 'far')
  const far = openNative({ device: 'far' }, quiet)
  after(() => far.close())

  for (const [what, frame, byProber, byResponder] of [
    ['a reply to us', REPLY, true, false],
    ['a reply to another machine', TO_ANOTHER, true, false],
    ['an announcement by request', ANNOUNCED_BY_REQUEST, true, true],
    ['an announcement by reply', ANNOUNCED_BY_REPLY, true, false],
    ['a request', REQUEST, false, true],
    ['a probe without a sender (RFC 5227)', PROBE_RFC_5227, false, true],
    ['RARP', REVERSE_ARP, false, false],
    ['an IPv4 packet', IP, false, false],
  ] as const) {
    test(`${what} that comes in → ${word(byProber)} by a prober, ${word(byResponder)} by a responder`, async () => {
      assert.equal(await passesIn(frame, PROBER_FILTER), byProber)
      assert.equal(await passesIn(frame, RESPONDER_FILTER), byResponder)
    })
  }

  for (const [what, frame, kept] of [
    ['a request', REQUEST, true],
    ['a reply', REPLY, false],
    ['an announcement by reply', ANNOUNCED_BY_REPLY, false],
  ] as const) {
    test(`${what} of our own → ${word(kept)} by a prober, dropped by a responder`, async () => {
      assert.equal(await passesOut(frame, PROBER_FILTER), kept)
      assert.equal(await passesOut(frame, RESPONDER_FILTER), false)
    })
  }

  for (const [name, tag] of Object.entries(TAGS)) {
    test(`a reply tagged ${name} → kept, with its tag`, async () => {
      const capture = openNative({ device: 'near' }, quiet)
      await far.send({ frames: [tagged(REPLY, tag)], gapNs: 0 })
      const [frame] = await drained(capture, 1)
      assert.deepEqual(texts([frame!]), texts([tagged(REPLY, tag)]))
      assert.equal(frame!.wireLength, 46)
      assert.equal(
        typeof decodeArp(frame!.bytes) === 'object',
        tag !== TAGS['VLAN 7'],
        'VLAN 0 is our own segment',
      )
      capture.close()
    })
  }

  test('the first frame after opening is not lost, whatever came before', async () => {
    for (let round = 0; round < 20; round++) {
      await far.send({ frames: [IP, REQUEST], gapNs: 0 })
      const capture = openNative({ device: 'near' }, quiet)
      await far.send({ frames: [END], gapNs: 0 })
      assert.deepEqual(texts(await drained(capture, 1)), texts([END]))
      assert.equal(capture.statistics()?.received, 1)
      capture.close()
    }
  })

  /** Whether a frame that comes in passes; the reply behind it, or a request, shows when to look. */
  async function passesIn(frame: Uint8Array, filter: string): Promise<boolean> {
    const capture = openNative(
      { device: 'near', filter: `(${filter}) or ether src 02:00:00:00:00:ee` },
      quiet,
    )
    await far.send({ frames: [frame, marker()], gapNs: 0 })
    return decide(capture, frame)
  }

  async function passesOut(frame: Uint8Array, filter: string): Promise<boolean> {
    const capture = openNative(
      { device: 'near', filter: `(${filter}) or ether src 02:00:00:00:00:ee` },
      quiet,
    )
    await capture.send({ frames: [frame, marker()], gapNs: 0 })
    return decide(capture, frame)
  }
})

/** A frame that passes every filter here. */
function marker(): Uint8Array {
  const frame = Uint8Array.from(END)
  frame[11] = 0xee
  return frame
}

async function decide(capture: ReturnType<typeof openNative>, frame: Uint8Array): Promise<boolean> {
  const seen: string[] = []
  while (!seen.includes(texts([marker()])[0]!)) seen.push(...texts(await drained(capture, 1)))
  capture.close()
  return seen.includes(texts([frame])[0]!)
}

function word(kept: boolean): string {
  return kept ? 'kept' : 'dropped'
}
