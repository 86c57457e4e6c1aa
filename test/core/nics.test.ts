import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NicRecord, NodeNic } from '../../src/core/cluster.ts'
import { parseIp } from '../../src/core/ip.ts'
import { parseMac } from '../../src/core/mac.ts'
import { allowedNics, recordOf, segmentsOf } from '../../src/core/nics.ts'

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
