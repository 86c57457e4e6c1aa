import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SpeakerClaim } from '../../../src/core/claims.ts'
import { claimsFor, freshClaims, pairsAfter, type ClaimPairs } from '../../../src/core/watch/claim-pairs.ts'
import { ip } from '../../helpers/segment.ts'

const [VIP, OTHER] = [ip('192.168.1.60'), ip('192.168.1.62')]

function claim(requests: number): SpeakerClaim {
  const counters = new Map([[VIP, { requests, responses: 0 }]])
  return {
    node: 'nuc-4',
    reading: { kind: 'metrics', metrics: { announced: [], counters, configLoaded: null, configStale: null } },
  }
}

const DENIED: SpeakerClaim = { node: 'nuc-4', reading: { kind: 'denied' } }

function read(before: ClaimPairs, one: SpeakerClaim, atMs: number, lookedMs?: number): ClaimPairs {
  const looks = new Map(lookedMs === undefined ? [] : [[VIP, lookedMs]])
  return pairsAfter(before, { claims: [one], beganMs: atMs, endedMs: atMs + 100, looks })
}

function counted(pairs: ClaimPairs, vip = VIP, nowMs = 31_000): (number | undefined)[] {
  const { before, after } = claimsFor(freshClaims(pairs, nowMs), vip)
  return [before, after].map((all) => all.get('nuc-4')?.counters.get(VIP)?.requests)
}

const first = read(new Map(), claim(5), 0)

test('read once → no counter has risen, because nothing is known of before', () =>
  assert.deepEqual(counted(first, VIP, 1000), [undefined, 5]))

test('read, asked for, read again → the counters of before and after', () =>
  assert.deepEqual(counted(read(first, claim(8), 30_000, 20_000)), [5, 8]))

test('the look began before the first reading was over → it tells nothing of our requests', () =>
  assert.deepEqual(counted(read(first, claim(8), 30_000, 50)), [undefined, 8]))

test('another VIP was not asked for in between → nothing is said of it', () =>
  assert.deepEqual(counted(read(first, claim(8), 30_000, 20_000), OTHER), [undefined, 8]))

test('not readable any more → no claim, old as it is', () =>
  assert.deepEqual(counted(read(first, DENIED, 30_000, 20_000)), [undefined, undefined]))

test('read long ago → nobody lives by it', () =>
  assert.deepEqual(counted(first, VIP, 75_101), [undefined, undefined]))
