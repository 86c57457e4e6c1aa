import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { announcing } from '../../../src/lab/cluster/elect.ts'
import { NOTHING } from '../../../src/lab/cluster/follow.ts'
import type { Life } from '../../../src/lab/cluster/life.ts'
import { metricsTold } from '../../../src/lab/cluster/metrics.ts'
import type { MetricsTold } from '../../../src/lab/metrics/told.ts'
import { momentOf, WEB } from './moment.ts'

const GUARD = { cert: 'cert', key: 'key', reviews: { url: 'https://api', ca: 'ca', token: 'token' } }

function told(node: string, cluster: object, life: Partial<Life> = {}, guard = GUARD as typeof GUARD | null) {
  const moment = momentOf({ ...WEB, ...cluster }, life)
  const speaker = moment.nodes.find(({ name }) => name === node)!
  return metricsTold(speaker, announcing(moment).get(node) ?? NOTHING, moment, guard)
}

suite('where a speaker of the lab serves its metrics, by its release', () => {
  for (const [release, metrics, port, guarded] of [
    ['v0.13.0', undefined, 7472, false],
    ['v0.15.3', undefined, 7472, false],
    ['v0.15.3', 'proxied', 9120, true],
    ['v0.16.0', undefined, 9120, true],
    ['v0.16.2', 'denied', 9120, true],
  ] as const) {
    test(`${release} ${metrics ?? ''} → ${port} ${guarded ? 'by TLS' : 'plain'}`, () => {
      const served = told('nuc-4', { metallb: release, nodes: { 'nuc-4': metrics ? { metrics } : {} } })
      assert.deepEqual([served?.port, served?.guard !== null], [port, guarded])
      assert.equal(served?.conduct, metrics === 'denied' ? 'denied' : 'honest')
    })
  }

  test('before there is an API nobody can be asked of tokens: only older ones serve', () => {
    assert.equal(told('nuc-4', { metallb: 'v0.16.0' }, {}, null), null)
    assert.equal(told('nuc-4', { metallb: 'v0.15.3' }, {}, null)?.port, 7472)
  })

  test('a node without a speaker → none', () =>
    assert.equal(told('nuc-4', { nodes: { 'nuc-4': { pod: 'absent' } } }), null))
})

suite('what they say', () => {
  for (const [what, node, cluster, expected] of [
    ['its configuration', 'nuc-4', {}, { config: 'loaded', start: 0, failed: [] }],
    ['none since its start', 'nuc-4', { nodes: { 'nuc-4': { config: 'none' } } }, { config: 'none' }],
    ['an old one', 'nuc-4', { nodes: { 'nuc-4': { config: 'stale' } } }, { config: 'stale' }],
    [
      'an interface that is not there: it announces all the same',
      'nuc-4',
      { l2: { default: { pools: ['default'], interfaces: ['eno7'] } } },
      { failed: [{ ip: '192.168.1.60', service: 'default/web' }] },
    ],
    [
      'two Services that share an address',
      'nuc-4',
      {
        services: {
          'a/tcp': { ip: '192.168.1.60', shares: 'x' },
          'b/udp': { ip: '192.168.1.60', shares: 'x' },
        },
      },
      { services: { '192.168.1.60': ['a/tcp', 'b/udp'] } },
    ],
    [
      'of them the one that it is elected for, where policies differ',
      'nuc-1',
      {
        services: {
          tcp: { ip: '192.168.1.60', shares: 'x' },
          udp: { ip: '192.168.1.60', shares: 'x', policy: 'Local', endpoints: ['nuc-1'] },
        },
      },
      { services: { '192.168.1.60': ['default/udp'] } },
    ],
  ] as const) {
    test(what, () => {
      const found = told(node, cluster)!
      const keys = Object.keys(expected) as (keyof MetricsTold)[]
      assert.deepEqual(Object.fromEntries(keys.map((key) => [key, found[key]])), expected)
    })
  }

  test('another start after its pod was deleted', () =>
    assert.equal(told('nuc-4', {}, { deleted: new Map([['nuc-4', 77]]) })?.start, 77))
})
