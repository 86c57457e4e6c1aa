import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arpSockets, socketInode } from '../../src/host/listeners.ts'

const HEADER = 'sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n'

for (const [title, line, expected] of [
  [
    'bound to 0806 on interface 3, as a speaker is',
    '000000007f1efc5f 3      3    0806   3     1 0      0      19813 ',
    [{ linkIndex: 3, inode: 19813 }],
  ],
  [
    'bound to 0806 on every interface',
    '00000000c06cc658 3      3    0806   0     1 0      0      19815 ',
    [{ linkIndex: 0, inode: 19815 }],
  ],
  [
    'of type SOCK_DGRAM',
    '00000000c06cc658 3      2    0806   2     1 0      1000   19815 ',
    [{ linkIndex: 2, inode: 19815 }],
  ],
  [
    'bound to all EtherTypes hears our own frames and does not count',
    '00000000607662fb 3      2    0003   0     1 0      0      19814 ',
    [],
  ],
  [
    'whose interface is down hears nothing',
    '000000007f1efc5f 2      3    0806   3     0 0      0      19813 ',
    [],
  ],
  [
    'whose interface was deleted hears nothing',
    '000000007f1efc5f 2      3    0806   -1    0 0      0      19813 ',
    [],
  ],
] as const) {
  test(`a packet socket ${title}`, () => {
    assert.deepEqual(arpSockets(`${HEADER}${line}\n`), { sockets: expected, badLines: 0 })
  })
}

test('no packet sockets, no listeners', () =>
  assert.deepEqual(arpSockets(HEADER), { sockets: [], badLines: 0 }))

test('a line of another shape is counted, the others are read', () => {
  const text = `${HEADER}what is this\nc06cc658 3 3 0806 0 1 0 0 7\n`
  assert.deepEqual(arpSockets(text), { sockets: [{ linkIndex: 0, inode: 7 }], badLines: 1 })
})

for (const [link, inode] of [
  ['socket:[19813]', 19813],
  ['/dev/null', undefined],
  ['pipe:[19813]', undefined],
  ['', undefined],
] as const) {
  test(`a descriptor that leads to ${JSON.stringify(link)} → ${inode}`, () =>
    assert.equal(socketInode(link), inode))
}
