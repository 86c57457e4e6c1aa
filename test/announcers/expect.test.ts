import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { contenders, explain, releases } from '../../src/announcers/metallb/metallb.ts'
import type { ClusterSnapshot } from '../../src/core/cluster.ts'
import {
  mayAnswerOn,
  sharesDisagree,
  splitBrain,
  standingOfAnswer,
  type ClusterExpectation,
  type Nobody,
  type Somebody,
  type Undecided,
} from '../../src/core/expectation.ts'
import {
  advertisement,
  denied,
  node,
  pool,
  selector,
  service,
  settings,
  slice,
  speaker,
} from '../helpers/cluster.ts'
import { expectation, home, NUCS, ORDER_OF_60, view, vipOf, web } from './home.ts'

const THREE = ['nuc-1', 'nuc-2', 'nuc-3']
const everyone = (members: readonly string[] = NUCS, by: readonly string[] = NUCS) =>
  by.map((name) => view(name, members))
const notReady = { status: 'False', since: null } as const

/** nuc-4 is dead; its pod is still listed, and neither it nor the Node is Ready. */
const incident = (parts: Partial<ClusterSnapshot> = {}) =>
  home({
    nodes: NUCS.map((name) => node(name, name === 'nuc-4' ? { ready: notReady } : {})),
    speakerPods: NUCS.map((name) => speaker(name, 'v0.16.1', name === 'nuc-4' ? { ready: notReady } : {})),
    ...parts,
  })

function somebody(expected: ClusterExpectation): Somebody {
  assert.equal(expected.kind, 'somebody', JSON.stringify(expected))
  return expected
}

function nobody(expected: ClusterExpectation): Nobody {
  assert.equal(expected.kind, 'nobody', JSON.stringify(expected))
  return expected
}

function undecided(expected: ClusterExpectation): Undecided {
  assert.equal(expected.kind, 'undecided', JSON.stringify(expected))
  return expected
}

const gist = ({ membership, answerers, possible, silence }: Somebody) => [
  membership,
  answerers,
  possible,
  silence,
]

suite('views that were read', () => {
  test('all agree → the one that all elect, and its own view says so too', () =>
    assert.deepEqual(gist(somebody(expectation(home(), { views: everyone() }))), [
      'read',
      ['nuc-4'],
      [],
      'fault',
    ]))

  test('nuc-4 left and all know it → the next', () =>
    assert.deepEqual(gist(somebody(expectation(home(), { views: everyone(THREE, THREE) }))), [
      'read',
      ['nuc-1'],
      [],
      'fault',
    ]))

  for (const [state, winner] of [
    ['alive', 'nuc-4'],
    ['suspect', 'nuc-4'],
    ['dead', 'nuc-1'],
    ['left', 'nuc-1'],
  ] as const) {
    test(`a member that is ${state} → ${winner} is elected`, () => {
      const views = everyone([...THREE, `nuc-4:${state}`], THREE)
      const { answerers, possible } = somebody(expectation(home(), { views }))
      assert.deepEqual([...answerers, ...possible], [winner])
    })
  }

  test('the incident: every live view still elects the dead nuc-4 → nobody answers by right, and silence is a fault', () => {
    const expected = somebody(expectation(incident(), { views: everyone(NUCS, THREE) }))
    assert.deepEqual(gist(expected), ['read', [], ['nuc-4'], 'fault'])
    assert.deepEqual(
      expected.shares[0]!.votes,
      THREE.map((by) => ({ by, elects: 'nuc-4' })),
    )
  })

  test('cut in two halves → two answerers, each elected by its own: a split brain', () => {
    const views = [
      ...everyone(['nuc-4', 'nuc-3'], ['nuc-4', 'nuc-3']),
      ...everyone(['nuc-1', 'nuc-2'], ['nuc-1', 'nuc-2']),
    ]
    const expected = somebody(expectation(home(), { views }))
    assert.deepEqual(gist(expected), ['read', ['nuc-1', 'nuc-4'], [], 'fault'])
    assert.deepEqual(splitBrain(expected), ['nuc-1', 'nuc-4'])
    assert.equal(sharesDisagree(expected), false)
  })

  test('a speaker that has just started counts itself alone → it answers too', () => {
    const views = [...everyone(NUCS, ['nuc-4', 'nuc-1', 'nuc-2']), view('nuc-3', ['nuc-3'])]
    assert.deepEqual(somebody(expectation(home(), { views })).answerers, ['nuc-3', 'nuc-4'])
  })

  test('elected by views that were read, its own was not → possible: never wrong', () => {
    const expected = somebody(expectation(home(), { views: everyone(NUCS, ['nuc-2']) }))
    assert.deepEqual(gist(expected), ['read', [], ['nuc-4'], 'fault'])
    assert.deepEqual(
      NUCS.map((name) => standingOfAnswer(expected, name)),
      ['wrong', 'wrong', 'wrong', 'possible'],
    )
  })

  test('views elect each other in a ring → nobody answers by right, and silence is a fault', () => {
    const views = [view('nuc-4', ['nuc-1']), view('nuc-1', ['nuc-4'])]
    assert.deepEqual(gist(somebody(expectation(home(), { views }))), ['read', [], [], 'fault'])
  })

  test('a view without any candidate elects nobody, and does not outvote the others', () => {
    const views = [...everyone(), view('nuc-9', ['nuc-9'])]
    assert.deepEqual(somebody(expectation(home(), { views })).answerers, ['nuc-4'])
  })

  test('no view holds a candidate → nobody: no-candidate', () =>
    assert.equal(
      nobody(expectation(home(), { views: [view('nuc-9', ['nuc-9'])] })).shares[0]!.refusal?.why,
      'no-candidate',
    ))

  test('a speaker on older configuration has no vote, and stays possible', () => {
    const invalid = {
      component: 'speaker',
      node: 'nuc-4',
      result: 'Invalid',
      errorSummary: '',
      changedAt: null,
    } as const
    const expected = somebody(expectation(home({ configurationStates: [invalid] }), { views: everyone() }))
    assert.deepEqual(gist(expected), ['read', [], ['nuc-4'], 'fault'])
    assert.deepEqual(expected.assumed, [{ what: 'stale-speaker', node: 'nuc-4' }])
  })
})

suite('memberlist off', () => {
  const off = (parts: Partial<ClusterSnapshot> = {}) =>
    incident({
      speakerPods: NUCS.map((name) => speaker(name, 'v0.16.1', { ...settings('v0.16.1'), env: {} })),
      ...parts,
    })

  test('the dead node stays elected for ever, and its silence is a fault', () =>
    assert.deepEqual(gist(somebody(expectation(off(), { silentNodes: new Set(['nuc-4']) }))), [
      'off',
      ['nuc-4'],
      [],
      'fault',
    ]))

  test('before v0.15.0 → nobody: no-memberlist', () => {
    const pods = NUCS.map((name) => speaker(name, 'v0.14.9', { ...settings('v0.14.9'), env: {} }))
    assert.equal(nobody(expectation(off({ speakerPods: pods }))).shares[0]!.refusal?.why, 'no-memberlist')
  })
})

suite('inferred', () => {
  test('all is well → one winner under every hypothesis', () => {
    const expected = somebody(expectation(home()))
    assert.deepEqual(gist(expected), ['inferred', ['nuc-4'], [], 'fault'])
    assert.equal(expected.assumed[0]!.what, 'membership')
  })

  test('the incident → nuc-4 and nuc-1 may both answer, neither is wrong, and silence is a fault', () => {
    const expected = somebody(expectation(incident(), { silentNodes: new Set(['nuc-4']) }))
    assert.deepEqual(gist(expected), ['inferred', [], ['nuc-1', 'nuc-4'], 'fault'])
    assert.deepEqual(
      ['nuc-1', 'nuc-2', 'nuc-4'].map((name) => standingOfAnswer(expected, name)),
      ['possible', 'wrong', 'possible'],
    )
  })

  test('votes are told by hypothesis', () => {
    const expected = somebody(expectation(incident(), { silentNodes: new Set(['nuc-4']) }))
    assert.deepEqual(
      expected.shares[0]!.votes.map(({ by, elects }) => `${by} ${elects}`),
      [
        'pods-listed nuc-4',
        'pods-ready nuc-1',
        'nodes-ready nuc-1',
        'pods-listed-but-silent nuc-1',
        'pods-ready-but-silent nuc-1',
        'nodes-ready-but-silent nuc-1',
      ],
    )
  })

  test('a Ready node whose own address is silent may have been dropped', () => {
    const expected = somebody(expectation(home(), { silentNodes: new Set(['nuc-4']) }))
    assert.deepEqual([expected.answerers, expected.possible], [[], ['nuc-1', 'nuc-4']])
  })

  test('a Ready Node without a speaker pod is no member', () => {
    const made = home({ speakerPods: THREE.map((name) => speaker(name, 'v0.16.1')) })
    assert.deepEqual(somebody(expectation(made)).answerers, ['nuc-1'])
  })

  test('pods that may not be read → the Nodes decide, and no candidate is wrong: it may be the only one with a speaker', () => {
    const made = denied(incident({ speakerPods: [] }), 'speakerPods')
    assert.deepEqual(gist(somebody(expectation(made))), [
      'inferred',
      ['nuc-1'],
      ['nuc-2', 'nuc-3', 'nuc-4'],
      'fault',
    ])
  })

  test('pods that may not be read, and nodes without an endpoint → perhaps nobody should: silence is unsure', () => {
    const made = home({ speakerPods: [], services: [web({ externalTrafficPolicy: 'Local' })] })
    assert.equal(somebody(expectation(denied(made, 'speakerPods'))).silence, 'unsure')
  })

  test('under one hypothesis nobody stands → silence is unsure', () => {
    const made = home({ speakerPods: NUCS.map((name) => speaker(name, 'v0.16.1', { ready: notReady })) })
    assert.deepEqual(gist(somebody(expectation(made))), ['inferred', [], ['nuc-4'], 'unsure'])
  })

  test('no speaker anywhere → nobody, and the assumption is told', () => {
    const expected = nobody(expectation(home({ speakerPods: [] })))
    assert.deepEqual(
      expected.assumed.map(({ what }) => what),
      ['settings', 'membership'],
    )
  })
})

suite('shared addresses', () => {
  const both = pool('default', ['192.168.1.60-192.168.1.99', '2001:db8::/64'])
  const shared = (...services: ReturnType<typeof web>[]) =>
    home({
      services,
      pools: [both],
      endpointSlices: services.map(({ name }) => slice(name, ['nuc-1', 'nuc-2'])),
    })

  test('two Services, one address, one winner → one answerer', () => {
    const expected = somebody(
      expectation(shared(web(), service('dns', ['192.168.1.60'])), { views: everyone() }),
    )
    assert.deepEqual([expected.answerers, expected.shares.length], [['nuc-4'], 2])
  })

  test('a dual-stack Service beside a single-stack one: different first addresses, two answerers by rule', () => {
    const expected = somebody(
      expectation(shared(web(), service('dns', ['192.168.1.62', '192.168.1.60'])), { views: everyone() }),
    )
    assert.deepEqual(expected.answerers, ['nuc-2', 'nuc-4'])
    assert.equal(sharesDisagree(expected), true)
    assert.deepEqual(splitBrain(expected), [])
  })

  test('a Service that nobody announces drops out of the union', () => {
    const made = home({ services: [web(), service('dns', ['192.168.1.60'])] })
    const expected = somebody(expectation(made, { views: everyone() }))
    assert.deepEqual(expected.answerers, ['nuc-4'])
    assert.deepEqual(
      expected.shares.map(({ refusal }) => refusal?.why ?? null),
      ['no-endpoint', null],
    )
  })

  test('policy Local with different endpoints: each with its own winner', () => {
    const local = { externalTrafficPolicy: 'Local' } as const
    const made = home({
      services: [web(local), service('dns', ['192.168.1.60'], local)],
      endpointSlices: [slice('web', ['nuc-1']), slice('dns', ['nuc-3'])],
    })
    assert.deepEqual(somebody(expectation(made, { views: everyone() })).answerers, ['nuc-1', 'nuc-3'])
  })

  test('inferred: won by either Service under every hypothesis → it should answer', () => {
    const expected = somebody(expectation(shared(web(), service('dns', ['192.168.1.62', '192.168.1.60']))))
    assert.deepEqual(gist(expected), ['inferred', ['nuc-2', 'nuc-4'], [], 'fault'])
  })
})

suite('interfaces', () => {
  test('the NICs of each possible answerer are told', () => {
    const made = home({
      nodes: NUCS.map((name) => node(name, { labels: { name } })),
      l2Advertisements: [
        advertisement('a', { interfaces: ['eth1'], nodeSelectors: [selector({ name: 'nuc-4' })] }),
        advertisement('b', { nodeSelectors: [selector({ name: 'nuc-1' })] }),
      ],
    })
    const expected = somebody(expectation(made, { silentNodes: new Set(['nuc-4']) }))
    assert.deepEqual(
      [...expected.interfaces],
      [
        ['nuc-1', 'all'],
        ['nuc-4', ['eth1']],
      ],
    )
  })
})

suite('NICs that may be used', () => {
  const ad = advertisement('a', { interfaces: ['eth0', 'eth1', 'veth9'] })
  for (const [title, ads, excludedInterfaces, nic, may] of [
    ['no list, nothing excluded', [], null, 'eth7', true],
    ['in the list', [ad], null, 'eth1', true],
    ['not in the list', [ad], null, 'eth7', false],
    ['excluded by name', [], ['^docker.*', '^veth.*'], 'veth9', false],
    ['excluded though it is in the list', [ad], ['^veth.*'], 'veth9', false],
    ['a pattern matches anywhere in the name', [], ['cni'], 'mycni0', false],
    ['a pattern that only Go can read excludes nothing', [], ['(?i)ETH'], 'eth0', true],
  ] as const) {
    test(`${title}: ${nic} → ${may ? 'may be used' : 'may not'}`, () => {
      const made = home({ excludedInterfaces, ...(ads.length > 0 ? { l2Advertisements: ads } : {}) })
      assert.equal(mayAnswerOn(somebody(expectation(made)), 'nuc-4', nic), may)
    })
  }
})

suite('what cannot be decided', () => {
  for (const input of ['pools', 'l2Advertisements', 'nodes'] as const) {
    test(`${input} may not be read → undecided: no-expectation, and the permission is named`, () => {
      const marked = web({ annotations: { 'metallb.io/ip-allocated-from-pool': 'default' } })
      const expected = undecided(
        expectation(denied(home({ services: [marked] }), input), { views: everyone() }),
      )
      assert.deepEqual([expected.reason, expected.what], ['no-expectation', `${input}: list ${input}`])
    })
  }

  for (const input of [
    'bgpAdvertisements',
    'l2Statuses',
    'events',
    'memberlistConfig',
    'nicRecords',
    'otherAnnouncers',
    'configurationStates',
    'capabilities',
    'speakerPods',
    'speakerDaemonSets',
  ] as const) {
    test(`${input} may not be read → who should answer is known all the same`, () =>
      assert.deepEqual(somebody(expectation(denied(home(), input), { views: everyone() })).answerers, [
        'nuc-4',
      ]))
  }

  test('Nodes may not be read, and the pool is advertised by nothing → nobody all the same', () => {
    const made = denied(home({ l2Advertisements: [] }), 'nodes')
    assert.equal(nobody(expectation(made)).shares[0]!.refusal?.why, 'no-advertisement')
  })

  test('endpoints may not be read, policy Cluster → the winner is known, its silence is unsure', () => {
    const expected = somebody(
      expectation(denied(home({ endpointSlices: [] }), 'endpointSlices'), { views: everyone() }),
    )
    assert.deepEqual(gist(expected), ['read', ['nuc-4'], [], 'unsure'])
    assert.deepEqual(expected.assumed, [{ what: 'served' }])
  })

  test('endpoints may not be read, policy Local → undecided', () => {
    const made = denied(home({ services: [web({ externalTrafficPolicy: 'Local' })] }), 'endpointSlices')
    assert.equal(undecided(expectation(made)).reason, 'no-expectation')
  })

  test('an input is older than the limit → stale-expectation, and it is named', () => {
    const base = home()
    const made = { ...base, inputs: { ...base.inputs, nodes: { readable: 'yes', ageMs: 300_001 } as const } }
    const expected = undecided(expectation(made))
    assert.deepEqual([expected.reason, expected.what], ['stale-expectation', 'nodes'])
  })

  test('MetalLB refuses what the API holds → stale-expectation, and why is told', () => {
    const twice = pool('twice', ['192.168.1.60/32'])
    const expected = undecided(expectation(home({ pools: [...home().pools, twice] })))
    assert.equal(expected.reason, 'stale-expectation')
    assert.match(expected.what, /overlaps/)
  })

  test('a speaker below v0.13.0 → no-expectation', () =>
    assert.equal(undecided(expectation(home({}, 'v0.12.1'))).reason, 'no-expectation'))
})

suite('releases that mix', () => {
  const cordoned = NUCS.map((name) => node(name, { unschedulable: name === 'nuc-4' }))
  const pods = NUCS.map((name, index) => speaker(name, index < 2 ? 'v0.14.8' : 'v0.14.9'))

  test('they elect different nodes → undecided: mixed-versions, and both are told', () => {
    const expected = undecided(
      expectation(home({ nodes: cordoned, speakerPods: pods }), { views: everyone() }),
    )
    assert.deepEqual([expected.reason, expected.alternatives], ['mixed-versions', ['nuc-1', 'nuc-4']])
    assert.equal(expected.what, 'v0.14.8, v0.14.9')
  })

  test('they elect the same node → it is expected', () =>
    assert.deepEqual(somebody(expectation(home({ speakerPods: pods }), { views: everyone() })).answerers, [
      'nuc-4',
    ]))

  test('one would elect, the other would refuse → undecided', () => {
    const sel = advertisement('sel', { serviceSelectors: [selector({ app: 'web' })] })
    const mixed = NUCS.map((name, index) => speaker(name, index < 2 ? 'v0.15.3' : 'v0.16.1'))
    const expected = undecided(
      expectation(home({ speakerPods: mixed, l2Advertisements: [sel] }), { views: everyone() }),
    )
    assert.deepEqual(expected.alternatives, ['nuc-4'])
  })

  test('the releases that run are told, oldest first', () =>
    assert.deepEqual(releases(home({ speakerPods: pods.toReversed() })), ['v0.14.8', 'v0.14.9']))

  test('explain shows one row for each', () => {
    const made = home({ nodes: cordoned, speakerPods: pods })
    assert.deepEqual(
      explain(vipOf(made), made, { members: NUCS }).map(({ rules, election }) => [
        rules.version,
        election.candidates[0]!.node,
      ]),
      [
        ['v0.14.8', 'nuc-4'],
        ['v0.14.9', 'nuc-1'],
      ],
    )
  })

  test('a release newer than the rules known here is told', () => {
    const image = 'quay.io/metallb/speaker:v0.17.0'
    assert.deepEqual(somebody(expectation(home({}, 'v0.17.0'), { views: everyone() })).assumed, [
      { what: 'release', image },
    ])
  })
})

test('the views that bear on a VIP are those of its best nodes', () =>
  assert.deepEqual(contenders(vipOf(home()), home(), 3), ORDER_OF_60.slice(0, 3)))
