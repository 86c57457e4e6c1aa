import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeArp, type ArpFrame } from '../../src/core/arp.ts'
import { BROADCAST_MAC, ZERO_MAC } from '../../src/core/mac.ts'
import {
  evidenceOf,
  hasHeard,
  hear,
  MAX_ANSWERERS,
  openRound,
  type Round,
  type RoundDrop,
} from '../../src/core/round.ts'
import { ip, mac, OWN_MAC, padded } from '../helpers/segment.ts'

const VIP = ip('192.168.1.60')
const OWN_IP = ip('192.168.1.13')
const NUC_4 = mac('1c:69:7a:aa:04:10')
const MS = 1_000_000n

const whoHas: ArpFrame = {
  op: 'who-has',
  ethDst: BROADCAST_MAC,
  ethSrc: OWN_MAC,
  sha: OWN_MAC,
  spa: OWN_IP,
  tha: ZERO_MAC,
  tpa: VIP,
}
const reply: ArpFrame = {
  op: 'reply',
  ethDst: OWN_MAC,
  ethSrc: NUC_4,
  sha: NUC_4,
  spa: VIP,
  tha: OWN_MAC,
  tpa: OWN_IP,
}

function newRound(): Round {
  return openRound({ mac: OWN_MAC, senders: new Map([[VIP, OWN_IP]]), timeoutNs: 1000n * MS })
}

function take(round: Round, frame: ArpFrame, atNs: bigint | null): void {
  const bytes = padded(encodeArp(frame))
  hear(round, { bytes, wireLength: bytes.length, atNs })
}

function played(...frames: readonly (readonly [ArpFrame, bigint | null])[]): Round {
  const round = newRound()
  for (const [frame, atNs] of frames) take(round, frame, atNs)
  return round
}

test('a reply after our question is an answer, with the time between their stamps', () => {
  const round = played([whoHas, 5n * MS], [reply, 5n * MS + 310_000n])
  assert.deepEqual(evidenceOf(round, VIP).answers, [
    { mac: NUC_4, ethSrcs: [NUC_4], replies: 1, rttNs: 310_000n, shortestFrame: 60 },
  ])
  assert.equal(hasHeard(round), true)
})

test('the round-trip time is that of the first reply, from the last question before it', () => {
  const round = played(
    [whoHas, 0n],
    [whoHas, 250n * MS],
    [reply, 251n * MS],
    [whoHas, 500n * MS],
    [reply, 509n * MS],
  )
  const { answers, asked } = evidenceOf(round, VIP)
  assert.deepEqual([asked, answers[0]!.replies, answers[0]!.rttNs], [3, 2, 1n * MS])
})

test('frames without stamps count, and their round-trip time is null', () => {
  assert.equal(evidenceOf(played([whoHas, null], [reply, null]), VIP).answers[0]!.rttNs, null)
})

test('two MACs are two answers, in the order in which they came', () => {
  const other = mac('1c:69:7a:aa:01:10')
  const round = played([whoHas, 0n], [reply, 1n], [{ ...reply, sha: other, ethSrc: other }, 80n * MS])
  assert.deepEqual(
    evidenceOf(round, VIP).answers.map(({ mac: answerer }) => answerer),
    [NUC_4, other],
  )
})

test('a reply relayed by another source keeps both Ethernet sources', () => {
  const relay = mac('02:00:00:00:00:99')
  const round = played([whoHas, 0n], [reply, 1n], [{ ...reply, ethSrc: relay }, 2n])
  assert.deepEqual(evidenceOf(round, VIP).answers[0]!.ethSrcs, [NUC_4, relay])
})

test('after a unicast question replies count as unicast answers, until the next broadcast', () => {
  const round = played([{ ...whoHas, ethDst: NUC_4 }, 0n], [reply, 1n])
  const { answers, unicastAnswers, asked } = evidenceOf(round, VIP)
  assert.deepEqual([answers.length, unicastAnswers.length, asked], [0, 1, 0])
})

test('a gratuitous announcement is kept apart and proves neither an answer nor hearing', () => {
  for (const op of ['who-has', 'reply'] as const) {
    const round = played(
      [whoHas, 0n],
      [{ ...reply, op, ethDst: BROADCAST_MAC, tha: BROADCAST_MAC, tpa: VIP }, 7n],
    )
    const { answers, announcements } = evidenceOf(round, VIP)
    assert.deepEqual([answers, announcements, hasHeard(round)], [[], [{ mac: NUC_4, atNs: 7n }], false])
  }
})

const IGNORED: readonly (readonly [string, readonly (readonly [ArpFrame, bigint])[], RoundDrop])[] = [
  [
    'a reply before our first question',
    [
      [reply, 0n],
      [whoHas, 1n],
    ],
    'before-question',
  ],
  [
    'a reply later than the timeout after our last question',
    [
      [whoHas, 0n],
      [reply, 1001n * MS],
    ],
    'after-end',
  ],
  [
    'a reply sent to another host',
    [
      [whoHas, 0n],
      [{ ...reply, ethDst: mac('1c:69:7a:aa:09:10') }, 1n],
    ],
    'not-for-us',
  ],
  [
    'a reply whose target MAC is another host',
    [
      [whoHas, 0n],
      [{ ...reply, tha: mac('1c:69:7a:aa:09:10') }, 1n],
    ],
    'not-for-us',
  ],
  [
    'a broadcast reply',
    [
      [whoHas, 0n],
      [{ ...reply, ethDst: BROADCAST_MAC }, 1n],
    ],
    'not-for-us',
  ],
  [
    'a reply to an address that we did not ask from',
    [
      [whoHas, 0n],
      [{ ...reply, tpa: ip('192.168.1.99') }, 1n],
    ],
    'wrong-target-ip',
  ],
  [
    'a reply about an address that we did not ask for',
    [
      [whoHas, 0n],
      [{ ...reply, spa: ip('192.168.1.99') }, 1n],
    ],
    'unasked',
  ],
  ['a question of our host about another address', [[{ ...whoHas, tpa: ip('192.168.1.99') }, 0n]], 'unasked'],
  [
    'a question of our host from another address of its own',
    [[{ ...whoHas, spa: ip('192.168.1.14') }, 0n]],
    'unasked',
  ],
  [
    'a reply that claims our own MAC',
    [
      [whoHas, 0n],
      [{ ...reply, sha: OWN_MAC }, 1n],
    ],
    'own-mac',
  ],
  ['an announcement of our own host', [[{ ...whoHas, tpa: OWN_IP }, 0n]], 'own-mac'],
  ['a who-has of another host', [[{ ...whoHas, ethSrc: NUC_4, sha: NUC_4 }, 0n]], 'not-a-reply'],
  [
    'an announcement of an address that we did not ask for',
    [[{ ...reply, spa: OWN_IP, tpa: OWN_IP }, 0n]],
    'unasked',
  ],
]
for (const [title, frames, reason] of IGNORED) {
  test(`${title} → no evidence: ${reason}`, () => {
    const round = played(...frames)
    assert.deepEqual([...round.ignored], [[reason, 1]])
    assert.deepEqual([evidenceOf(round, VIP).answers, hasHeard(round)], [[], false])
  })
}

test('a reply at the last moment still counts', () => {
  assert.equal(evidenceOf(played([whoHas, 0n], [reply, 1000n * MS]), VIP).answers.length, 1)
})

test('a frame that stands for three → three replies, or three of what was set aside', () => {
  const round = played([whoHas, 0n])
  for (const tha of [OWN_MAC, NUC_4]) {
    const bytes = encodeArp({ ...reply, tha })
    hear(round, { bytes, wireLength: 60, atNs: 1n, frames: 3 })
  }
  assert.equal(evidenceOf(round, VIP).answers[0]!.replies, 3)
  assert.deepEqual([...round.ignored], [['not-for-us', 3]])
})

test('a frame that does not decode is counted by its reason', () => {
  const round = newRound()
  hear(round, { bytes: new Uint8Array(13), wireLength: 13, atNs: null })
  assert.deepEqual([...round.ignored], [['short', 1]])
})

test('a flood of random senders for one address is bounded, and the rest counted', () => {
  const flood = Array.from({ length: MAX_ANSWERERS + 1000 }, (_, i) =>
    mac(`02000000${i.toString(16).padStart(4, '0')}`),
  )
  const round = played([whoHas, 0n], ...flood.map((sha) => [{ ...reply, sha, ethSrc: sha }, 1n] as const))
  assert.equal(evidenceOf(round, VIP).answers.length, MAX_ANSWERERS)
  assert.equal(round.ignored.get('too-many-answerers'), 1000)
})
