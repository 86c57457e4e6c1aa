import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metallb } from '../../src/announcers/metallb/metallb.ts'
import type { SpeakerClaim } from '../../src/core/claims.ts'
import type { ClusterSnapshot, ServiceEvent, ServiceL2Status } from '../../src/core/cluster.ts'
import { denied, NOW, speaker } from '../helpers/cluster.ts'
import { ip } from '../helpers/segment.ts'
import { home, NUCS, vipOf } from './home.ts'

const records = (parts: Partial<ClusterSnapshot>) => metallb.recorded(vipOf(home()), home(parts))
const status = (
  node: string,
  secondsAgo: number | null,
  parts: Partial<ServiceL2Status> = {},
): ServiceL2Status => ({
  name: `l2-${node}`,
  serviceNamespace: 'default',
  serviceName: 'web',
  node,
  interfaces: [],
  ownerPod: `speaker-${node}`,
  createdAt: null,
  changedAt: secondsAgo === null ? null : NOW - secondsAgo * 1000,
  ...parts,
})
const event = (message: string, secondsAgo = 0, parts: Partial<ServiceEvent> = {}): ServiceEvent => ({
  serviceNamespace: 'default',
  serviceName: 'web',
  reason: 'nodeAssigned',
  message,
  count: 3,
  firstAt: NOW - 86_400_000,
  lastAt: NOW - secondsAgo * 1000,
  ...parts,
})

test('records of the Service, newest first, those without an age last', () => {
  const { statuses } = records({
    l2Statuses: [
      status('nuc-1', null),
      status('nuc-2', 60),
      status('nuc-3', 5),
      status('nuc-4', 1, { serviceName: 'db' }),
    ],
  })
  assert.deepEqual(
    statuses.map(({ node, ageMs }) => [node, ageMs]),
    [
      ['nuc-3', 5000],
      ['nuc-2', 60_000],
      ['nuc-1', null],
    ],
  )
})

test('a record whose node has no Ready speaker is orphaned; nobody knows where pods cannot be read', () => {
  const pods = NUCS.slice(0, 3).map((name) =>
    speaker(name, 'v0.16.1', name === 'nuc-3' ? { ready: null } : {}),
  )
  const parts = { l2Statuses: ['nuc-1', 'nuc-3', 'nuc-4'].map((name) => status(name, 1)), speakerPods: pods }
  assert.deepEqual(
    records(parts).statuses.map(({ node, orphaned }) => [node, orphaned]),
    [
      ['nuc-1', false],
      ['nuc-3', true],
      ['nuc-4', true],
    ],
  )
  const unread = metallb.recorded(vipOf(home()), denied(home(parts), 'speakerPods'))
  assert.equal(
    unread.statuses.some(({ orphaned }) => orphaned),
    false,
  )
})

for (const [message, node] of [
  ['announcing from node "nuc-4" with protocol "layer2"', 'nuc-4'],
  ['announcing from node "nuc-4"', 'nuc-4'],
  ['announcing from node "nuc-4" with protocol "bgp"', undefined],
  ['announcing from node "" with protocol "layer2"', undefined],
  ['something else', undefined],
] as const) {
  test(`${message} → ${node ?? 'no record'}`, () =>
    assert.equal(records({ events: [event(message)] }).assigned[0]?.node, node))
}

test('announceFailed is told for its own address alone', () => {
  const failed = (address: string, node: string) =>
    event(
      `the interfaces specified by LB IP "${address}" doesn't exist in assigned node "${node}" with protocol "layer2"`,
      9,
      {
        reason: 'announceFailed',
      },
    )
  assert.deepEqual(
    records({ events: [failed('192.168.1.60', 'nuc-4'), failed('192.168.1.61', 'nuc-1')] }).failed,
    [{ service: 'default/web', node: 'nuc-4', count: 3, ageMs: 9000 }],
  )
})

test('an event from the future is of now: clocks differ', () =>
  assert.equal(records({ events: [event('announcing from node "nuc-4"', -3)] }).assigned[0]!.ageMs, 0))

test('what may not be read is said', () => {
  const { readable } = metallb.recorded(vipOf(home()), denied(home(), 'l2Statuses'))
  assert.deepEqual(readable, { statuses: { denied: 'list l2Statuses' }, events: 'yes' })
})

test('a speaker claims the address in layer 2; by BGP, or another address, it does not; of one unread nobody knows', () => {
  const claim = (node: string, address: string, protocol: string): SpeakerClaim => {
    const announced = [{ service: 'default/web', ip: ip(address), protocol }]
    const metrics = { announced, counters: new Map(), configLoaded: true, configStale: false }
    return { node, reading: { kind: 'metrics', metrics } }
  }
  const claims: SpeakerClaim[] = [
    claim('nuc-4', '192.168.1.60', 'layer2'),
    claim('nuc-3', '192.168.1.60', 'bgp'),
    claim('nuc-2', '192.168.1.61', 'layer2'),
    { node: 'nuc-1', reading: { kind: 'denied' } },
  ]
  assert.deepEqual(metallb.claimed(vipOf(home()), claims), {
    nodes: ['nuc-4'],
    asked: ['nuc-2', 'nuc-3', 'nuc-4'],
  })
})
