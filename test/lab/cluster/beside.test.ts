import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { nicRecordOf, otherAnnouncerOf } from '../../../src/kubernetes/narrow/leases.ts'
import { serviceOf } from '../../../src/kubernetes/narrow/services.ts'
import type { ApiObject } from '../../../src/lab/api/kinds.ts'
import { renews, withOthers } from '../../../src/lab/cluster/beside.ts'
import { objectsOf } from '../../../src/lab/cluster/render.ts'
import { clusterShape } from '../../../src/lab/cluster/shape.ts'
import { hostsOf, type HostStory } from '../../../src/lab/hosts.ts'
import { momentOf, WEB } from './moment.ts'

const NOW = '2026-11-28T12:00:00Z'

function beside(told: object, hosts: Readonly<Record<string, HostStory>> = {}): readonly ApiObject[] {
  const moment = momentOf({ ...WEB, ...told })
  const objects = objectsOf(moment, new Map())
  return withOthers(objects, moment, { hosts: hostsOf(hosts), now: NOW })
}

const kept = <T>(objects: readonly ApiObject[], keep: (object: unknown) => T | null): T[] =>
  objects.filter(({ kind }) => kind === 'Lease').flatMap((object) => keep(object) ?? [])

suite('other controllers as arpcheck reads them', () => {
  for (const [what, others, expected] of [
    ['nobody', {}, []],
    ['Cilium, one Service', { cilium: { web: 'nuc-2' } }, ['cilium default-web nuc-2']],
    ['kube-vip, all Services', { kubeVip: 'nuc-3' }, ['kube-vip null nuc-3']],
  ] as const) {
    test(`${what} → ${expected.join() || 'no Lease'}, held now`, () => {
      const leases = kept(beside({ others }), otherAnnouncerOf)
      assert.deepEqual(
        leases.map(({ by, service, node }) => `${by} ${service} ${node}`),
        expected,
      )
      for (const { renewedAt } of leases) assert.equal(renewedAt, Date.parse(NOW))
      assert.equal(renews(clusterShape.parse({ others }).others), expected.length > 0)
    })
  }

  test('ServiceLB → a pod on each node, and its hand in the status of its Service alone', () => {
    const services = { ...WEB.services, dashboard: { ip: '192.168.1.11' } }
    const objects = beside({ services, others: { servicelb: ['dashboard'] } })
    assert.equal(objects.filter(({ metadata }) => metadata.name.startsWith('svclb-dashboard-')).length, 4)
    const writers = objects.flatMap((object) => serviceOf(object) ?? [])
    assert.deepEqual(
      writers.map(({ name, statusWriter }) => [name, statusWriter]),
      [
        ['web', null],
        ['dashboard', 'k3s'],
      ],
    )
  })
})

suite('NIC records as arpcheck reads them', () => {
  for (const [what, nics, expected] of [
    ['none', false, []],
    ['of two nodes', ['nuc-1', 'nuc-3'], ['nuc-1', 'nuc-3']],
    ['of all', true, ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']],
  ] as const) {
    test(`${what} → ${expected.join() || 'none'}`, () =>
      assert.deepEqual(
        kept(beside({ nics }), nicRecordOf).map(({ node }) => node),
        expected,
      ))
  }

  test('a second NIC has no address; a bridge has that of its port, which is enslaved', () => {
    const bridge = '1c:69:7a:aa:01:99' as HostStory['bridge']
    const objects = beside({ nics: true }, { 'nuc-1': { bridge }, 'nuc-2': { nics: { eno2: {} } } })
    const told = kept(objects, nicRecordOf).slice(0, 2)
    assert.deepEqual(
      told.map(({ nics }) =>
        nics.map(({ name, mac, state, addresses }) => [name, mac, state, addresses.length]),
      ),
      [
        [
          ['br0', '1c:69:7a:aa:01:99', 'up', 1],
          ['eno1', '1c:69:7a:aa:01:10', 'enslaved', 0],
        ],
        [
          ['eno1', '1c:69:7a:aa:02:10', 'up', 1],
          ['eno2', '1c:69:7a:aa:02:20', 'up', 0],
        ],
      ],
    )
  })
})
