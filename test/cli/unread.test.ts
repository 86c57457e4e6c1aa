import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unreadNotes } from '../../src/cli/unread.ts'
import type { UnreadReport } from '../../src/core/report.ts'

const denied = (input: UnreadReport['input'], what: string): UnreadReport => ({ input, why: 'denied', what })
const LEASES = denied('otherAnnouncers', 'list leases.coordination.k8s.io in namespace kube-system')
const PODS = denied('speakerPods', 'list pods in namespace metallb-system')

for (const [what, unread, verbose, expected] of [
  ['Leases of other controllers', [LEASES], 0, []],
  [
    'Leases of other controllers, with -v',
    [LEASES],
    1,
    [
      'Not allowed to list leases.coordination.k8s.io in namespace kube-system (RBAC). ' +
        'Leases of Cilium and kube-vip are not known; everything else was checked.',
    ],
  ],
  [
    'pods, and those Leases',
    [PODS, LEASES],
    0,
    [
      'Not allowed to list pods in namespace metallb-system (RBAC). That a speaker runs on each node is assumed.',
    ],
  ],
] as const) {
  test(`not read: ${what} → ${expected.length} notes`, () =>
    assert.deepEqual(unreadNotes(unread, verbose), expected))
}
