import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { ApiObject } from '../../../src/lab/api/kinds.ts'
import { roleWithout } from '../../../src/lab/cluster/access.ts'
import type { Life } from '../../../src/lab/cluster/life.ts'
import { objectsOf } from '../../../src/lab/cluster/render.ts'
import { momentOf, WEB } from './moment.ts'

function objects(told: object = WEB, life: Partial<Life> = {}): readonly ApiObject[] {
  return objectsOf(momentOf(told, life), new Map([['default/web', ['nuc-4']]]))
}

/** An object as JSON has it: what a test names, it finds or fails. */
type Loose = ReturnType<typeof JSON.parse>

function find(all: readonly ApiObject[], kind: string, name: string): Loose {
  return all.find((object) => object.kind === kind && object.metadata.name === name)
}

const GONE = { off: new Map([['nuc-4', 1000]]), unheard: new Map([['nuc-4', 41_000]]) }

suite('a cluster as the API holds it', () => {
  test('one line of a story is a Service with its address, an endpoint on each node, pool and advertisement', () => {
    const all = objects()
    assert.deepEqual(find(all, 'Service', 'web').status.loadBalancer.ingress, [
      { ip: '192.168.1.60', ipMode: 'VIP' },
    ])
    assert.equal(
      find(all, 'Service', 'web').metadata.annotations['metallb.io/ip-allocated-from-pool'],
      'default',
    )
    assert.equal(find(all, 'EndpointSlice', 'web-1').endpoints.length, 4)
    assert.deepEqual(find(all, 'L2Advertisement', 'default').spec, { ipAddressPools: ['default'] })
    assert.equal(find(all, 'Node', 'nuc-2').spec.podCIDR, '10.42.1.0/24')
    assert.equal(find(all, 'ServiceL2Status', 'l2-web-nuc-4').status.node, 'nuc-4')
  })

  test('a node without power: NotReady (Unknown), its pod listed and not ready, its endpoints out of service', () => {
    const all = objects(WEB, GONE)
    const [condition] = find(all, 'Node', 'nuc-4').status.conditions
    assert.deepEqual([condition.status, condition.lastTransitionTime], ['Unknown', '1970-01-01T00:00:41Z'])
    const pod = find(all, 'Pod', 'speaker-nuc-4')
    assert.deepEqual([pod.status.phase, pod.status.conditions[0].status], ['Running', 'False'])
    const serving = find(all, 'EndpointSlice', 'web-1').endpoints.filter(
      (one: Loose) => one.conditions.serving,
    )
    assert.deepEqual(
      serving.map((one: Loose) => one.nodeName),
      ['nuc-1', 'nuc-2', 'nuc-3'],
    )
  })

  test('a deleted pod of a dead node stays, marked; that of a live node is followed by a new one', () => {
    const all = objects(WEB, {
      ...GONE,
      deleted: new Map([
        ['nuc-4', 50_000],
        ['nuc-1', 50_000],
      ]),
    })
    assert.equal(find(all, 'Pod', 'speaker-nuc-4').metadata.deletionTimestamp, '1970-01-01T00:00:50Z')
    assert.equal(find(all, 'Pod', 'speaker-nuc-1'), undefined)
    const { startedAt } = find(all, 'Pod', 'speaker-nuc-1-2').status.containerStatuses[0].state.running
    assert.equal(startedAt, '1970-01-01T00:00:50Z')
  })

  for (const [metallb, kinds] of [
    ['v0.13.12', ['bgpadvertisements', 'ipaddresspools', 'l2advertisements']],
    [
      'v0.16.1',
      ['bgpadvertisements', 'configurationstates', 'ipaddresspools', 'l2advertisements', 'servicel2statuses'],
    ],
    ['none', []],
  ] as const) {
    test(`MetalLB ${metallb} brings ${kinds.length} CRDs, and none for what it does not know`, () => {
      const crds = objects({ ...WEB, metallb }).filter(({ kind }) => kind === 'CustomResourceDefinition')
      assert.deepEqual(crds.map(({ metadata }) => metadata.name.replace('.metallb.io', '')).sort(), kinds)
    })
  }

  test('a speaker without a valid configuration says Invalid, the others Valid', () => {
    const all = objects({ ...WEB, nodes: { 'nuc-4': { config: 'none' } } })
    const results = all
      .filter(({ kind }) => kind === 'ConfigurationState')
      .map(({ status }: Loose) => status.result)
    assert.deepEqual(results, ['Valid', 'Valid', 'Valid', 'Invalid'])
  })

  test('a deleted Node takes its pod and its endpoint along', () => {
    const all = objects({ ...WEB, nodes: { 'nuc-4': { removed: true } } })
    assert.deepEqual([find(all, 'Node', 'nuc-4'), find(all, 'Pod', 'speaker-nuc-4')], [undefined, undefined])
    assert.equal(find(all, 'EndpointSlice', 'web-1').endpoints.length, 3)
  })

  for (const [metallb, there] of [
    ['v0.15.2', false],
    ['v0.16.0', true],
  ] as const) {
    test(`fast timers, ${metallb} → ${there ? 'a' : 'no'} ConfigMap metallb-memberlist-config`, () => {
      const all = objects({ ...WEB, metallb, memberlistConfig: 'fast' })
      assert.equal(find(all, 'ConfigMap', 'metallb-memberlist-config') !== undefined, there)
    })
  }

  test('an older MetalLB has no record of a Service', () =>
    assert.equal(
      find(objects({ ...WEB, metallb: 'v0.13.12' }), 'ServiceL2Status', 'l2-web-nuc-4'),
      undefined,
    ))

  test('who is denied an input has a role without it, and with all others', () => {
    const [role] = roleWithout(['endpointSlices']) as Loose[]
    const granted = role.rules.flatMap((rule: Loose) => rule.resources)
    assert.ok(!granted.includes('endpointslices'))
    assert.equal(granted.length, 16)
  })
})
