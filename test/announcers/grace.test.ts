import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metallb } from '../../src/announcers/metallb/metallb.ts'
import { settings, speaker } from '../helpers/cluster.ts'
import { home } from './home.ts'

const speakers = (count: number, version = 'v0.16.1', args: readonly string[] = []) => ({
  speakerPods: Array.from({ length: count }, (_, index) =>
    speaker(`n${index}`, version, settings(version, args)),
  ),
})
const seconds = (milliseconds: number) => milliseconds / 1000
const FILE = JSON.stringify({
  TCPTimeout: '10s',
  PushPullInterval: '30s',
  ProbeTimeout: '500ms',
  ProbeInterval: '2s',
  GossipInterval: '200ms',
  GossipToTheDeadTime: '30s',
  QueueCheckInterval: '30s',
  SuspicionMult: 5,
  SuspicionMaxTimeoutMult: 2,
})

/** Speakers, suspicion from and to, and the hold-down: first probe + 2 intervals + the longest suspicion + 5 s. */
for (const [count, min, max, holdDown] of [
  [2, 4, 4, 12],
  [3, 4, 4, 13],
  [4, 4, 24, 34],
  [10, 4, 24, 38],
  [50, 6.792, 40.752, 54.752],
  [100, 8, 48, 62],
] as const) {
  test(`${count} speakers on a LAN: suspicion ${min} to ${max} s, hold-down ${holdDown} s`, () => {
    const grace = metallb.grace(home(speakers(count)))
    assert.equal(grace.profile, 'lan')
    assert.deepEqual([grace.suspicionMinMs, grace.suspicionMaxMs, grace.holdDownMs].map(seconds), [
      min,
      max,
      holdDown,
    ])
  })
}

for (const [count, min, max] of [
  [5, 30, 30],
  [6, 30, 180],
  [100, 60, 360],
] as const) {
  test(`${count} speakers with --ml-wan-config: suspicion ${min} to ${max} s`, () => {
    const grace = metallb.grace(home(speakers(count, 'v0.16.1', ['--ml-wan-config'])))
    assert.equal(grace.profile, 'wan')
    assert.deepEqual([grace.suspicionMinMs, grace.suspicionMaxMs].map(seconds), [min, max])
  })
}

test('the memberlist file replaces the profile from v0.16.0 on, and is not read before', () => {
  const parts = (version: string) => ({ ...speakers(5, version), memberlistConfig: FILE })
  const grace = metallb.grace(home(parts('v0.16.0')))
  assert.deepEqual(
    [grace.profile, seconds(grace.suspicionMinMs), seconds(grace.suspicionMaxMs)],
    ['file', 10, 20],
  )
  assert.equal(metallb.grace(home(parts('v0.15.3'))).profile, 'lan')
})

test('a file that no speaker starts with: the slowest profile, and why', () => {
  const grace = metallb.grace(home({ ...speakers(4), memberlistConfig: '{"ProbeInterval":"1s"}' }))
  assert.equal(grace.profile, 'wan')
  assert.match(grace.problem!, /TCPTimeout/)
})

test('memberlist off: nothing fails over, so only the reaction is waited for', () => {
  const pods = speakers(4).speakerPods.map((pod) => ({ ...pod, env: {} }))
  const grace = metallb.grace(home({ speakerPods: pods }))
  assert.deepEqual([grace.profile, grace.failoverMaxMs, grace.holdDownMs], ['off', null, 5000])
})

test('from death to the last moment at which it may be elected: 28 s with four speakers', () =>
  assert.equal(seconds(metallb.grace(home(speakers(4))).failoverMaxMs!), 28))
