import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { explain } from '../../src/announcers/metallb/metallb.ts'
import { EXCLUDE_LABEL } from '../../src/announcers/metallb/candidates.ts'
import { canServe } from '../../src/announcers/metallb/endpoints.ts'
import type { Node } from '../../src/core/cluster.ts'
import { advertisement, endpoint, node, selector, settings, slice, speaker } from '../helpers/cluster.ts'
import { election, home, NUCS, order, ORDER_OF_60, vipOf, web, whyNot } from './home.ts'

/** The home lab under a release, with nuc-4 (which wins otherwise) changed. */
const withNuc4 = (version: string, parts: Partial<Node>, args: readonly string[] = []) =>
  home({
    nodes: NUCS.map((name) => node(name, name === 'nuc-4' ? parts : {})),
    speakerPods: NUCS.map((name) => speaker(name, version, settings(version, args))),
  })

suite('endpoints', () => {
  const RULES = ['ready-or-serving', 'serving-else-ready', 'ready'] as const
  /** ready, serving; then whether it counts under each rule: v0.14.5, v0.14.0, before. */
  for (const [ready, serving, ...counts] of [
    [null, null, true, true, true],
    [null, true, true, true, true],
    [null, false, true, false, true],
    [true, null, true, true, true],
    [true, true, true, true, true],
    [true, false, true, false, true],
    [false, null, false, false, false],
    [false, true, true, true, false],
    [false, false, false, false, false],
  ] as const) {
    for (const [index, rule] of RULES.entries()) {
      test(`ready ${ready}, serving ${serving} under ${rule} → ${counts[index] ? 'counts' : 'does not count'}`, () =>
        assert.equal(canServe(endpoint({ ready, serving }), rule), counts[index]))
    }
  }

  test('terminating is never read: a terminating pod that serves counts from v0.14.0 on', () => {
    const leaving = { nodeName: 'nuc-1', ready: false, serving: true, terminating: true }
    for (const [version, wins] of [
      ['v0.13.12', false],
      ['v0.14.0', true],
      ['v0.14.5', true],
    ] as const)
      assert.equal(
        order(home({ endpointSlices: [slice('web', [leaving])] }, version)).length > 0,
        wins,
        version,
      )
  })

  test('no endpoint that can serve, anywhere → nobody announces: no-endpoint', () => {
    for (const slices of [[], [slice('web', [])], [slice('web', [{ nodeName: 'nuc-1', ready: false }])]])
      assert.deepEqual(election(home({ endpointSlices: slices })).refusal, { why: 'no-endpoint', what: '' })
  })

  test('endpoints of another Service, and of a namesake in another namespace → no-endpoint', () => {
    const other = { ...slice('web', ['nuc-1']), serviceNamespace: 'other' }
    const made = home({ endpointSlices: [slice('db', ['nuc-1']), other] })
    assert.equal(election(made).refusal?.why, 'no-endpoint')
  })

  test('an endpoint on a node that is no candidate, or on none, is enough for policy Cluster', () => {
    for (const nodeName of [null, 'elsewhere'])
      assert.deepEqual(
        order(home({ endpointSlices: [slice('web', [{ nodeName, ready: true }])] })),
        ORDER_OF_60,
      )
  })

  test('policy Local: only nodes with a serving endpoint stand, and the others are no-local-endpoint', () => {
    const made = home({ services: [web({ externalTrafficPolicy: 'Local' })] })
    assert.deepEqual(order(made), ['nuc-1', 'nuc-2'])
    assert.equal(whyNot(made, 'nuc-4'), 'no-local-endpoint')
  })

  test('policy Local: an endpoint that cannot serve makes its node no candidate', () => {
    const made = home({
      services: [web({ externalTrafficPolicy: 'Local' })],
      endpointSlices: [slice('web', ['nuc-1', { nodeName: 'nuc-4', ready: false }])],
    })
    assert.deepEqual(order(made), ['nuc-1'])
  })

  test('policy Local: an endpoint without a node passes the first check and never the second → no-candidate', () => {
    const made = home({
      services: [web({ externalTrafficPolicy: 'Local' })],
      endpointSlices: [slice('web', [{ nodeName: null, ready: true }])],
    })
    assert.equal(election(made).refusal?.why, 'no-candidate')
  })

  test('endpoints of several slices count together', () => {
    const made = home({
      services: [web({ externalTrafficPolicy: 'Local' })],
      endpointSlices: [slice('web', ['nuc-3']), slice('web', ['nuc-2'])],
    })
    assert.deepEqual(order(made), ['nuc-2', 'nuc-3'])
  })
})

suite('nodes', () => {
  for (const [status, excluded] of [
    ['True', true],
    ['False', false],
    ['Unknown', false],
  ] as const) {
    test(`NetworkUnavailable ${status} from v0.13.10 on → ${excluded ? 'network-unavailable' : 'stands'}`, () => {
      const made = withNuc4('v0.13.10', { networkUnavailable: { status, since: null } })
      assert.equal(whyNot(made, 'nuc-4'), excluded ? 'network-unavailable' : undefined)
    })
  }

  test('NetworkUnavailable True before v0.13.10 → stands', () => {
    const made = withNuc4('v0.13.9', { networkUnavailable: { status: 'True', since: null } })
    assert.deepEqual(order(made), ORDER_OF_60)
  })

  for (const value of ['', 'true', 'false']) {
    test(`the exclusion label with value "${value}" from v0.14.0 on → exclude-label`, () => {
      const labels = { [EXCLUDE_LABEL]: value }
      assert.equal(whyNot(withNuc4('v0.14.0', { labels }), 'nuc-4'), 'exclude-label')
      assert.equal(whyNot(withNuc4('v0.13.12', { labels }), 'nuc-4'), undefined)
    })
  }

  for (const flag of [
    '--ignore-exclude-lb',
    '-ignore-exclude-lb',
    '--ignore-exclude-lb=true',
    '--ignore-exclude-lb=1',
  ]) {
    test(`${flag} → the exclusion label is not looked at`, () =>
      assert.deepEqual(order(withNuc4('v0.16.1', { labels: { [EXCLUDE_LABEL]: '' } }, [flag])), ORDER_OF_60))
  }

  test('--ignore-exclude-lb=false → the exclusion label counts', () => {
    const made = withNuc4('v0.16.1', { labels: { [EXCLUDE_LABEL]: '' } }, ['--ignore-exclude-lb=false'])
    assert.equal(whyNot(made, 'nuc-4'), 'exclude-label')
  })

  for (const [version, excluded] of [
    ['v0.14.8', false],
    ['v0.14.9', true],
    ['v0.15.0', false],
  ] as const) {
    test(`a cordoned node under ${version} → ${excluded ? 'unschedulable' : 'stands'}`, () =>
      assert.equal(
        whyNot(withNuc4(version, { unschedulable: true }), 'nuc-4'),
        excluded ? 'unschedulable' : undefined,
      ))
  }

  test('a NotReady node stands: MetalLB does not look at Ready (#2514)', () => {
    const made = withNuc4('v0.16.1', { ready: { status: 'False', since: null } })
    assert.deepEqual(order(made), ORDER_OF_60)
  })

  test('a node whose speaker pod is not Ready stands, as long as it is a member', () => {
    const pods = NUCS.map((name) => speaker(name, 'v0.16.1', name === 'nuc-4' ? { ready: null } : {}))
    assert.deepEqual(order(home({ speakerPods: pods })), ORDER_OF_60)
  })
})

suite('advertisements', () => {
  const labelled = NUCS.map((name) => node(name, { labels: { name } }))
  const selecting = (...names: readonly string[]) =>
    advertisement('some', { nodeSelectors: names.map((name) => selector({ name })) })

  test('no node selector → every Node stands', () => assert.deepEqual(order(home()), ORDER_OF_60))

  test('node selectors are ORed, and those that none selects are not-selected', () => {
    const made = home({ nodes: labelled, l2Advertisements: [selecting('nuc-3', 'nuc-2')] })
    assert.deepEqual(order(made), ['nuc-2', 'nuc-3'])
    assert.equal(whyNot(made, 'nuc-4'), 'not-selected')
  })

  test('one of several advertisements is enough for a node', () => {
    const made = home({ nodes: labelled, l2Advertisements: [selecting('nuc-3'), selecting('nuc-1')] })
    assert.deepEqual(order(made), ['nuc-1', 'nuc-3'])
  })

  test('a selector that matches no node → no-candidate, and each node not-selected', () => {
    const made = home({ nodes: labelled, l2Advertisements: [selecting('nuc-9')] })
    assert.equal(election(made).refusal?.why, 'no-candidate')
    assert.deepEqual(new Set(election(made).excluded.map(({ why }) => why)), new Set(['not-selected']))
  })

  test('a member whose Node object is gone → no-node, however long memberlist remembers it', () => {
    const made = home({ nodes: NUCS.slice(0, 3).map((name) => node(name)) })
    assert.deepEqual(order(made), ['nuc-1', 'nuc-2', 'nuc-3'])
    assert.equal(whyNot(made, 'nuc-4'), 'no-node')
  })
})

suite('members', () => {
  test('the best-placed node that is no member → not-a-member, and the next wins', () => {
    const members = ['nuc-1', 'nuc-2', 'nuc-3']
    assert.deepEqual(order(home(), members), members)
    assert.equal(whyNot(home(), 'nuc-4', members), 'not-a-member')
  })

  test('what stands against a node whoever is a member is said before that it is none', () => {
    const made = withNuc4('v0.16.1', { labels: { [EXCLUDE_LABEL]: '' } })
    assert.equal(whyNot(made, 'nuc-4', ['nuc-1']), 'exclude-label')
  })

  test('nobody is a member → no-candidate', () =>
    assert.equal(election(home(), []).refusal?.why, 'no-candidate'))

  const off = { ...settings('v0.15.0'), env: { METALLB_NODE_NAME: null } }
  const withoutMemberlist = (version: string, policy: 'Cluster' | 'Local') =>
    home({
      services: [web({ externalTrafficPolicy: policy })],
      speakerPods: NUCS.map((name) =>
        speaker(name, version, { ...off, image: `quay.io/metallb/speaker:${version}` }),
      ),
    })

  test('memberlist off from v0.15.0 on, policy Cluster → every Node stands, alive or not', () => {
    assert.deepEqual(order(withoutMemberlist('v0.15.0', 'Cluster'), []), ORDER_OF_60)
  })

  test('memberlist off from v0.15.0 on, policy Local → every Node with a serving endpoint', () => {
    assert.deepEqual(order(withoutMemberlist('v0.15.0', 'Local'), []), ['nuc-1', 'nuc-2'])
  })

  for (const version of ['v0.13.0', 'v0.14.9']) {
    for (const policy of ['Cluster', 'Local'] as const) {
      test(`memberlist off under ${version}, policy ${policy} → nobody announces: no-memberlist (#2425)`, () =>
        assert.equal(election(withoutMemberlist(version, policy)).refusal?.why, 'no-memberlist'))
    }
  }
})

suite('order', () => {
  const weighing = (weight: number, preference: Record<string, string>) =>
    advertisement('weigh', { preferredNodeSelectors: [{ weight, preference: selector(preference) }] })
  const nodes = NUCS.map((name) => node(name, { labels: { name, zone: name < 'nuc-3' ? 'a' : 'b' } }))

  test('before v0.16.2 preferences are ignored', () => {
    const made = home({ nodes, l2Advertisements: [weighing(100, { name: 'nuc-3' })] }, 'v0.16.1')
    assert.deepEqual(order(made), ORDER_OF_60)
  })

  test('from v0.16.2 on the higher score comes first, then the hash', () => {
    const made = home({ nodes, l2Advertisements: [weighing(10, { zone: 'b' })] }, 'v0.16.2')
    assert.deepEqual(order(made), ['nuc-4', 'nuc-3', 'nuc-1', 'nuc-2'])
  })

  test('weights add up over preferences and over advertisements, twins included', () => {
    const ads = [
      weighing(50, { name: 'nuc-3' }),
      weighing(50, { name: 'nuc-3' }),
      weighing(99, { name: 'nuc-1' }),
    ]
    const made = home({ nodes, l2Advertisements: ads }, 'v0.16.2')
    assert.deepEqual(
      election(made).candidates.map(({ node: name, score }) => [name, score]),
      [
        ['nuc-3', 100],
        ['nuc-1', 99],
        ['nuc-4', 0],
        ['nuc-2', 0],
      ],
    )
  })

  test('weights of several preferences of one advertisement add up', () => {
    const preferences = [{ name: 'nuc-3' }, { zone: 'b' }].map((labels) => ({
      weight: 30,
      preference: selector(labels),
    }))
    const ads = [advertisement('a', { preferredNodeSelectors: preferences }), weighing(50, { name: 'nuc-1' })]
    assert.deepEqual(order(home({ nodes, l2Advertisements: ads }, 'v0.16.2')), [
      'nuc-3',
      'nuc-1',
      'nuc-4',
      'nuc-2',
    ])
  })

  test('an advertisement that reaches the pool by name and by selector counts once', () => {
    const both = {
      ...weighing(60, { name: 'nuc-3' }),
      ipAddressPools: ['default'],
      ipAddressPoolSelectors: [selector({})],
    }
    const made = home({ nodes, l2Advertisements: [both, weighing(100, { name: 'nuc-1' })] }, 'v0.16.2')
    assert.equal(order(made)[0], 'nuc-1')
  })

  test('a preference counts only for nodes that its own advertisement selects, and makes no candidate', () => {
    const elsewhere = { ...weighing(100, { name: 'nuc-3' }), nodeSelectors: [selector({ zone: 'a' })] }
    const made = home({ nodes, l2Advertisements: [advertisement('all'), elsewhere] }, 'v0.16.2')
    assert.deepEqual(order(made), ORDER_OF_60)
    assert.deepEqual(order(home({ nodes, l2Advertisements: [elsewhere] }, 'v0.16.2')), ['nuc-1', 'nuc-2'])
  })

  test('policy Local: a preferred node without an endpoint of its own does not stand', () => {
    const made = home(
      {
        nodes,
        services: [web({ externalTrafficPolicy: 'Local' })],
        l2Advertisements: [weighing(100, { name: 'nuc-3' })],
      },
      'v0.16.2',
    )
    assert.deepEqual(order(made), ['nuc-1', 'nuc-2'])
  })

  test('what if nuc-4 were not there → it is left-out, and the rest keep their order', () => {
    const made = home()
    const [row] = explain(vipOf(made), made, { members: NUCS, without: ['nuc-4'] })
    assert.deepEqual(
      row!.election.candidates.map(({ node: name }) => name),
      ORDER_OF_60.slice(1),
    )
    assert.deepEqual(row!.election.excluded, [{ node: 'nuc-4', why: 'left-out' }])
  })

  test('what if it were not there works without memberlist too', () => {
    const pods = NUCS.map((name) => speaker(name, 'v0.16.1', { env: {} }))
    const made = home({ speakerPods: pods })
    const [row] = explain(vipOf(made), made, { members: [], without: ['nuc-4'] })
    assert.equal(row!.election.candidates[0]!.node, 'nuc-1')
  })
})
