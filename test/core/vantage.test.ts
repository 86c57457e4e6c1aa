import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HostFacts } from '../../src/core/host.ts'
import { planVantages, senderFor, type LinkProblem, type VantagePlan } from '../../src/core/vantage.ts'
import { hostFacts, ip, link } from '../helpers/segment.ts'

const eno1 = link()
const eno2 = link({ index: 3, name: 'eno2', addresses: [{ ip: ip('10.0.0.2'), bits: 8 }] })
const eno3 = link({ index: 4, name: 'eno3', addresses: [{ ip: ip('10.1.0.2'), bits: 16 }] })
const bare = link({ index: 5, name: 'bare', addresses: [] })
const lo = link({
  index: 1,
  name: 'lo',
  loopback: true,
  ethernet: false,
  addresses: [{ ip: ip('127.0.0.1'), bits: 8 }],
})
const wg0 = link({ index: 6, name: 'wg0', ethernet: false, mac: null })
const off = link({ index: 7, name: 'off', up: false, carrier: false })
const unplugged = link({ index: 8, name: 'unplugged', carrier: false })
const facts: HostFacts = hostFacts({ links: [lo, eno1, eno2, eno3, bare, wg0, off, unplugged] })

const places = (vips: string[], named: string[] = []): string => {
  const { vantages, offSegment } = planVantages(vips.map(ip), named, facts) as VantagePlan
  const asked = vantages.map((vantage) => `${vantage.link.name}: ${vantage.vips.join(' ')}`)
  return [...asked, ...(offSegment.length > 0 ? [`off: ${offSegment.join(' ')}`] : [])].join('; ')
}

for (const [title, vips, named, expected] of [
  ['a VIP is asked on the interface whose subnet holds it', ['192.168.1.60'], [], 'eno1: 192.168.1.60'],
  ['the longest prefix wins', ['10.1.0.60', '10.2.0.60'], [], 'eno2: 10.2.0.60; eno3: 10.1.0.60'],
  [
    'a VIP on no segment is off-segment',
    ['172.16.0.1', '192.168.1.60'],
    [],
    'eno1: 192.168.1.60; off: 172.16.0.1',
  ],
  ['loopback is never asked', ['127.0.0.9'], [], 'off: 127.0.0.9'],
  ['a named interface asks what its subnet holds', ['192.168.1.60'], ['eno1'], 'eno1: 192.168.1.60'],
  [
    'a named interface is asked for a VIP that is on-link nowhere among the named',
    ['192.168.1.60'],
    ['bare'],
    'bare: 192.168.1.60',
  ],
  ['of two named ones the on-link one asks', ['192.168.1.60'], ['bare', 'eno1'], 'eno1: 192.168.1.60'],
  [
    'two named ones ask both where neither is on-link',
    ['172.16.0.1'],
    ['bare', 'eno1'],
    'eno1: 172.16.0.1; bare: 172.16.0.1',
  ],
  [
    'a named interface without a subnet match does not borrow from others',
    ['10.1.0.60'],
    ['eno1'],
    'eno1: 10.1.0.60',
  ],
] as const) {
  test(`${title} → ${expected}`, () => assert.equal(places([...vips], [...named]), expected))
}

for (const [name, code, message] of [
  ['eno4', 'no-such-interface', 'There is no interface eno4 here. Did you mean eno1 (192.168.1.13/24, up)?'],
  ['zzzzzz', 'no-such-interface', 'There is no interface zzzzzz here.'],
  ['off', 'interface-down', 'off is down (not switched on). Nothing was sent.'],
  ['unplugged', 'interface-down', 'unplugged is down (no carrier). Nothing was sent.'],
  ['wg0', 'not-ethernet', 'wg0 is not an Ethernet interface, so it carries no ARP.'],
  ['lo', 'not-ethernet', 'lo is not an Ethernet interface, so it carries no ARP.'],
] as const) {
  test(`--iface ${name} → ${code}: ${message}`, () => {
    const problem = planVantages([ip('192.168.1.60')], [name], facts) as LinkProblem
    assert.deepEqual([problem.code, problem.message], [code, message])
    assert.ok(problem.remedy.length > 0)
  })
}

test('the gateway of the interface is its canary, unless it is asked for anyway', () => {
  const plan = (vip: string) => (planVantages([ip(vip)], [], facts) as VantagePlan).vantages[0]!.canaries
  assert.deepEqual([plan('192.168.1.60'), plan('192.168.1.1')], [['192.168.1.1'], []])
})

for (const [vip, wish, sender] of [
  ['192.168.1.60', 'auto', '192.168.1.13'],
  ['10.9.9.9', 'auto', '0.0.0.0'],
  ['192.168.1.13', 'auto', '0.0.0.0'],
  ['192.168.1.60', 'zero', '0.0.0.0'],
  ['192.168.1.60', '192.168.1.77', '192.168.1.77'],
  ['192.168.1.60', '192.168.1.60', '0.0.0.0'],
] as const) {
  test(`asking for ${vip} with --sender ${wish} → from ${sender}`, () => {
    const asked = wish === 'auto' || wish === 'zero' ? wish : ip(wish)
    assert.equal(senderFor(ip(vip), eno1, asked), sender)
  })
}
