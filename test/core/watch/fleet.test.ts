import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ClusterSnapshot, DaemonPod, Readable } from '../../../src/core/cluster.ts'
import {
  FREEZE_MS,
  fleetAfter,
  RESTART_MS,
  sightOf,
  type Fleet,
  type Sight,
} from '../../../src/core/watch/fleet.ts'
import { cluster, node, NOW } from '../../helpers/cluster.ts'
import { nicRecords } from '../../helpers/daemon.ts'
import { NUCS } from '../../helpers/nucs.ts'

const sight = (apiAnswers: boolean, ...nodes: string[]): Sight => ({
  apiAnswers,
  daemons: nodes.map((name) => ({ node: name, segments: [] })),
  by: 'pods',
  recorded: nodes,
  turnsInMs: null,
})
const names = ({ daemons }: Fleet) => daemons.map((one) => one.node).join()

for (const [title, steps, expected] of [
  [
    'the API answers: whoever is there',
    [
      [0, sight(true, 'a', 'b')],
      [1, sight(true, 'a')],
    ],
    'a',
  ],
  [
    'away: nobody goes',
    [
      [0, sight(true, 'a', 'b')],
      [1, sight(false)],
    ],
    'a,b',
  ],
  [
    'back for less than a minute: nobody goes',
    [
      [0, sight(true, 'a', 'b')],
      [1, sight(false)],
      [2, sight(true, 'a')],
      [FREEZE_MS + 1, sight(true, 'a')],
    ],
    'a,b',
  ],
  [
    'back for a minute: as the API says',
    [
      [0, sight(true, 'a', 'b')],
      [1, sight(false)],
      [2, sight(true, 'a')],
      [FREEZE_MS + 2, sight(true, 'a')],
    ],
    'a',
  ],
  [
    'away again within the minute: the minute starts again',
    [
      [0, sight(true, 'a', 'b')],
      [1, sight(false)],
      [2, sight(true, 'a')],
      [3, sight(false)],
      [FREEZE_MS, sight(true, 'a')],
      [FREEZE_MS + 3, sight(true, 'a')],
    ],
    'a,b',
  ],
  [
    'started while it was away: the first that it names',
    [
      [0, sight(false)],
      [1, sight(true, 'a')],
    ],
    'a',
  ],
] as const) {
  test(`${title} → ${expected}`, () => {
    let fleet: Fleet | null = null
    for (const [atMs, seen] of steps) fleet = fleetAfter(fleet, seen, atMs)
    assert.equal(names(fleet!), expected)
  })
}

test('a frozen fleet is due when it thaws, one that is away or as it was read is not', () => {
  const away = fleetAfter(null, sight(false), 0)
  const back = fleetAfter(away, sight(true, 'a'), 500)
  const thawed = fleetAfter(back, sight(true, 'a'), 500 + FREEZE_MS)
  assert.deepEqual([away.dueMs, back.dueMs, thawed.dueMs], [null, 500 + FREEZE_MS, null])
})

suite('who lives, of four with records', () => {
  const OLD = NOW - 3_600_000
  const pod = (name: string, changed: Partial<DaemonPod> = {}): DaemonPod => ({
    node: name,
    ready: { status: 'True', since: OLD },
    createdAt: OLD,
    ...changed,
  })
  const down = (sinceMs: number): Partial<DaemonPod> => ({ ready: { status: 'False', since: NOW - sinceMs } })
  const READY = NUCS.map((name) => pod(name))
  const ALL = NUCS.join()

  const seen = (daemonPods: readonly DaemonPod[], changed: Partial<ClusterSnapshot> = {}): Sight =>
    sightOf(
      cluster({ nodes: NUCS.map((name) => node(name)), nicRecords: nicRecords(), daemonPods, ...changed }),
    )
  const unread = (readable: Readable, ageMs: number | null = null): Partial<ClusterSnapshot> => ({
    inputs: { ...cluster().inputs, daemonPods: { readable, ageMs } },
  })

  for (const [title, pods, changed, by, alive] of [
    ['every Pod Ready', READY, {}, 'pods', ALL],
    [
      'one not Ready for an hour',
      [...READY.slice(1), pod('nuc-1', down(3_600_000))],
      {},
      'pods',
      'nuc-2,nuc-3,nuc-4',
    ],
    ['one that restarts', [...READY.slice(1), pod('nuc-1', down(RESTART_MS - 1))], {}, 'pods', ALL],
    [
      'one that restarts for too long',
      [...READY.slice(1), pod('nuc-1', down(RESTART_MS))],
      {},
      'pods',
      'nuc-2,nuc-3,nuc-4',
    ],
    [
      'one not Ready since tomorrow',
      [...READY.slice(1), pod('nuc-1', down(-86_400_000))],
      {},
      'pods',
      'nuc-2,nuc-3,nuc-4',
    ],
    [
      'one that was made just now',
      [...READY.slice(1), pod('nuc-1', { ready: null, createdAt: NOW - 2000 })],
      {},
      'pods',
      ALL,
    ],
    [
      'one that waits to begin for an hour',
      [...READY.slice(1), pod('nuc-1', { ready: null })],
      {},
      'pods',
      'nuc-2,nuc-3,nuc-4',
    ],
    ['one whose Pod is gone', READY.slice(1), {}, 'pods', 'nuc-2,nuc-3,nuc-4'],
    [
      'one whose old Pod is ending and whose new one is Ready',
      [...READY, pod('nuc-1', down(60_000))],
      {},
      'pods',
      ALL,
    ],
    [
      'one with a Pod and no record',
      READY,
      { nicRecords: nicRecords(['nuc-2', 'nuc-3']) },
      'pods',
      'nuc-2,nuc-3',
    ],
    ['no Pod is Ready: that says nothing', NUCS.map((name) => pod(name, down(60_000))), {}, 'pods', ALL],
    ['no Pods at all (systemd)', [], {}, 'records', ALL],
    ['Pods may not be read', [], unread({ denied: 'list pods in namespace arpcheck' }), 'records', ALL],
    ['Pods were never read', [], unread({ failed: 'not read yet' }), 'records', ALL],
  ] as const)
    test(`${title} → ${alive}, by ${by}`, () => {
      const found = seen(pods, changed)
      assert.deepEqual([found.by, found.daemons.map((one) => one.node).join()], [by, alive])
      assert.equal(found.apiAnswers, true)
    })

  test('a node that is not Ready → not there, whatever its Pod says', () => {
    const nodes = NUCS.map((name, i) =>
      node(name, i === 0 ? { ready: { status: 'Unknown', since: NOW } } : {}),
    )
    const { daemons, recorded } = seen(READY, { nodes })
    assert.deepEqual([daemons.map((one) => one.node).join(), recorded.length], ['nuc-2,nuc-3,nuc-4', 3])
  })

  test('Pods of which the API has told once a minute, as over HTTP/1.1 → it answers', () =>
    assert.equal(seen(READY, unread('yes', 65_000)).apiAnswers, true))

  test('Pods read too long ago → the API is away; denied ones say nothing of it', () => {
    assert.equal(seen(READY, unread('yes', 75_000)).apiAnswers, false)
    assert.equal(seen([], unread({ denied: 'list pods' })).apiAnswers, true)
  })

  test('one restarts → the fleet is due when it has done so for too long', () => {
    const pods = [...READY.slice(2), pod('nuc-1', down(20_000)), pod('nuc-2', down(5000))]
    assert.equal(fleetAfter(null, seen(pods), 7000).dueMs, 7000 + RESTART_MS - 20_000)
    assert.equal(fleetAfter(null, seen(READY), 7000).dueMs, null)
  })
})
