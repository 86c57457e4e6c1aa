import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ArpcheckError } from '../../src/errors.ts'
import { readHostFacts } from '../../src/host/facts.ts'
import type { HostSource } from '../../src/host/source.ts'
import { hex } from '../helpers/hex.ts'

const dumpFixture = (name: string) => readFileSync(`test/fixtures/netlink/${name}.bin`)

const FIXTURE_OF = { 18: 'links', 22: 'addresses', 26: 'routes', 30: 'neighbours' } as const

/** The host of the fixtures, with one ARP listener of ours and one of somebody else. */
function fixtureHost(change: Partial<HostSource> = {}): HostSource {
  return {
    netlinkDump: (request) => dumpFixture(FIXTURE_OF[request[4] as keyof typeof FIXTURE_OF]),
    hostname: () => 'nuc-3',
    packetSockets: () => 'sk …\n0 3 3 0806 4 1 0 0 100\n0 3 3 0806 4 1 0 0 200\n0 3 3 0806 0 1 0 0 300\n',
    ownSockets: () => new Set([100]),
    socketHolders: () => new Map([[200, { pid: 812, name: 'speaker' }]]),
    isWireless: (name) => name === 'mv0',
    ...change,
  }
}

function fails(source: HostSource): ArpcheckError {
  let failure: unknown
  assert.throws(
    () => readHostFacts(source),
    (error) => ((failure = error), true),
  )
  assert.ok(failure instanceof ArpcheckError)
  return failure
}

test('links: flags, masters, parents, kinds, addresses of each', () => {
  const { links, ignored } = readHostFacts(fixtureHost())
  assert.deepEqual(
    links.map(({ name, mac, kind, master, lower, up, carrier }) => [
      name,
      mac,
      kind,
      master,
      lower,
      up,
      carrier,
    ]),
    [
      ['lo', null, null, null, null, true, true],
      ['br0', '02:00:00:00:00:21', 'bridge', null, null, true, true],
      ['p1', '02:00:00:00:00:21', 'veth', 'br0', null, true, true],
      ['eno1', '02:00:00:00:00:11', 'veth', null, null, true, true],
      ['mv0', '02:00:00:00:00:31', 'macvlan', null, 'eno1', false, false],
    ],
  )
  assert.deepEqual(
    links.map(({ loopback, ethernet, arp, wireless, mtu }) => [loopback, ethernet, arp, wireless, mtu]),
    [
      [true, false, true, false, 65536],
      [false, true, true, false, 1500],
      [false, true, true, false, 1500],
      [false, true, true, false, 1500],
      [false, true, true, true, 1500],
    ],
  )
  assert.deepEqual(links[3]!.addresses, [
    { ip: '192.168.1.13', bits: 24 },
    { ip: '2001:db8::13', bits: 64 },
    { ip: 'fe80::ff:fe00:11', bits: 64 },
  ])
  assert.deepEqual(ignored, {})
})

test('gateways: of all tables, the preferred one first, each once', () => {
  assert.deepEqual(readHostFacts(fixtureHost()).gateways, [
    { ip: '192.168.1.1', interface: 'eno1' },
    { ip: '192.168.1.3', interface: 'br0' },
    { ip: '192.168.1.2', interface: 'br0' },
    { ip: 'fe80::1', interface: 'eno1' },
  ])
})

test('neighbours: with their states, without groups', () => {
  const { neighbours } = readHostFacts(fixtureHost())
  assert.deepEqual(neighbours.map((entry) => `${entry.ip} ${entry.mac} ${entry.state}`).sort(), [
    '192.168.1.60 02:00:00:00:04:10 reachable',
    '192.168.1.61 02:00:00:00:04:11 stale',
    '192.168.1.62 null failed',
    '192.168.1.63 02:00:00:00:04:13 permanent',
  ])
})

test('ARP listeners: those of others, by interface or on all', () => {
  assert.deepEqual(readHostFacts(fixtureHost()).arpListeners, [
    { interface: 'eno1', inode: 200, process: { pid: 812, name: 'speaker' } },
    { interface: null, inode: 300, process: null },
  ])
})

test('without other listeners nobody looks through the processes', () => {
  const source = fixtureHost({
    packetSockets: () => 'sk …\n0 3 3 0806 4 1 0 0 100\n',
    socketHolders: () => assert.fail('it looked'),
  })
  assert.deepEqual(readHostFacts(source).arpListeners, [])
})

test('a listener on a link that just went away is on no interface, not on all', () => {
  const source = fixtureHost({ packetSockets: () => 'sk …\n0 3 3 0806 99 1 0 0 200\n' })
  assert.deepEqual(readHostFacts(source).arpListeners, [])
})

test('what cannot be read is counted by reason, the rest stands', () => {
  const nameless = hex('20000000 1000 0200 00000000 00000000  00000100 09000000 43100100 00000000')
  const source = fixtureHost({
    netlinkDump: (request) =>
      request[4] === 18
        ? new Uint8Array([...nameless, ...dumpFixture('links')])
        : fixtureHost().netlinkDump(request),
    packetSockets: () => 'sk …\nodd\n',
  })
  const { links, ignored } = readHostFacts(source)
  assert.deepEqual([links.length, ignored], [5, { 'missing-attribute': 1, 'bad-packet-line': 1 }])
})

const INTERRUPTED = hex('14000000 0300 1200 00000000 00000000 00000000')

test('a table that changes while it is read is read again', () => {
  let asked = 0
  const source = fixtureHost({
    netlinkDump: (request) => (asked++ < 4 ? INTERRUPTED : fixtureHost().netlinkDump(request)),
  })
  assert.equal(readHostFacts(source).links.length, 5)
})

for (const [title, netlinkDump, message] of [
  ['a table that never holds still', () => INTERRUPTED, /changed during each of 5 readings/],
  ['a refusal', () => hex('14000000 0200 0000 00000000 00000000 ffffffff'), /refused \(errno 1\)/],
  ['an answer cut short', () => new Uint8Array(), /damaged \(no-end\)/],
  [
    'a call that throws',
    () => assert.fail('netlink socket: Operation not permitted'),
    /socket: Operation not permitted/,
  ],
] as const) {
  test(`${title} → host-unreadable`, () => {
    const error = fails(fixtureHost({ netlinkDump }))
    assert.equal(error.code, 'host-unreadable')
    assert.match(error.message, message)
  })
}

test('/proc out of reach → host-unreadable', () => {
  const packetSockets = () => assert.fail('ENOENT: no such file or directory, open /proc/net/packet')
  const { code, message } = fails(fixtureHost({ packetSockets }))
  assert.equal(code, 'host-unreadable')
  assert.match(message, /open \/proc\/net\/packet/)
})
