import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewaysIn, linkNamesIn, neighboursIn } from '../../src/host/procnet.ts'

test('links are named, whatever their counters', () => {
  const text = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 404608066   24543    0    0    0     0          0         0 404608066   24543    0    0    0     0       0          0
eno1:12345678901   24543    0    0    0     0          0         0 404608066   24543    0    0    0     0       0          0
`
  assert.deepEqual(linkNamesIn(text), ['lo', 'eno1'])
})

const ROUTES = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   \n'

for (const [title, line, expected] of [
  [
    'a default route',
    'eno1\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    [{ ip: '192.168.1.1', interface: 'eno1' }],
  ],
  ['a default route without a gateway', 'ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0', []],
  ['a route to a network', 'eno1\t0001A8C0\t0101A8C0\t0003\t0\t0\t0\t00FFFFFF\t0\t0\t0', []],
  ['half of all addresses', 'tun0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000080\t0\t0\t0', []],
] as const) {
  test(`${title} → ${expected.length} gateways`, () =>
    assert.deepEqual(gatewaysIn(`${ROUTES}${line}\n`), expected))
}

test('of two default routes the one with the smaller metric comes first', () => {
  const lines = [
    'eno1\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
    'eno2\t00000000\t0201A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
  ]
  assert.deepEqual(
    gatewaysIn(`${ROUTES}${lines.join('\n')}\n`).map((gateway) => gateway.interface),
    ['eno2', 'eno1'],
  )
})

const NEIGHBOURS = 'IP address       HW type     Flags       HW address            Mask     Device\n'

for (const [line, mac, state] of [
  [
    '192.168.1.60     0x1         0x2         02:00:00:00:04:10     *        eno1',
    '02:00:00:00:04:10',
    'stale',
  ],
  [
    '192.168.1.60     0x1         0x6         02:00:00:00:04:10     *        eno1',
    '02:00:00:00:04:10',
    'permanent',
  ],
  ['192.168.1.60     0x1         0x0         00:00:00:00:00:00     *        eno1', null, 'incomplete'],
] as const) {
  test(`a neighbour with flags ${line.slice(29, 32)} is ${state}`, () => {
    assert.deepEqual(neighboursIn(`${NEIGHBOURS}${line}\n`), [
      { ip: '192.168.1.60', interface: 'eno1', mac, state },
    ])
  })
}

test('a kernel without these files → nothing', () => {
  assert.deepEqual([linkNamesIn(''), gatewaysIn(''), neighboursIn('')], [[], [], []])
})
