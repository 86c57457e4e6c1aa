import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readMemberlistConfig, goDurationMs } from '../../src/core/memberlist-config.ts'
import {
  firstProbeMs,
  LAN,
  slowestDeathMs,
  suspectForMs,
  suspicionOf,
  WAN,
  type MemberlistProfile,
} from '../../src/core/suspicion.ts'

for (const [name, profile, members, minMs, maxMs, confirmations] of [
  ['LAN', LAN, 1, 4000, 4000, 0],
  ['LAN', LAN, 2, 4000, 4000, 0],
  ['LAN', LAN, 3, 4000, 4000, 0],
  ['LAN', LAN, 4, 4000, 24_000, 2],
  ['LAN', LAN, 10, 4000, 24_000, 2],
  ['LAN', LAN, 50, 6792, 40_752, 2],
  ['LAN', LAN, 100, 8000, 48_000, 2],
  ['WAN', WAN, 5, 30_000, 30_000, 0],
  ['WAN', WAN, 6, 30_000, 180_000, 4],
  ['WAN', WAN, 50, 50_940, 305_640, 4],
  ['WAN', WAN, 100, 60_000, 360_000, 4],
] as const) {
  test(`${name}, ${members} members → suspect for ${minMs} to ${maxMs} ms, ${confirmations} confirmations`, () =>
    assert.deepEqual(suspicionOf(profile, members), { minMs, maxMs, confirmations }))
}

// The rows of memberlist's own test (suspicion_test.go, remainingSuspicionTime), without what has elapsed.
for (const [confirmed, ms] of [
  [0, 30_000],
  [1, 16_000],
  [2, 7810],
  [3, 2000],
  [4, 2000],
  [5, 2000],
] as const) {
  test(`${confirmed} of 3 confirmations between 30 s and 2 s → ${ms} ms`, () =>
    assert.equal(suspectForMs({ minMs: 2000, maxMs: 30_000, confirmations: 3 }, confirmed), ms))
}

test('LAN, four members, one confirmation → 11.4 s, as measured in a cluster cut in half', () =>
  assert.equal(suspectForMs(suspicionOf(LAN, 4), 1), 11_381))

for (const [members, ms] of [
  [1, 1000],
  [2, 1000],
  [4, 3000],
  [8, 7000],
  [200, 7000],
] as const) {
  test(`${members} members → somebody probes a given one within ${ms} ms`, () =>
    assert.equal(firstProbeMs(LAN, members), ms))
}

test('LAN, four members → a dead one is dropped within 28 s', () =>
  assert.equal(slowestDeathMs(LAN, 4), 28_000))

const FILE = {
  TCPTimeout: '10s',
  PushPullInterval: '30s',
  ProbeTimeout: '200ms',
  ProbeInterval: '1.5s',
  GossipInterval: '200ms',
  GossipToTheDeadTime: '1m30s',
  QueueCheckInterval: '30s',
  SuspicionMult: 5,
  SuspicionMaxTimeoutMult: 2,
  GossipVerifyIncoming: true,
  GossipVerifyOutgoing: true,
}
const CUSTOM: MemberlistProfile = {
  probeIntervalMs: 1500,
  probeTimeoutMs: 200,
  suspicionMult: 5,
  suspicionMaxTimeoutMult: 2,
  gossipToTheDeadMs: 90_000,
}

for (const [what, file, expected] of [
  ['a whole file', FILE, { profile: CUSTOM, verifyIncoming: true, verifyOutgoing: true }],
  [
    'names in lower case, as Go takes them',
    Object.fromEntries(Object.entries(FILE).map(([name, value]) => [name.toLowerCase(), value])),
    { profile: CUSTOM, verifyIncoming: true, verifyOutgoing: true },
  ],
  [
    'the verify flags forgotten',
    { ...FILE, GossipVerifyIncoming: undefined, GossipVerifyOutgoing: undefined },
    { profile: CUSTOM, verifyIncoming: false, verifyOutgoing: false },
  ],
  [
    'the multipliers forgotten',
    { ...FILE, SuspicionMult: undefined, SuspicionMaxTimeoutMult: undefined },
    {
      profile: { ...CUSTOM, suspicionMult: 0, suspicionMaxTimeoutMult: 0 },
      verifyIncoming: true,
      verifyOutgoing: true,
    },
  ],
  [
    'two durations missing',
    { ...FILE, TCPTimeout: undefined, ProbeInterval: 1 },
    { problem: 'no duration in TCPTimeout, ProbeInterval' },
  ],
  ['a list', [], { problem: 'it is no JSON object' }],
] as const) {
  test(`config.json with ${what} → ${'problem' in expected ? expected.problem : 'its timing'}`, () =>
    assert.deepEqual(readMemberlistConfig(JSON.stringify(file)), expected))
}

test('config.json that is no JSON → said so', () =>
  assert.deepEqual(readMemberlistConfig('{'), { problem: 'it is no JSON object' }))

test('a forgotten SuspicionMult → a silent member is dropped at once', () =>
  assert.deepEqual(suspicionOf({ ...CUSTOM, suspicionMult: 0 }, 9), { minMs: 0, maxMs: 0, confirmations: 0 }))

for (const [text, ms] of [
  ['1s', 1000],
  ['1m30s', 90_000],
  ['500ms', 500],
  ['.5s', 500],
  ['1.5h', 5_400_000],
  ['0', 0],
  ['-2s', -2000],
  ['', undefined],
  ['1', undefined],
  ['1 s', undefined],
  ['s', undefined],
  [1000, undefined],
] as const) {
  test(`the Go duration ${JSON.stringify(text)} → ${ms} ms`, () => assert.equal(goDurationMs(text), ms))
}
