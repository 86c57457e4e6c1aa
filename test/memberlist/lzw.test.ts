import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { packLzw, packLzwBomb } from '../../src/lab/memberlist-peer/lzw.ts'
import { expandLzw } from '../../src/memberlist/lzw.ts'
import { bytes, fixture, hex } from './recorded.ts'

const MIB = 2 ** 20

const pairs = fixture('lzw-pairs.json') as { readonly cases: readonly { plain: string; packed: string }[] }

for (const { plain, packed } of pairs.cases) {
  const title = `${plain.length / 2} bytes (${plain.slice(0, 16)}…)`
  test(`${title} as Go packed them → the same bytes`, () =>
    assert.equal(hex(expand(bytes(packed), MIB)), plain))
  test(`${title} packed by the lab's writer → byte for byte what Go wrote`, () =>
    assert.equal(hex(packLzw(bytes(plain))), packed))
  test(`${title} without the end code → bad-compression`, () =>
    assert.equal(expandLzw(bytes(packed).subarray(0, -2), MIB), 'bad-compression'))
}

test('any bytes, packed and expanded → the same bytes', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20_000 }), (plain) => {
      assert.deepEqual(Buffer.from(expand(packLzw(plain), MIB)), Buffer.from(plain))
    }),
    { numRuns: 200 },
  ))

test('repetitive bytes that fill the table several times → the same bytes', () => {
  const plain = Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) >> 7)
  assert.deepEqual(Buffer.from(expand(packLzw(plain), MIB)), Buffer.from(plain))
})

test('a full table is used on without a clear code → as GIF has it', () => {
  const plain = expand(packLzwBomb(40 * MIB), 41 * MIB)
  assert.ok(plain.length >= 40 * MIB)
  assert.ok(plain.every((byte) => byte === 0))
})

test('41 MiB in 24 KiB, more than a thousand for one → expands-too-far at a limit of 40 MiB', () => {
  const packed = packLzwBomb(41 * MIB)
  assert.ok(packed.length < 24 * 1024)
  assert.equal(expandLzw(packed, 40 * MIB), 'expands-too-far')
})

test('exactly the limit → expanded; one byte less → expands-too-far', () => {
  const packed = packLzw(Buffer.alloc(1000, 'ab'))
  assert.equal(expand(packed, 1000).length, 1000)
  assert.equal(expandLzw(packed, 999), 'expands-too-far')
})

for (const [what, packed] of [
  ['nothing', ''],
  ['half a code', '00'],
  ['a code that is not in the table yet', '00830804'], // clear, 'A', then 258 + 3
] as const) {
  test(`${what} → bad-compression`, () => assert.equal(expandLzw(bytes(packed), MIB), 'bad-compression'))
}

test('any bytes → expanded within the limit, or a reason; never thrown', () =>
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 4096 }), (packed) => {
      const expanded = expandLzw(packed, 100_000)
      assert.ok(typeof expanded === 'string' || expanded.length <= 100_000)
    }),
    { numRuns: 2000 },
  ))

function expand(packed: Uint8Array, limit: number): Uint8Array {
  const expanded = expandLzw(packed, limit)
  if (typeof expanded === 'string') throw new Error(expanded)
  return expanded
}
