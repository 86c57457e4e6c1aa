import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { metallb } from '../../src/announcers/metallb/metallb.ts'
import type { ClusterSnapshot } from '../../src/core/cluster.ts'
import {
  advertisement,
  daemonSet,
  denied,
  node,
  NOW,
  pool,
  selector,
  service,
  slice,
  speaker,
} from '../helpers/cluster.ts'
import { home, NUCS, vipOf, web } from './home.ts'

const SECOND_AGO = NOW - 1000
const changes = (made: ClusterSnapshot) => metallb.changes(vipOf(made), made)
/** What has changed within the last minute; everything else in the home lab is an hour old. */
const recent = (parts: Partial<ClusterSnapshot>): string[] =>
  changes(home(parts)).flatMap(({ what, at }) => (at === null || at > NOW - 60_000 ? [what] : []))
const condition = (status: 'True' | 'False' | 'Unknown') => ({ status, since: SECOND_AGO }) as const
const nucs = (name: string, parts: Parameters<typeof node>[1]) =>
  NUCS.map((one) => node(one, one === name ? parts : {}))
const speakers = (name: string, parts: Parameters<typeof speaker>[2]) =>
  NUCS.map((one) => speaker(one, 'v0.16.1', one === name ? parts : {}))
const OLD = NOW - 3_600_000

suite('what bears on who should answer', () => {
  for (const [what, parts, expected] of [
    ['nothing new', {}, []],
    [
      'a Service made just now',
      { services: [web({ createdAt: SECOND_AGO, changedAt: SECOND_AGO })] },
      ['the Service default/web was created'],
    ],
    ['its address', { services: [web({ changedAt: SECOND_AGO })] }, ['the Service default/web changed']],
    ['its end', { services: [web({ deletedAt: SECOND_AGO })] }, ['the Service default/web is being deleted']],
    [
      'another Service',
      { services: [web(), service('db', ['192.168.1.61'], { changedAt: SECOND_AGO })] },
      [],
    ],
    [
      'another Service with the same address',
      { services: [web(), service('dns', ['192.168.1.60'], { changedAt: SECOND_AGO })] },
      ['the Service default/dns changed'],
    ],
    [
      'its endpoints',
      { endpointSlices: [{ ...slice('web', ['nuc-1']), changedAt: SECOND_AGO }] },
      ['the endpoints of default/web changed'],
    ],
    [
      "another Service's endpoints",
      { endpointSlices: [slice('web', ['nuc-1']), { ...slice('db', ['nuc-1']), changedAt: SECOND_AGO }] },
      [],
    ],
    [
      'its pool',
      { pools: [pool('default', ['192.168.1.60-192.168.1.99'], { changedAt: SECOND_AGO })] },
      ['the pool default changed'],
    ],
    [
      'another pool',
      {
        pools: [
          pool('default', ['192.168.1.60-192.168.1.99']),
          pool('other', ['10.0.0.0/24'], { changedAt: SECOND_AGO }),
        ],
      },
      [],
    ],
    [
      'an advertisement that names another pool by now',
      {
        l2Advertisements: [
          advertisement('default'),
          advertisement('other', { ipAddressPools: ['other'], changedAt: SECOND_AGO }),
        ],
      },
      ['the L2Advertisement other changed'],
    ],
    ['a node that died', { nodes: nucs('nuc-4', { ready: condition('Unknown') }) }, ['nuc-4 is NotReady']],
    ['a node that came back', { nodes: nucs('nuc-4', { ready: condition('True') }) }, ['nuc-4 is Ready']],
    [
      "a node's network",
      { nodes: nucs('nuc-4', { networkUnavailable: condition('True') }) },
      ['the network of nuc-4 is unavailable'],
    ],
    [
      'a label that excludes a node',
      {
        nodes: nucs('nuc-4', {
          labels: { 'node.kubernetes.io/exclude-from-external-load-balancers': '' },
          changedAt: SECOND_AGO,
        }),
      },
      ['the labels of nuc-4 changed'],
    ],
    [
      'a new node',
      { nodes: nucs('nuc-4', { createdAt: SECOND_AGO, changedAt: SECOND_AGO }) },
      ['nuc-4 joined the cluster'],
    ],
    [
      'a node on its way out',
      { nodes: nucs('nuc-4', { deletedAt: SECOND_AGO }) },
      ['nuc-4 is being deleted'],
    ],
    [
      'a speaker that started',
      { speakerPods: speakers('nuc-2', { startedAt: SECOND_AGO, ready: condition('True') }) },
      ['the speaker on nuc-2 is Ready', 'the speaker on nuc-2 started'],
    ],
    [
      'a speaker that crashes, and does not run',
      { speakerPods: speakers('nuc-2', { startedAt: null, ready: condition('False') }) },
      ['the speaker on nuc-2 is not Ready'],
    ],
    [
      "a speaker's pod that is new",
      { speakerPods: speakers('nuc-2', { createdAt: SECOND_AGO }) },
      ['the speaker pod on nuc-2 was created'],
    ],
    [
      "a dead node's pod that was deleted",
      { speakerPods: speakers('nuc-4', { deletedAt: SECOND_AGO }) },
      ['the speaker pod on nuc-4 is being deleted'],
    ],
    [
      'a roll-out',
      { speakerDaemonSets: [daemonSet('v0.16.1', { changedAt: SECOND_AGO })] },
      ["the speakers' DaemonSet changed"],
    ],
  ] satisfies [string, Partial<ClusterSnapshot>, string[]][]) {
    test(`${what} → ${expected.join(', ') || 'nothing'}`, () => assert.deepEqual(recent(parts), expected))
  }
})

suite('what does not', () => {
  const effects: Partial<ClusterSnapshot> = {
    l2Statuses: [
      {
        name: 'l2-x',
        serviceNamespace: 'default',
        serviceName: 'web',
        node: 'nuc-4',
        interfaces: [],
        ownerPod: null,
        createdAt: SECOND_AGO,
        changedAt: SECOND_AGO,
      },
    ],
    configurationStates: [
      { component: 'speaker', node: 'nuc-4', result: 'Valid', errorSummary: '', changedAt: SECOND_AGO },
    ],
    events: [
      {
        serviceNamespace: 'default',
        serviceName: 'web',
        reason: 'nodeAssigned',
        message: 'announcing from node "nuc-4"',
        count: 9,
        firstAt: OLD,
        lastAt: SECOND_AGO,
      },
    ],
  }
  for (const [what, parts] of [
    ['records, events and the state of the configuration', effects],
    [
      'a node that no advertisement selects: its readiness, its speaker',
      {
        l2Advertisements: [advertisement('default', { nodeSelectors: [selector({ rack: 'a' })] })],
        nodes: NUCS.map((name) =>
          node(name, name === 'nuc-4' ? { ready: condition('False') } : { labels: { rack: 'a' } }),
        ),
        speakerPods: speakers('nuc-4', { startedAt: SECOND_AGO }),
      },
    ],
  ] as const) {
    test(`${what} → nothing`, () => assert.deepEqual(recent(parts), []))
  }
})

test('a Service that is gone by the second look → known, without a stamp', () => {
  const told = metallb.changes(vipOf(home()), home({ services: [], endpointSlices: [] }))
  assert.deepEqual(told.at(-1), { what: 'the Service default/web is gone', at: null })
})

test('newest first, and what has no stamp last', () => {
  const made = home({
    services: [web({ changedAt: NOW - 20_000 })],
    endpointSlices: [{ ...slice('web', ['nuc-1']), changedAt: null }],
    nodes: nucs('nuc-4', { ready: { status: 'False', since: NOW - 10_000 } }),
  })
  const all = changes(made)
  assert.deepEqual(
    [all.slice(0, 2), all.at(-1)],
    [
      [
        { what: 'nuc-4 is NotReady', at: NOW - 10_000 },
        { what: 'the Service default/web changed', at: NOW - 20_000 },
      ],
      { what: 'the endpoints of default/web changed', at: null },
    ],
  )
})

for (const [input, words] of [
  ['endpointSlices', /endpoints/],
  ['pools', /pool/],
  ['l2Advertisements', /L2Advertisement/],
  ['speakerPods', /^the speaker (pod )?on/],
  ['speakerDaemonSets', /DaemonSet/],
] as const) {
  test(`${input} may not be read → nothing is said of them`, () => {
    const vip = vipOf(home())
    const told = metallb.changes(vip, denied(home(), input)).map(({ what }) => what)
    assert.deepEqual(
      told.filter((what) => words.test(what)),
      [],
    )
  })
}
