import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { decodeArp, encodeArp, type ArpFrame } from '../../src/core/arp.ts'
import { parseIp, type Ip } from '../../src/core/ip.ts'
import { BROADCAST_MAC, parseMac, ZERO_MAC, type Mac } from '../../src/core/mac.ts'
import { seededRandom } from '../../src/core/random.ts'
import { gratuitousFrames, repliesTo, type SpeakerState } from '../../src/lab/speaker.ts'

const VIP = ip('192.168.1.60')
const NIC = { name: 'eno1', mac: mac('1c:69:7a:aa:04:10') }
const OLD = mac('1c:69:7a:aa:04:0f')
const ASKER = mac('1c:69:7a:aa:50:10')
const ANNOUNCES: SpeakerState = { announces: [VIP] }

const ASKED: ArpFrame = {
  op: 'who-has',
  ethDst: BROADCAST_MAC,
  ethSrc: ASKER,
  sha: ASKER,
  spa: ip('192.168.1.50'),
  tha: ZERO_MAC,
  tpa: VIP,
}

/** The reply of MetalLB, padded to 60 bytes. */
const REPLY = Buffer.from(
  [
    '1c697aaa5010 1c697aaa0410 0806', // to the asker, from the NIC
    '0001 0800 06 04 0002',
    '1c697aaa0410 c0a8013c', // the VIP is at the NIC
    '1c697aaa5010 c0a80132',
    '00'.repeat(18), // up to 60
  ]
    .join('')
    .replaceAll(' ', ''),
  'hex',
)

suite('a speaker answers by the rules of MetalLB', () => {
  test('a broadcast for an announced address gets one reply of 60 bytes', () =>
    assert.deepEqual(
      answer(ANNOUNCES).map((reply) => Buffer.from(reply)),
      [REPLY],
    ))

  for (const [what, state, request, replies] of [
    ['unicast to its MAC', {}, { ethDst: NIC.mac }, 1],
    ['unicast to another MAC', {}, { ethDst: OLD }, 0],
    ['a zero sender (RFC 5227)', {}, { spa: ip('0.0.0.0') }, 1],
    ['a sender of another subnet', {}, { spa: ip('10.9.9.9') }, 1],
    ['an announcement of the VIP by somebody else', {}, { spa: VIP }, 1],
    ['another address', {}, { tpa: ip('192.168.1.61') }, 0],
    ['a reply', {}, { op: 'reply' }, 0],
    ['a NIC that is not named', { interfaces: ['eno2'] }, {}, 0],
    ['a NIC that is named', { interfaces: ['eno1'] }, {}, 1],
    ['a broadcast when muted', { muted: true }, {}, 0],
    ['a broadcast when deaf to broadcasts', { deaf: 'broadcast' }, {}, 0],
    ['unicast when deaf to broadcasts', { deaf: 'broadcast' }, { ethDst: NIC.mac }, 1],
    ['unicast to the new MAC, with an old one recorded', { mac: OLD }, { ethDst: NIC.mac }, 0],
    ['unicast to the old MAC, with that one recorded', { mac: OLD }, { ethDst: OLD }, 1],
    ['a broadcast, doubled', { copies: 2 }, {}, 2],
    ['a broadcast, all lost', { loss: 1 }, {}, 0],
  ] as const) {
    test(`${what} → ${replies} replies`, () =>
      assert.equal(answer({ ...ANNOUNCES, ...state }, { ...ASKED, ...request }).length, replies))
  }

  test('the reply goes to the ARP sender, not to the Ethernet source', () => {
    const [reply] = answer(ANNOUNCES, { ...ASKED, ethSrc: OLD })
    const { ethDst, tha } = decodeArp(reply!) as ArpFrame
    assert.deepEqual([ethDst, tha], [ASKER, ASKER])
  })

  test('an old MAC is the Ethernet source and the ARP sender', () => {
    const { ethSrc, sha } = decodeArp(answer({ ...ANNOUNCES, mac: OLD })[0]!) as ArpFrame
    assert.deepEqual([ethSrc, sha], [OLD, OLD])
  })

  test('VLAN 7 is a tag of four bytes before the EtherType', () => {
    const [reply] = answer({ ...ANNOUNCES, vlan: 7 })
    assert.deepEqual(reply!.subarray(12, 18), Uint8Array.of(0x81, 0x00, 0x00, 0x07, 0x08, 0x06))
    assert.equal(reply!.length, 64)
  })

  test('the seed decides which requests are lost', () => {
    const lost = (seed: number) => {
      const random = seededRandom(seed)
      const state = { ...ANNOUNCES, loss: 0.3 }
      return Array.from({ length: 1000 }, () => repliesTo(ASKED, state, NIC, random).length)
    }
    assert.deepEqual(lost(7), lost(7))
    assert.notDeepEqual(lost(7), lost(8))
    const kept = lost(7).filter(Boolean).length
    assert.ok(kept > 600 && kept < 800, `${kept} of 1000 answered`)
  })

  test('an announcement is a request and a reply, broadcast, sender and target the VIP, target MAC all ones', () => {
    const frames = gratuitousFrames(VIP, ANNOUNCES, NIC)
    assert.deepEqual(
      frames.map((frame) => decodeArp(frame)),
      (['who-has', 'reply'] as const).map((op) => ({
        op,
        ethDst: BROADCAST_MAC,
        ethSrc: NIC.mac,
        sha: NIC.mac,
        spa: VIP,
        tha: BROADCAST_MAC,
        tpa: VIP,
      })),
    )
    assert.deepEqual(
      frames.map(({ length }) => length),
      [60, 60],
    )
  })

  test('the request of this test is what goes over the wire', () =>
    assert.deepEqual(decodeArp(encodeArp(ASKED)), ASKED))
})

function answer(state: SpeakerState, request: ArpFrame = ASKED): Uint8Array[] {
  return repliesTo(request, state, NIC, seededRandom(1))
}

function ip(text: string): Ip {
  return parseIp(text)!
}

function mac(text: string): Mac {
  return parseMac(text)!
}
