import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { metallb } from '../../src/announcers/metallb/metallb.ts'
import type { ClusterSnapshot, OtherAnnouncer, Service } from '../../src/core/cluster.ts'
import { denied, node, NOW, service } from '../helpers/cluster.ts'
import { ip } from '../helpers/segment.ts'
import { home, vipOf, web } from './home.ts'

const LEASE_MS = 15_000

function lease(
  by: OtherAnnouncer['by'],
  of: string | null,
  parts: Partial<OtherAnnouncer> = {},
): OtherAnnouncer {
  return { by, service: of, node: 'nuc-2', renewedAt: NOW - 5000, leaseMs: LEASE_MS, ...parts }
}

/** Who else announces 192.168.1.60, as `by what node`. */
function others(parts: Partial<ClusterSnapshot>): string[] {
  const made = home(parts)
  return metallb.others(vipOf(made), made).map(({ by, what, node: on }) => `${by} ${what} ${on ?? '-'}`)
}

const withWeb = (parts: Partial<Service>): Partial<ClusterSnapshot> => ({ services: [web(parts)] })
const ingress = (...texts: string[]) => texts.map((text) => ({ ip: text, hostname: null, ipMode: null }))
const CILIUMS = lease('cilium', 'default-web')
const HELD = ['cilium lease nuc-2']

suite('by a Lease', () => {
  for (const [what, parts, expected] of [
    ["Cilium's for this Service", { otherAnnouncers: [CILIUMS] }, HELD],
    ["Cilium's for another Service", { otherAnnouncers: [lease('cilium', 'default-db')] }, []],
    ['let go', { otherAnnouncers: [{ ...CILIUMS, node: null }] }, []],
    [
      'not renewed for longer than two durations',
      { otherAnnouncers: [{ ...CILIUMS, renewedAt: NOW - 2 * LEASE_MS - 1 }] },
      [],
    ],
    ['renewed two durations ago', { otherAnnouncers: [{ ...CILIUMS, renewedAt: NOW - 2 * LEASE_MS }] }, HELD],
    ['that does not say since when', { otherAnnouncers: [{ ...CILIUMS, renewedAt: null }] }, []],
    ['that does not say for how long', { otherAnnouncers: [{ ...CILIUMS, leaseMs: null }] }, []],
    [
      'whose name two Services have in common',
      {
        otherAnnouncers: [lease('cilium', 'default-web-x')],
        services: [web(), service('x', [], { namespace: 'default-web' }), service('web-x', ['192.168.1.60'])],
      },
      [],
    ],
    [
      "kube-vip's for all, and the Service has no mark of it",
      { otherAnnouncers: [lease('kube-vip', null)] },
      [],
    ],
    [
      "kube-vip's for all, and the Service asks it for an address",
      {
        otherAnnouncers: [lease('kube-vip', null)],
        ...withWeb({ annotations: { 'kube-vip.io/loadbalancerIPs': '192.168.1.60' } }),
      },
      ['kube-vip lease nuc-2'],
    ],
    ["kube-vip's for a Service of that name elsewhere", { otherAnnouncers: [lease('kube-vip', 'web')] }, []],
    [
      "kube-vip's for a Service of kube-system",
      { otherAnnouncers: [lease('kube-vip', 'web')], ...withWeb({ namespace: 'kube-system' }) },
      ['kube-vip lease nuc-2'],
    ],
  ] as const) {
    test(`${what} → ${expected.join() || 'nobody'}`, () => assert.deepEqual(others(parts), expected))
  }

  test('a Lease that a daemon read five minutes ago counts as it was then', () => {
    const read = { readable: 'yes', ageMs: 300_000 } as const
    const made = home({ otherAnnouncers: [{ ...CILIUMS, renewedAt: NOW - 302_000 }] })
    const cluster = { ...made, inputs: { ...made.inputs, otherAnnouncers: read } }
    assert.equal(metallb.others(vipOf(cluster), cluster).length, 1)
  })

  test('Leases that may not be read → nobody is known, and nothing is wrong', () => {
    const made = denied(home({ otherAnnouncers: [CILIUMS] }), 'otherAnnouncers')
    assert.deepEqual(metallb.others(vipOf(made), made), [])
  })
})

suite('by what is left on a Service', () => {
  for (const [what, parts, expected] of [
    ['nothing', {}, []],
    [
      "kube-vip's annotation",
      withWeb({ annotations: { 'kube-vip.io/vipHost': 'nuc-3' } }),
      ['kube-vip annotation nuc-3'],
    ],
    [
      'an address asked of Cilium, which may be another',
      withWeb({ annotations: { 'lbipam.cilium.io/ips': 'x' } }),
      [],
    ],
    [
      'the status by Cilium',
      withWeb({ statusWriter: 'cilium-operator-generic' }),
      ['cilium status-writer -'],
    ],
    ['the status by kube-vip', withWeb({ statusWriter: 'kube-vip' }), ['kube-vip status-writer -']],
    ['the status by K3s', withWeb({ statusWriter: 'k3s' }), ['servicelb status-writer -']],
    ["the status by MetalLB's controller", withWeb({ statusWriter: 'controller' }), []],
    [
      'another Service of the class of Cilium with this address',
      {
        services: [web(), service('twin', ['192.168.1.60'], { loadBalancerClass: 'io.cilium/l2-announcer' })],
      },
      ['cilium class -'],
    ],
    [
      'another Service of a class that BGP announces',
      {
        services: [
          web(),
          service('twin', ['192.168.1.60'], { loadBalancerClass: 'io.cilium/bgp-control-plane' }),
        ],
      },
      [],
    ],
  ] as const) {
    test(`${what} → ${expected.join() || 'nobody'}`, () => assert.deepEqual(others(parts), expected))
  }

  test('a Lease and an annotation → both, the Lease first', () =>
    assert.deepEqual(
      others({
        otherAnnouncers: [lease('kube-vip', null)],
        ...withWeb({ annotations: { 'kube-vip.io/vipHost': 'nuc-2' } }),
      }),
      ['kube-vip lease nuc-2', 'kube-vip annotation nuc-2'],
    ))
})

suite('K3s ServiceLB beside MetalLB', () => {
  const nodes = [node('nuc-1', { internalIps: [ip('192.168.1.11')] })]
  test("on other Services, with nodes' own addresses → nothing of this VIP", () =>
    assert.deepEqual(
      others({ nodes, services: [web(), service('dashboard', ['192.168.1.11'], { statusWriter: 'k3s' })] }),
      [],
    ))

  test("a node's address in the status of this very Service → ServiceLB writes there too", () => {
    const made = home({ nodes, ...withWeb({ ingress: ingress('192.168.1.60', '192.168.1.11') }) })
    assert.deepEqual(metallb.others(vipOf(made), made), [
      { by: 'servicelb', what: 'status-writer', node: null },
    ])
  })
})
