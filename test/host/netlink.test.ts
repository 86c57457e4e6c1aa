import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { bytesOf, viewOf } from '../../src/core/bytes.ts'
import {
  attributesIn,
  dumpRequest,
  GET_LINKS,
  GET_NEIGHBOURS,
  messagesIn,
  readDump,
  text,
  uint32,
} from '../../src/host/netlink.ts'
import { hex } from '../helpers/hex.ts'

// Literals are little-endian, as every machine is that these tests run on.

test('a question for links asks for the whole table and leaves IPv6 counters out', () => {
  assert.deepEqual(
    dumpRequest(GET_LINKS),
    // length 40, RTM_GETLINK, REQUEST|DUMP, ifinfomsg, IFLA_EXT_MASK 8
    hex('28000000 1200 0103 00000000 00000000  00000000 00000000 00000000 00000000  0800 1d00 08000000'),
  )
})

test('a question for neighbours is a bare header', () => {
  const bytes = hex('1c000000 1e00 0103 00000000 00000000  00000000 00000000 00000000')
  assert.deepEqual(dumpRequest(GET_NEIGHBOURS), bytes)
})

const DONE = '14000000 0300 0200 01000000 32220000 00000000'
const NOOP = '10000000 0100 0200 01000000 32220000'

for (const [title, bytes, expected] of [
  ['a table without entries is complete', DONE, { kind: 'complete', messages: [] }],
  [
    'an end without a status is complete',
    '10000000 0300 0200 01000000 32220000',
    { kind: 'complete', messages: [] },
  ],
  [
    'EPERM is refused with its number',
    '14000000 0200 0000 01000000 32220000 ffffffff',
    { kind: 'refused', errno: 1 },
  ],
  [
    'an end with -ENOMEM is refused',
    '14000000 0300 0200 01000000 32220000 f4ffffff',
    { kind: 'refused', errno: 12 },
  ],
  [
    'NLM_F_DUMP_INTR on any message asks again',
    `10000000 0100 1200 01000000 32220000 ${DONE}`,
    { kind: 'again' },
  ],
  ['an answer that stops short is broken: no-end', NOOP, { kind: 'broken', reason: 'no-end' }],
  ['nothing at all is broken: no-end', '', { kind: 'broken', reason: 'no-end' }],
  [
    '15 bytes are broken: short-message',
    '10000000 0100 0200 01000000 322200',
    { kind: 'broken', reason: 'short-message' },
  ],
  [
    'length 15 is broken: bad-length',
    '0f000000 0100 0200 01000000 32220000',
    { kind: 'broken', reason: 'bad-length' },
  ],
  [
    'length 0 is broken: bad-length, not an endless loop',
    '00000000 0100 0200 01000000 32220000',
    { kind: 'broken', reason: 'bad-length' },
  ],
  [
    'a length beyond the buffer is broken: bad-length',
    '11000000 0100 0200 01000000 32220000',
    { kind: 'broken', reason: 'bad-length' },
  ],
] as const) {
  test(title, () => assert.deepEqual(readDump(hex(bytes)), expected))
}

test('messages after a lying one are left alone, those before it are kept', () => {
  const { messages, drop } = messagesIn(hex(`${NOOP} ffffff7f 0100 0200 01000000 32220000`))
  assert.deepEqual([messages.length, drop], [1, 'bad-length'])
})

for (const [title, bytes, reason] of [
  ['an attribute of 3 bytes', '0300 0100 00000000', 'bad-attribute'],
  ['an attribute longer than its message', '0900 0100 00000000', 'bad-attribute'],
  ['half an attribute header', '0800 0100 00000000 0800', 'bad-attribute'],
] as const) {
  test(`${title} → ${reason}`, () => assert.equal(attributesIn(viewOf(hex(bytes)), 0), reason))
}

test('a message shorter than its fixed part → short-message', () => {
  assert.equal(attributesIn(viewOf(hex('00000000')), 8), 'short-message')
})

test('an attribute without padding at the very end is read', () => {
  const attributes = attributesIn(viewOf(hex('0700 0300 6c6f00')), 0)
  assert.ok(typeof attributes !== 'string')
  assert.equal(text(attributes, 3), 'lo')
})

test('the flags of an attribute are no part of its type, and the last of two counts', () => {
  const attributes = attributesIn(viewOf(hex('0800 0480 01000000 0800 0440 02000000')), 0)
  assert.ok(typeof attributes !== 'string')
  assert.equal(uint32(attributes, 4), 2)
  assert.equal(uint32(attributes, 5), undefined)
})

test('a number of two bytes is no number of four', () => {
  const attributes = attributesIn(viewOf(hex('0600 0400 0100 0000')), 0)
  assert.ok(typeof attributes !== 'string')
  assert.equal(uint32(attributes, 4), undefined)
})

test('no bytes make the reader throw or reach beyond the buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 96 }), (bytes) => {
      for (const { body } of messagesIn(bytes).messages) assert.ok(bytesOf(body).length <= bytes.length - 16)
      assert.ok(readDump(bytes).kind !== undefined)
      assert.ok(attributesIn(viewOf(bytes), 0) !== undefined)
    }),
  )
})
