import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { graceOf } from '../../../src/announcers/metallb/grace.ts'
import { dropMs, timingText } from '../../../src/lab/cluster/drop.ts'
import { snapshotFor } from '../../../src/lab/cluster/snapshot.ts'
import { momentOf, WEB } from './moment.ts'

suite('how soon a dead node is dropped', () => {
  for (const [what, told, ms] of [
    ['on a LAN', {}, 6000],
    ['with fast timers', { memberlistConfig: 'fast' }, 400],
    ['with fast timers that v0.15.2 does not read', { memberlistConfig: 'fast', metallb: 'v0.15.2' }, 6000],
    ['with a file that no speaker starts with', { memberlistConfig: '{}' }, 6000],
  ] as const) {
    test(`${what} → ${ms} ms`, () => assert.equal(dropMs(momentOf({ ...WEB, ...told }).story, 4), ms))
  }

  test('with fast timers arpcheck waits 5.7 s before it calls a fault', () => {
    const moment = momentOf({ ...WEB, memberlistConfig: 'fast' })
    const snapshots = moment.nodes.map((node) => snapshotFor(node, moment))
    const cluster = {
      ...snapshots[0]!,
      speakerPods: snapshots.flatMap(({ speakerPods }) => speakerPods),
      memberlistConfig: timingText(moment.story)!,
    }
    assert.deepEqual([graceOf(cluster).profile, graceOf(cluster).holdDownMs], ['file', 5700])
  })
})
