import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { announcing } from '../../../src/lab/cluster/elect.ts'
import { keptAfter } from '../../../src/lab/cluster/kept.ts'
import { startedAgain } from '../../../src/lab/cluster/restart.ts'
import type { Life } from '../../../src/lab/cluster/life.ts'
import { momentOf, WEB } from './moment.ts'

/** Who announces 192.168.1.60. */
function announcers(told: object, life: Partial<Life> = {}): string[] {
  const by = [...announcing(momentOf(told, life))]
  return by.flatMap(([node, { addresses }]) =>
    [...addresses.keys()].includes('192.168.1.60' as never) ? node : [],
  )
}

const PAIRS = {
  views: {
    'nuc-1': ['nuc-1', 'nuc-2'],
    'nuc-2': ['nuc-1', 'nuc-2'],
    'nuc-3': ['nuc-3', 'nuc-4'],
    'nuc-4': ['nuc-3', 'nuc-4'],
  },
}
const ALL = ['nuc-1', 'nuc-2', 'nuc-3', 'nuc-4']
const DEAD = { off: new Map([['nuc-4', 1]]), dropped: new Set(['nuc-4']) }
const REMEMBERED = { views: { 'nuc-1': ALL }, nodes: { 'nuc-4': { removed: true } } }
const selecting = (nodes: object) => ({
  nodes: { 'nuc-2': { labels: { rack: 'b' } } },
  l2: { default: { nodes } },
})
const preferring = (metallb: string) => ({
  metallb,
  nodes: { 'nuc-3': { labels: { disk: 'fast' } } },
  l2: { default: { prefers: [{ nodes: { disk: 'fast' }, weight: 1 }] } },
})
const onEno2 = (hosts: Parameters<typeof momentOf>[2]) =>
  announcing(momentOf({ ...WEB, l2: { second: { interfaces: ['eno2'] } } }, {}, hosts)).get('nuc-4')!
const web = (more: object) => ({ services: { web: { ip: '192.168.1.60', ...more } } })
const label = (node: string) => ({
  nodes: { [node]: { labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' } } },
})

suite('each speaker announces what its own view elects itself for', () => {
  for (const [what, told, life, expected] of [
    ['all live and agree', WEB, {}, ['nuc-4']],
    ['nuc-4 has no power, and nobody has noticed', WEB, { off: DEAD.off }, []],
    ['nuc-4 has no power, and was dropped', WEB, DEAD, ['nuc-1']],
    ['nuc-4 was dropped, but nuc-1 still counts it', { ...WEB, views: { 'nuc-1': ALL } }, DEAD, []],
    ['speakers count each other in pairs', { ...WEB, ...PAIRS }, {}, ['nuc-1', 'nuc-4']],
    [
      'nuc-4 is cut off: it counts itself, the others count the rest',
      WEB,
      { cut: DEAD.dropped, dropped: DEAD.dropped },
      ['nuc-1', 'nuc-4'],
    ],
    ['nuc-4 has no speaker', { ...WEB, nodes: { 'nuc-4': { pod: 'absent' } } }, {}, ['nuc-1']],
    [
      'the pod of nuc-4 is not ready, which MetalLB does not ask',
      { ...WEB, nodes: { 'nuc-4': { pod: 'not-ready' } } },
      {},
      ['nuc-4'],
    ],
    [
      'the policy is Local, with an endpoint on nuc-3',
      web({ policy: 'Local', endpoints: ['nuc-3'] }),
      {},
      ['nuc-3'],
    ],
    [
      'the policy is Local, and the endpoint of nuc-4 is not heard of',
      web({ policy: 'Local', endpoints: ['nuc-3', 'nuc-4'] }),
      { unheard: new Map([['nuc-4', 1]]) },
      ['nuc-3'],
    ],
    ['nothing serves', web({ endpoints: [] }), {}, []],
    ['the Service is of another class', web({ class: 'other' }), {}, []],
    ['the Service is no LoadBalancer', web({ type: 'NodePort' }), {}, []],
    ['the pool has no advertisement', { ...WEB, l2: {} }, {}, []],
    ['nuc-4 is excluded by label', { ...WEB, ...label('nuc-4') }, {}, ['nuc-1']],
    [
      'nuc-4 is excluded by label, before v0.14',
      { ...WEB, ...label('nuc-4'), metallb: 'v0.13.12' },
      {},
      ['nuc-4'],
    ],
    [
      'nuc-4 is cordoned, in v0.14.9',
      { ...WEB, metallb: 'v0.14.9', nodes: { 'nuc-4': { cordoned: true } } },
      {},
      ['nuc-1'],
    ],
    [
      'only nuc-4 has left v0.14.9',
      { ...WEB, metallb: 'v0.14.9', nodes: { 'nuc-4': { cordoned: true, version: 'v0.16.1' } } },
      {},
      ['nuc-1', 'nuc-4'],
    ],
    [
      'the network of nuc-4 is not available',
      { ...WEB, nodes: { 'nuc-4': { networkUnavailable: true } } },
      {},
      ['nuc-1'],
    ],
    ['nuc-4 has no configuration', { ...WEB, nodes: { 'nuc-4': { config: 'none' } } }, {}, []],
    ['nuc-4 is dead and counted, and its Node is deleted', { ...WEB, ...REMEMBERED }, DEAD, ['nuc-1']],
    [
      'one of several selectors matches',
      { ...WEB, ...selecting([{ rack: 'a' }, { rack: 'b' }]) },
      {},
      ['nuc-2'],
    ],
    ['nuc-3 is preferred, in v0.16.2', { ...WEB, ...preferring('v0.16.2') }, {}, ['nuc-3']],
    ['nuc-3 is preferred, in v0.16.1', { ...WEB, ...preferring('v0.16.1') }, {}, ['nuc-4']],
    ['there is no MetalLB', { ...WEB, metallb: 'none' }, {}, []],
  ] as const) {
    test(`${what} → ${expected.join(' and ') || 'nobody'}`, () =>
      assert.deepEqual(announcers(told, life), expected))
  }

  test('an advertisement that names eno2 → that NIC alone', () => {
    const { addresses, services, failed } = onEno2({ 'nuc-4': { nics: { eno2: {} } } })
    assert.deepEqual([...addresses], [['192.168.1.60', ['eno2']]])
    assert.deepEqual([services, failed], [['default/web'], []])
  })

  test('an advertisement that names eno2, which the winner lacks → it answers on none, and is not elected away', () => {
    const { addresses, services, failed } = onEno2({ 'nuc-1': { nics: { eno2: {} } } })
    assert.deepEqual([addresses.size, services], [0, []])
    assert.deepEqual(failed, [{ ip: '192.168.1.60', service: 'default/web' }])
  })

  test('a stale speaker goes by the configuration that it kept', () => {
    const [before, after] = [
      momentOf(),
      momentOf({ ...WEB, l2: {}, nodes: { 'nuc-4': { config: 'stale' } } }),
    ]
    const kept = keptAfter(new Map(), before.story, after.story)
    assert.equal(announcing({ ...after, kept }).get('nuc-4')!.addresses.size, 1)
    assert.equal(announcing(after).get('nuc-4')!.addresses.size, 0)
    assert.deepEqual(keptAfter(kept, after.story, startedAgain(after.story, ['nuc-4'])), new Map())
  })
})
