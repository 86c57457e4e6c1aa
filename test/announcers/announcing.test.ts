import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { metallb } from '../../src/announcers/metallb/metallb.ts'
import type { ClusterSnapshot, Service } from '../../src/core/cluster.ts'
import type { RefusalName } from '../../src/core/refusal.ts'
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
import { election, home, NUCS, vipOf, web } from './home.ts'

const inventory = (made: ClusterSnapshot) => metallb.vips(made)
const addresses = (made: ClusterSnapshot): string[] => inventory(made).vips.map(({ ip }) => ip)
const outside = (made: ClusterSnapshot) => inventory(made).outOfScope.map(({ ip, why, by }) => [ip, why, by])
const refusal = (made: ClusterSnapshot, address?: string) => vipOf(made, address).holders[0]!.refusal

/** The home lab with `web` changed and served. */
const withWeb = (parts: Partial<Service>, more: Partial<ClusterSnapshot> = {}) =>
  home({ services: [web(parts)], ...more })
const ingress = (...texts: readonly string[]) => texts.map((ip) => ({ ip, hostname: null, ipMode: null }))
const withFlags = (...args: readonly string[]) => ({
  speakerPods: NUCS.map((name) => speaker(name, 'v0.16.1', settings('v0.16.1', args))),
})

suite('which Services', () => {
  for (const type of ['ClusterIP', 'NodePort', 'ExternalName']) {
    test(`type ${type}, whatever its status says → no VIP`, () => {
      const made = withWeb({ type })
      assert.deepEqual([addresses(made), outside(made)], [[], []])
    })
  }

  for (const [flag, loadBalancerClass, handled] of [
    [[], null, true],
    [[], 'metallb', false],
    [['--lb-class=metallb'], 'metallb', true],
    [['--lb-class', 'metallb'], 'metallb', true],
    [['--lb-class=metallb'], null, false],
    [['--lb-class=metallb'], 'other', false],
  ] as const) {
    test(`class ${loadBalancerClass ?? 'none'} under "${flag.join(' ')}" → ${handled ? 'a VIP' : 'other-class'}`, () => {
      const made = withWeb({ loadBalancerClass }, withFlags(...flag))
      assert.deepEqual(addresses(made), handled ? ['192.168.1.60'] : [])
      assert.deepEqual(outside(made), handled ? [] : [['192.168.1.60', 'other-class', null]])
    })
  }

  test('a Service that is being deleted is announced until it is gone', () =>
    assert.deepEqual(addresses(withWeb({ deletedAt: 1 })), ['192.168.1.60']))

  test('a Service of the class without an address is listed as waiting', () => {
    const made = withWeb({ ingress: [] })
    assert.deepEqual(
      inventory(made).waiting.map(({ key, refusal: why }) => [key, why?.why]),
      [['default/web', 'no-address']],
    )
  })
})

suite('which addresses', () => {
  test('the address is in no pool → out of scope, whatever the annotation says', () => {
    const annotations = { 'metallb.io/ip-allocated-from-pool': 'default' }
    const made = withWeb({ ingress: ingress('192.168.1.59'), annotations })
    assert.deepEqual(outside(made), [['192.168.1.59', 'not-in-a-pool', null]])
  })

  test('the pool is found by containment, whatever the annotation says', () => {
    const annotations = { 'metallb.universe.tf/ip-allocated-from-pool': 'gone' }
    assert.equal(vipOf(withWeb({ annotations })).pool, 'default')
  })

  test('whoever wrote the status: an address of a pool is announced', () =>
    assert.deepEqual(addresses(withWeb({ statusWriter: 'k3s' })), ['192.168.1.60']))

  for (const text of ['192.168.1.60', '192.168.1.99'])
    test(`${text}, an end of the range, is in it`, () =>
      assert.deepEqual(addresses(withWeb({ ingress: ingress(text) })), [text]))

  test('both addresses of a dual-stack Service in one pool → two VIPs, elected alike by the first', () => {
    const both = pool('default', ['192.168.1.60-192.168.1.99', '2001:db8::/64'])
    const made = withWeb({ ingress: ingress('2001:DB8::60', '192.168.1.60') }, { pools: [both] })
    assert.deepEqual(addresses(made), ['192.168.1.60', '2001:db8::60'])
    assert.deepEqual(
      inventory(made).vips.map(({ family }) => family),
      ['ipv4', 'ipv6'],
    )
    assert.equal(election(made).hashed, '2001:db8::60')
  })

  test('a change of order in the status changes the hashed address', () => {
    const both = pool('default', ['192.168.1.60-192.168.1.99'])
    const hashed = (...texts: string[]) =>
      election(withWeb({ ingress: ingress(...texts) }, { pools: [both] })).hashed
    assert.equal(hashed('192.168.1.61', '192.168.1.60'), '192.168.1.61')
    assert.equal(hashed('192.168.1.60', '192.168.1.61'), '192.168.1.60')
  })

  test('addresses in two pools → both are VIPs, and nobody announces either: not-in-one-pool', () => {
    const made = withWeb(
      { ingress: ingress('192.168.1.60', '10.0.0.1') },
      { pools: [pool('default', ['192.168.1.60/32']), pool('other', ['10.0.0.0/24'])] },
    )
    for (const address of ['192.168.1.60', '10.0.0.1'])
      assert.equal(refusal(made, address)?.why, 'not-in-one-pool')
  })

  test('one address in a pool and one in none → the one is a refused VIP, the other out of scope', () => {
    const made = withWeb({ ingress: ingress('192.168.1.60', '10.0.0.1') })
    assert.equal(refusal(made)?.why, 'not-in-one-pool')
    assert.deepEqual(outside(made), [['10.0.0.1', 'not-in-a-pool', null]])
  })

  test('a hostname beside an address withdraws the whole Service: invalid-ip', () => {
    const hostname = { ip: null, hostname: 'lb.example.net', ipMode: null }
    const made = withWeb({ ingress: [...ingress('192.168.1.60'), hostname] })
    assert.deepEqual(refusal(made), { why: 'invalid-ip', what: 'lb.example.net' })
  })

  test('a text that is no address withdraws the whole Service: invalid-ip', () =>
    assert.deepEqual(refusal(withWeb({ ingress: ingress('192.168.1.60', '192.168.001.1') })), {
      why: 'invalid-ip',
      what: '192.168.001.1',
    }))

  test('ipMode Proxy changes nothing', () => {
    const proxy = [{ ip: '192.168.1.60', hostname: null, ipMode: 'Proxy' }]
    assert.equal(refusal(withWeb({ ingress: proxy })), null)
  })
})

suite('which pools and advertisements', () => {
  const bgp = (parts = {}) => ({
    name: 'bgp',
    ipAddressPools: [],
    ipAddressPoolSelectors: [],
    nodeSelectors: [],
    changedAt: null,
    ...parts,
  })
  const ads = (...list: readonly ReturnType<typeof advertisement>[]) => ({ l2Advertisements: list })
  const labelled = { pools: [pool('default', ['192.168.1.60-192.168.1.99'], { labels: { tier: 'a' } })] }

  /** Title, what changes, and why nobody announces; null: somebody does. */
  for (const [title, parts, why] of [
    ['no advertisement at all', ads(), 'no-advertisement'],
    ['a BGPAdvertisement alone', { ...ads(), bgpAdvertisements: [bgp()] }, 'bgp-only'],
    [
      'a BGPAdvertisement of another pool',
      { ...ads(), bgpAdvertisements: [bgp({ ipAddressPools: ['x'] })] },
      'no-advertisement',
    ],
    ['both kinds', { bgpAdvertisements: [bgp()] }, null],
    ['both lists of the advertisement empty: every pool', ads(advertisement('a')), null],
    ['the pool by its name', ads(advertisement('a', { ipAddressPools: ['x', 'default'] })), null],
    ['names of other pools alone', ads(advertisement('a', { ipAddressPools: ['x'] })), 'no-advertisement'],
    [
      'a selector that matches the pool',
      { ...labelled, ...ads(advertisement('a', { ipAddressPoolSelectors: [selector({ tier: 'a' })] })) },
      null,
    ],
    [
      'a selector that matches no pool is not the same as none',
      { ...labelled, ...ads(advertisement('a', { ipAddressPoolSelectors: [selector({ tier: 'b' })] })) },
      'no-advertisement',
    ],
    [
      'one of several selectors is enough',
      {
        ...labelled,
        ...ads(
          advertisement('a', { ipAddressPoolSelectors: [selector({ tier: 'b' }), selector({ tier: 'a' })] }),
        ),
      },
      null,
    ],
    [
      'a name or a selector is enough',
      {
        ...labelled,
        ...ads(
          advertisement('a', {
            ipAddressPools: ['default'],
            ipAddressPoolSelectors: [selector({ tier: 'b' })],
          }),
        ),
      },
      null,
    ],
  ] as readonly (readonly [string, Partial<ClusterSnapshot>, RefusalName | null])[]) {
    test(`${title} → ${why ?? 'announced'}`, () => assert.equal(refusal(home(parts))?.why ?? null, why))
  }

  for (const field of ['autoAssign', 'avoidBuggyIPs'] as const) {
    test(`${field} of the pool changes nothing: it is about allocation`, () => {
      const made = home({
        pools: [pool('default', ['192.168.1.0/24'], { [field]: field === 'avoidBuggyIPs' })],
      })
      assert.equal(refusal(made), null)
    })
  }

  const selective = (parts: object = {}) =>
    advertisement('sel', { serviceSelectors: [selector({ app: 'web' })], ...parts })
  for (const [version, labels, why] of [
    ['v0.16.0', { app: 'web' }, null],
    ['v0.16.0', { app: 'db' }, 'no-matching-advertisement'],
    ['v0.16.0', {}, 'no-matching-advertisement'],
    ['v0.15.3', { app: 'db' }, null],
  ] as const) {
    test(`serviceSelectors app=web, Service ${JSON.stringify(labels)}, ${version} → ${why ?? 'announced'}`, () => {
      const made = home({ services: [web({ labels })], l2Advertisements: [selective()] }, version)
      assert.equal(refusal(made)?.why ?? null, why)
    })
  }

  test('candidates are those of the matching advertisements alone, from v0.16.0 on', () => {
    const nodes = NUCS.map((name) => node(name, { labels: { name } }))
    const only = (app: string, name: string) =>
      selective({ serviceSelectors: [selector({ app })], nodeSelectors: [selector({ name })] })
    const parts = {
      nodes,
      services: [web({ labels: { app: 'web' } })],
      l2Advertisements: [only('web', 'nuc-3'), only('db', 'nuc-4')],
    }
    const names = (version: string) => election(home(parts, version)).candidates.map((one) => one.node)
    assert.deepEqual(names('v0.16.0'), ['nuc-3'])
    assert.deepEqual(names('v0.15.3'), ['nuc-4', 'nuc-3'])
  })
})

suite('shared addresses', () => {
  for (const key of ['metallb.io/allow-shared-ip', 'metallb.universe.tf/allow-shared-ip']) {
    for (const [version, why] of [
      ['v0.16.1', null],
      ['v0.16.2', 'shared-ip-with-service-selector'],
    ] as const) {
      test(`${key}, even empty, under serviceSelectors, ${version} → ${why ?? 'announced'}`, () => {
        const services = [web({ labels: { app: 'web' }, annotations: { [key]: '' } })]
        const sel = advertisement('sel', { serviceSelectors: [selector({ app: 'web' })] })
        assert.equal(refusal(home({ services, l2Advertisements: [sel] }, version))?.why ?? null, why)
      })
    }
  }

  test('serviceSelectors that do not match the sharing Service refuse nothing', () => {
    const services = [web({ annotations: { 'metallb.io/allow-shared-ip': 'x' } })]
    const sel = advertisement('sel', { serviceSelectors: [selector({ app: 'web' })] })
    assert.equal(refusal(home({ services, l2Advertisements: [sel, advertisement('all')] }, 'v0.16.2')), null)
  })

  test('Services that share an address are one VIP with two holders, by name', () => {
    const made = home({ services: [web(), service('dns', ['192.168.1.60'])] })
    assert.deepEqual(
      vipOf(made).holders.map(({ key, refusal: why }) => [key, why?.why ?? null]),
      [
        ['default/dns', 'no-endpoint'],
        ['default/web', null],
      ],
    )
  })
})

suite('interfaces', () => {
  const nics = (version: string, ...lists: readonly (readonly string[])[]) => {
    const made = home(
      { l2Advertisements: lists.map((interfaces, index) => advertisement(`a${index}`, { interfaces })) },
      version,
    )
    return election(made).candidates[0]!.interfaces
  }
  test('no list → all', () => assert.equal(nics('v0.16.1', []), 'all'))
  test('lists of several advertisements → their union', () =>
    assert.deepEqual(nics('v0.16.1', ['eth1', 'eth0'], ['eth1', 'eth2']), ['eth0', 'eth1', 'eth2']))
  test('one advertisement without a list → all', () => assert.equal(nics('v0.16.1', ['eth1'], []), 'all'))
  test('before v0.13.6 there are no lists → all', () => assert.equal(nics('v0.13.5', ['eth1']), 'all'))
  test('an advertisement for other nodes adds nothing', () => {
    const made = home({
      nodes: NUCS.map((name) => node(name, { labels: { name } })),
      l2Advertisements: [
        advertisement('a', { interfaces: ['eth0'] }),
        advertisement('b', { interfaces: ['eth1'], nodeSelectors: [selector({ name: 'nuc-1' })] }),
      ],
    })
    assert.deepEqual(
      election(made).candidates.map(({ interfaces }) => interfaces),
      [['eth0'], ['eth0', 'eth1'], ['eth0'], ['eth0']],
    )
  })
})

suite('addresses that others wrote', () => {
  const NODE_IP = '192.168.1.13'
  const nodes = [node('nuc-1', { internalIps: [NODE_IP as never] })]
  for (const [title, parts, by] of [
    ['a Node address: K3s ServiceLB', { ingress: ingress(NODE_IP) }, 'servicelb'],
    [
      'written by cilium-operator',
      { ingress: ingress('10.1.1.1'), statusWriter: 'cilium-operator-generic' },
      'cilium',
    ],
    [
      'with the mark of kube-vip',
      { ingress: ingress('10.1.1.1'), annotations: { 'kube-vip.io/vipHost': 'n' } },
      'kube-vip',
    ],
    ['nobody knows', { ingress: ingress('10.1.1.1') }, null],
  ] as const) {
    test(`${title} → not-in-a-pool, by ${by}`, () => {
      const made = withWeb(parts, { nodes })
      assert.deepEqual([addresses(made), outside(made)], [[], [[parts.ingress[0]!.ip, 'not-in-a-pool', by]]])
    })
  }

  test("Cilium's class → other-class, by cilium", () =>
    assert.deepEqual(outside(withWeb({ loadBalancerClass: 'io.cilium/l2-announcer' })), [
      ['192.168.1.60', 'other-class', 'cilium'],
    ]))
})

suite('without permissions', () => {
  test('pools that may not be read: the Services that MetalLB marked are VIPs, the others are not judged', () => {
    const marked = web({ annotations: { 'metallb.io/ip-allocated-from-pool': 'default' } })
    const made = denied(home({ services: [marked, service('db', ['10.0.0.1'])], pools: [] }), 'pools')
    const [vip] = inventory(made).vips
    assert.deepEqual([vip!.ip, vip!.pool, vip!.holders[0]!.refusal], ['192.168.1.60', null, null])
    assert.deepEqual(outside(made), [['10.0.0.1', 'pools-not-read', null]])
  })

  test('advertisements that may not be read refuse nothing', () =>
    assert.equal(refusal(denied(home({ l2Advertisements: [] }), 'l2Advertisements')), null))

  test('endpoints that may not be read refuse nothing', () =>
    assert.equal(refusal(denied(home({ endpointSlices: [] }), 'endpointSlices')), null))
})

test('VIPs come in numeric order, IPv4 first', () => {
  const made = home({
    services: [service('c', ['2001:db8::1']), service('b', ['192.168.1.100']), service('a', ['192.168.1.9'])],
    endpointSlices: [slice('a', ['nuc-1'])],
    pools: [pool('all', ['192.168.1.0/24', '2001:db8::/64'])],
  })
  assert.deepEqual(addresses(made), ['192.168.1.9', '192.168.1.100', '2001:db8::1'])
})
