import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeArp, type ArpFrame, type CapturedFrame } from '../../src/core/arp.ts'
import { askerOf } from '../../src/core/asker.ts'
import type { Ip } from '../../src/core/ip.ts'
import { BROADCAST_MAC, ZERO_MAC } from '../../src/core/mac.ts'
import { ip, mac } from '../helpers/segment.ts'

const NUC3 = mac('1c:69:7a:aa:03:10')
const NUC4 = mac('1c:69:7a:aa:04:10')
const VIPS = [ip('192.168.1.60'), ip('192.168.1.61')]

/** A who-has from NUC 3 for the first VIP. */
function question(change: Partial<ArpFrame> = {}): CapturedFrame {
  const sha = change.sha ?? NUC3
  const whoHas = { op: 'who-has', ethDst: BROADCAST_MAC, ethSrc: sha, sha, spa: ip('192.168.1.13') } as const
  const bytes = encodeArp({ ...whoHas, tha: ZERO_MAC, tpa: VIPS[0]!, ...change })
  return { bytes, wireLength: 42, atNs: 5n }
}

const from4 = (change: Partial<ArpFrame> = {}) => question({ sha: NUC4, spa: ip('192.168.1.14'), ...change })
const second = { tpa: VIPS[1]! }

function whoAsks(...frames: CapturedFrame[]): string | string[] {
  const asker = askerOf(frames, VIPS)
  if (!('problem' in asker)) return `${asker.mac} ${asker.ip}`
  return asker.problem === 'nobody-asks' ? [] : asker.candidates.map((candidate) => candidate.mac)
}

for (const [title, frames, expected] of [
  ['one asks', [question()], `${NUC3} 192.168.1.13`],
  ['nobody asks', [], []],
  [
    'two ask: the one that asks for more targets',
    [question(), question(second), from4(), from4(), from4()],
    `${NUC3} 192.168.1.13`,
  ],
  [
    'two ask for as many: the one that asks more often',
    [from4(), question(), from4()],
    `${NUC4} 192.168.1.14`,
  ],
  ['two ask alike: both are named', [question(), from4()], [NUC3, NUC4]],
  [
    'a third that asks less is not named',
    [question(), question(), from4(), from4(), question({ sha: mac('02:00:00:00:00:09') })],
    [NUC3, NUC4],
  ],
  ['questions for other addresses do not count', [question({ tpa: ip('192.168.1.1') })], []],
  ['a unicast who-has is a kernel’s upkeep', [question({ ethDst: NUC4 })], []],
  ['an announcement is no question', [question({ spa: VIPS[0]! })], []],
  ['a reply is no question', [question({ op: 'reply' })], []],
  ['a probe from 0.0.0.0 has a MAC and no address', [question({ spa: ip('0.0.0.0') })], `${NUC3} null`],
  [
    'of two sender addresses the more frequent one',
    [question({ spa: ip('0.0.0.0') }), question({ spa: ip('10.0.0.1') }), question(), question()],
    `${NUC3} 192.168.1.13`,
  ],
  [
    'a frame that is no ARP is passed over',
    [{ bytes: new Uint8Array(60), wireLength: 60, atNs: 1n }, question()],
    `${NUC3} 192.168.1.13`,
  ],
] as const) {
  test(`${title} → ${JSON.stringify(expected)}`, () => assert.deepEqual(whoAsks(...frames), expected))
}

test('the user’s MAC decides between two that ask alike', () => {
  const asker = askerOf([question(), from4()], VIPS, NUC4)
  assert.equal('problem' in asker ? asker.problem : asker.mac, NUC4)
})

test('the user’s MAC that asks nothing → nobody-asks', () => {
  assert.deepEqual(askerOf([question()], VIPS, NUC4), { problem: 'nobody-asks' })
})

test('the round: its first and last question, and each target’s sender address and first question', () => {
  const frames = [question(), question({ ...second, spa: ip('0.0.0.0') }), question()].map((frame, i) => ({
    ...frame,
    atNs: BigInt(i),
  }))
  assert.deepEqual(askerOf(frames, VIPS), {
    mac: NUC3,
    ip: '192.168.1.13',
    senders: new Map<Ip, string>([
      [VIPS[0]!, '192.168.1.13'],
      [VIPS[1]!, '0.0.0.0'],
    ]),
    firstAskedNs: new Map([
      [VIPS[0]!, 0n],
      [VIPS[1]!, 1n],
    ]),
    questions: 3,
    firstNs: 0n,
    lastNs: 2n,
  })
})
