import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NicRecord, NodeNic } from '../../src/core/cluster.ts'
import { parseIp, parsePrefix } from '../../src/core/ip.ts'
import { parseMac } from '../../src/core/mac.ts'
import { allowedNics, isOnSegment, nicOfMac, recordOf, segmentsOf } from '../../src/core/nics.ts'

const MAC = '1c:69:7a:aa:02:10'

function nic(name: string, state: NodeNic['state'] = 'up', addresses: string[] = [], mac = MAC): NodeNic {
  return {
    name,
    mac: parseMac(mac)!,
    state,
    addresses: addresses.map((text) => {
      const [address = '', bits] = text.split('/')
      return { ip: parseIp(address)!, bits: Number(bits) }
    }),
  }
}

function record(node: string, ...nics: NodeNic[]): NicRecord {
  return { node, nics, changedAt: null }
}

for (const [what, records, expected] of [
  ['of one NIC', [record('nuc-2', nic('eno1'))], 'nuc-2: eno1'],
  ['of nobody', [record('nuc-2', nic('eno1', 'up', [], '1c:69:7a:aa:09:10'))], undefined],
  [
    'of a bond and its ports: the bond first, which can answer',
    [record('nuc-2', nic('eno1', 'down'), nic('eno2', 'enslaved'), nic('bond0'))],
    'nuc-2: bond0 eno2 eno1',
  ],
  [
    'of two nodes (cloned machines): nobody can tell',
    [record('nuc-2', nic('eno1')), record('nuc-3', nic('eno1'))],
    undefined,
  ],
] as const) {
  test(`a MAC ${what} → ${expected ?? 'no node'}`, () => {
    const owned = nicOfMac(records, parseMac(MAC)!)
    assert.equal(owned && `${owned.node}: ${owned.nics.map(({ name }) => name).join(' ')}`, expected)
  })
}

test('the record of a node → by its name; none where its daemon wrote none', () => {
  const records = [record('nuc-1'), record('nuc-2')]
  assert.equal(recordOf(records, 'nuc-2'), records[1])
  assert.equal(recordOf(records, 'nuc-3'), undefined)
})

test('segments → networks of NICs that are up, each once', () => {
  const told = record(
    'nuc-2',
    nic('eno1', 'up', ['192.168.1.12/24', '192.168.1.99/24', 'fd00::2/64']),
    nic('eno2', 'down', ['10.0.0.2/24']),
    nic('eno3', 'enslaved', ['10.1.0.2/24']),
  )
  assert.deepEqual(
    segmentsOf(told).map(({ base, bits }) => `${base}/${bits}`),
    ['192.168.1.0/24', 'fd00::/64'],
  )
})

for (const [what, address, state, prefix, expected] of [
  ['an address in it', '192.168.1.12/24', 'up', '192.168.1.0/24', true],
  ['an address in it, as a smaller network', '192.168.1.200/25', 'up', '192.168.1.0/24', true],
  ['an address in it, as a larger network', '192.168.7.12/16', 'up', '192.168.1.0/24', true],
  ['an address beside it', '192.168.2.12/24', 'up', '192.168.1.0/24', false],
  ['an address in it on a NIC that is down', '192.168.1.12/24', 'down', '192.168.1.0/24', false],
  ['an address in it on a port of a bond', '192.168.1.12/24', 'enslaved', '192.168.1.0/24', false],
  ['an address of the other family', 'fd00::2/64', 'up', '192.168.1.0/24', false],
] as const) {
  test(`a node with ${what} → ${expected ? 'on' : 'off'} the segment`, () =>
    assert.equal(isOnSegment(record('nuc-2', nic('eno1', state, [address])), parsePrefix(prefix)!), expected))
}

for (const [what, names, expected] of [
  ['none is named', 'all', { usable: ['eno1'], down: [], enslaved: [], absent: [] }],
  ['one that is up', ['eno1'], { usable: ['eno1'], down: [], enslaved: [], absent: [] }],
  ['one that is down', ['eno2'], { usable: [], down: ['eno2'], enslaved: [], absent: [] }],
  ['a port of a bridge', ['eno3'], { usable: [], down: [], enslaved: ['eno3'], absent: [] }],
  ['one that the node has not', ['eth0'], { usable: [], down: [], enslaved: [], absent: ['eth0'] }],
  [
    'one of each kind',
    ['eno1', 'eno2', 'eno3', 'eth0'],
    { usable: ['eno1'], down: ['eno2'], enslaved: ['eno3'], absent: ['eth0'] },
  ],
] as const) {
  test(`NICs that may answer: ${what} → ${JSON.stringify(expected)}`, () => {
    const told = record('nuc-2', nic('eno1'), nic('eno2', 'down'), nic('eno3', 'enslaved'))
    const { usable, ...rest } = allowedNics(told.nics, names)
    assert.deepEqual({ usable: usable.map(({ name }) => name), ...rest }, expected)
  })
}
