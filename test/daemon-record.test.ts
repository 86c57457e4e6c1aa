import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSameRecord, nicsOf } from '../src/daemon-record.ts'
import { hostFacts, ip, link, mac, OWN_MAC } from './helpers/segment.ts'

// What a daemon writes down of its node.

const ENO1 = { name: 'eno1', mac: OWN_MAC, addresses: [{ ip: ip('192.168.1.13'), bits: 24 }], state: 'up' }

for (const [what, links, found] of [
  ['a NIC', [link()], [ENO1]],
  ['one without a carrier', [link({ carrier: false })], [{ ...ENO1, state: 'down' }]],
  [
    'a port of a bridge',
    [link({ master: 'br0', addresses: [] })],
    [{ ...ENO1, state: 'enslaved', addresses: [] }],
  ],
  ["a pod's end of a cable", [link({ kind: 'veth', addresses: [] })], []],
  ['the loopback', [link({ loopback: true })], []],
  ['what answers no ARP (kube-ipvs0)', [link({ kind: 'dummy', arp: false })], []],
  ['a tunnel', [link({ mac: null, ethernet: false })], []],
  [
    'IPv6 beside IPv4, which comes and goes',
    [link({ addresses: [...link().addresses, { ip: ip('fe80::1'), bits: 64 }] })],
    [ENO1],
  ],
] as const) {
  test(`${what} → ${found.length === 0 ? 'not told' : found[0].state}`, () =>
    assert.deepEqual(nicsOf(hostFacts({ links: [...links] })), found))
}

test('a record is the same while names, MACs, states and addresses are', () => {
  const nics = nicsOf(hostFacts())
  assert.ok(isSameRecord(nics, nicsOf(hostFacts())))
  assert.ok(!isSameRecord(nics, [{ ...nics[0]!, mac: mac('02:00:00:00:00:09') }]))
  assert.ok(!isSameRecord(nics, []))
})
