import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { viewOf } from '../../src/core/bytes.ts'
import { decodeAddress, decodeGateways, decodeLink, decodeNeighbour } from '../../src/host/rtnetlink.ts'
import { hex } from '../helpers/hex.ts'

// Kinds that need modules which few test machines have (802.1Q, bonding): written by hand after linux/if_link.h.

const ETHER = '00 00 0100 07000000 43100100 00000000' // ifinfomsg: index 7, UP BROADCAST RUNNING MULTICAST LOWER_UP
const NAME = '0900 0300 656e6f3100 000000' // eno1
const MAC = '0a00 0100 020000000011 0000'
const MTU = '0800 0400 dc050000'
const PARENT_4 = '0800 0500 04000000'
const MASTER_9 = '0800 0a00 09000000'
const VLAN_100 = `2c00 1280  0900 0100 766c616e00 000000  1c00 0280  0600 0500 8100 0000  0600 0100 6400 0000  0800 0200 01000000`
const BOND = '1000 1200  0900 0100 626f6e6400 000000'
const BOND_SLAVE = '1000 1200  0900 0400 626f6e6400 000000'
const VETH = '1000 1200  0900 0100 7665746800 000000'
const ELSEWHERE = '0800 2500 00000000' // IFLA_LINK_NETNSID

const PHYSICAL = {
  index: 7,
  name: 'eno1',
  mac: '02:00:00:00:00:11',
  ethernet: true,
  flags: 0x11043,
  kind: null,
  masterIndex: null,
  lowerIndex: null,
  vlanId: null,
  mtu: 1500,
}

for (const [title, bytes, change] of [
  ['a physical NIC has no kind', `${ETHER} ${NAME} ${MAC} ${MTU}`, {}],
  [
    'a VLAN link has its id and its parent',
    `${ETHER} ${NAME} ${MAC} ${MTU} ${PARENT_4} ${VLAN_100}`,
    { kind: 'vlan', lowerIndex: 4, vlanId: 100 },
  ],
  [
    'a VLAN whose parent is in another namespace has none here',
    `${ETHER} ${NAME} ${MAC} ${MTU} ${PARENT_4} ${ELSEWHERE} ${VLAN_100}`,
    { kind: 'vlan', vlanId: 100 },
  ],
  ['a bond is of kind bond', `${ETHER} ${NAME} ${MAC} ${MTU} ${BOND}`, { kind: 'bond' }],
  [
    'a bonded NIC names its bond and keeps no kind',
    `${ETHER} ${NAME} ${MAC} ${MTU} ${MASTER_9} ${BOND_SLAVE}`,
    { masterIndex: 9 },
  ],
  [
    'the other end of a veth is not below it',
    `${ETHER} ${NAME} ${MAC} ${MTU} ${PARENT_4} ${VETH}`,
    { kind: 'veth' },
  ],
  [
    'a tunnel has no MAC, whatever its address',
    `00 00 fe03 07000000 43100100 00000000 ${NAME} ${MAC} ${MTU}`,
    { mac: null, ethernet: false },
  ],
  [
    'an InfiniBand address is no MAC',
    `${ETHER} ${NAME} 1800 0100 0000000000000000000000000000000000000000 ${MTU}`,
    { mac: null },
  ],
] as const) {
  test(title, () => assert.deepEqual(decodeLink(viewOf(hex(bytes))), { ...PHYSICAL, ...change }))
}

for (const [title, bytes, reason] of [
  ['a link without a name → missing-attribute', `${ETHER} ${MAC}`, 'missing-attribute'],
  [
    'a link named ../../etc → bad-name, for names become paths',
    `${ETHER} 0d00 0300 2e2e2f2e2e2f6574 00 000000`,
    'bad-name',
  ],
  ['a link named .. → bad-name', `${ETHER} 0700 0300 2e2e00 00`, 'bad-name'],
  ['a link without its header → short-message', '00 00 0100 07000000', 'short-message'],
  ['a link with a cut attribute → bad-attribute', `${ETHER} ${NAME} 0a00 0100 0200`, 'bad-attribute'],
] as const) {
  test(title, () => assert.equal(decodeLink(viewOf(hex(bytes))), reason))
}

for (const [title, bytes, expected] of [
  [
    'an IPv4 address',
    '02 18 80 00 04000000  0800 0100 c0a8010d  0800 0200 c0a8010d',
    { ip: '192.168.1.13', bits: 24, linkIndex: 4 },
  ],
  [
    'a point-to-point address is ours, not the peer’s',
    '02 20 80 00 04000000  0800 0100 0a000002  0800 0200 0a000001',
    { ip: '10.0.0.1', bits: 32, linkIndex: 4 },
  ],
  [
    'an IPv6 address',
    '0a 40 82 00 04000000  1400 0100 20010db8000000000000000000000013',
    { ip: '2001:db8::13', bits: 64, linkIndex: 4 },
  ],
  [
    'an IPv4 address of 16 bytes → missing-attribute',
    '02 18 80 00 04000000  1400 0100 20010db8000000000000000000000013',
    'missing-attribute',
  ],
  [
    'an address of another family → missing-attribute',
    '1c 18 80 00 04000000  0800 0100 c0a8010d',
    'missing-attribute',
  ],
] as const) {
  test(title, () => assert.deepEqual(decodeAddress(viewOf(hex(bytes))), expected))
}

const ROUTE = '02 00 00 00 fe 03 00 01 00000000' // rtmsg: IPv4, default, main table, unicast
const OIF_4 = '0800 0400 04000000'
const VIA_1 = '0800 0500 c0a80101'
const METRIC_100 = '0800 0600 64000000'

for (const [title, bytes, expected] of [
  [
    'a default route has one next hop',
    `${ROUTE} ${METRIC_100} ${VIA_1} ${OIF_4}`,
    [{ ip: '192.168.1.1', linkIndex: 4, metric: 100 }],
  ],
  [
    'a default route by two next hops has two',
    `${ROUTE} 2400 0900  1000 00 00 04000000 0800 0500 c0a80101  1000 00 00 02000000 0800 0500 c0a80103`,
    [
      { ip: '192.168.1.1', linkIndex: 4, metric: 0 },
      { ip: '192.168.1.3', linkIndex: 2, metric: 0 },
    ],
  ],
  [
    'a next hop of another family is read (RTA_VIA)',
    `${ROUTE} 1600 1200 0a00 fe800000000000000000000000000002 0000 ${OIF_4}`,
    [{ ip: 'fe80::2', linkIndex: 4, metric: 0 }],
  ],
  ['a default route without a gateway has no next hop', `${ROUTE} ${OIF_4}`, []],
  ['a route to a network is no default route', `02 10 00 00 fe 03 00 01 00000000 ${VIA_1} ${OIF_4}`, []],
  ['an unreachable default route leads nowhere', `02 00 00 00 fe 03 00 07 00000000 ${VIA_1} ${OIF_4}`, []],
  [
    'a next hop longer than its attribute → bad-attribute',
    `${ROUTE} 1400 0900  1400 00 00 04000000 0800 0500 c0a80101`,
    'bad-attribute',
  ],
  [
    'a next hop of length 0 → bad-attribute, not an endless loop',
    `${ROUTE} 0c00 0900  0000 00 00 04000000`,
    'bad-attribute',
  ],
] as const) {
  test(title, () => assert.deepEqual(decodeGateways(viewOf(hex(bytes))), expected))
}

const NEIGHBOUR = (state: string, type = '01') =>
  `02 00 0000 04000000 ${state} 00 ${type}  0800 0100 c0a8013c`
const LLADDR = '0a00 0200 020000000410 0000'

for (const [state, name] of [
  ['0000', 'none'],
  ['0100', 'incomplete'],
  ['0200', 'reachable'],
  ['0400', 'stale'],
  ['0800', 'delay'],
  ['1000', 'probe'],
  ['2000', 'failed'],
  ['4000', 'noarp'],
  ['8000', 'permanent'],
] as const) {
  test(`neighbour state 0x${state} → ${name}`, () => {
    const expected = { ip: '192.168.1.60', linkIndex: 4, mac: '02:00:00:00:04:10', state: name }
    assert.deepEqual(decodeNeighbour(viewOf(hex(`${NEIGHBOUR(state)} ${LLADDR}`))), expected)
  })
}

test('a failed neighbour has no MAC', () => {
  const expected = { ip: '192.168.1.60', linkIndex: 4, mac: null, state: 'failed' }
  assert.deepEqual(decodeNeighbour(viewOf(hex(NEIGHBOUR('2000')))), expected)
})

test('a multicast group is nobody’s neighbour', () => {
  assert.equal(decodeNeighbour(viewOf(hex(`${NEIGHBOUR('4000', '05')} ${LLADDR}`))), null)
})

test('an entry of a bridge’s forwarding table is no neighbour', () => {
  assert.equal(decodeNeighbour(viewOf(hex(`07 00 0000 04000000 0200 00 01 ${LLADDR}`))), null)
})

test('no bytes make a decoder throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      for (const decode of [decodeLink, decodeAddress, decodeGateways, decodeNeighbour]) decode(viewOf(bytes))
    }),
  )
})
