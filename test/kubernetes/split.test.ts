import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { ItemSplitter } from '../../src/kubernetes/items.ts'
import { LineSplitter } from '../../src/kubernetes/lines.ts'

// Streams cut into lines and lists into items, however their bytes arrive.

const MANY = 1 << 20

/** The bytes in chunks whose lengths are taken from `sizes`, again and again. */
function chunks(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const cut: Buffer[] = []
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const end = start + sizes[i % sizes.length]!
    cut.push(bytes.subarray(start, end))
    start = end
  }
  return cut
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })

test('lines → the same, whatever the chunks; U+2028 does not end one', () => {
  const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', '') + '\u2028')
  fc.assert(
    fc.property(fc.array(line), sizes, (lines, cuts) => {
      const splitter = new LineSplitter(MANY)
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''))
      const out = chunks(bytes, cuts).flatMap((chunk) => splitter.take(chunk) ?? assert.fail('too long'))
      assert.deepEqual(
        out.map((buffer) => buffer.toString()),
        lines,
      )
      assert.equal(splitter.rest, 0)
    }),
  )
})

test('a line of more bytes than allowed → null, before it is whole', () => {
  const splitter = new LineSplitter(10)
  assert.deepEqual(splitter.take(Buffer.from('short\n12345')), [Buffer.from('short')])
  assert.equal(splitter.take(Buffer.from('678901')), null)
})

const json = fc.jsonValue({ maxDepth: 3 })

test('any list of objects → its items and its envelope, whatever the chunks and the spaces', () => {
  const list = fc.record({
    items: fc.array(fc.dictionary(fc.string(), json)),
    metadata: fc.record({ resourceVersion: fc.string(), items: json, continue: fc.string() }),
    extra: json,
  })
  fc.assert(
    fc.property(
      list,
      sizes,
      fc.constantFrom(undefined, 1),
      fc.boolean(),
      (value, cuts, indent, itemsFirst) => {
        const { items, ...rest } = value
        const whole = itemsFirst ? { items, ...rest } : { ...rest, items }
        const splitter = new ItemSplitter(MANY)
        const bytes = Buffer.from(JSON.stringify(whole, null, indent))
        const out = chunks(bytes, cuts).flatMap((chunk) => splitter.take(chunk) ?? assert.fail('too long'))
        assert.deepEqual(
          out.map((buffer) => JSON.parse(buffer.toString()) as unknown),
          JSON.parse(JSON.stringify(items)),
        )
        assert.deepEqual(
          JSON.parse(splitter.envelope() ?? ''),
          JSON.parse(JSON.stringify({ ...whole, items: [] })),
        )
      },
    ),
  )
})

test('a list that is cut off → no envelope', () => {
  const whole = '{"kind":"List","items":[{"a":"}]"},{"b":1}],"metadata":{}}'
  for (let length = 0; length < whole.length; length++) {
    const splitter = new ItemSplitter(MANY)
    splitter.take(Buffer.from(whole.slice(0, length)))
    assert.equal(splitter.envelope(), null, whole.slice(0, length))
  }
})

test('an item or an envelope of more bytes than allowed → null', () => {
  assert.equal(new ItemSplitter(10).take(Buffer.from(`{"items":[{"a":"${'x'.repeat(20)}"}]}`)), null)
  assert.equal(new ItemSplitter(10).take(Buffer.from(`{"kind":"${'x'.repeat(20)}"`)), null)
})

test('`items` inside of something else → not taken for the list', () => {
  const splitter = new ItemSplitter(MANY)
  assert.deepEqual(splitter.take(Buffer.from('{"metadata":{"items":[{"a":1}]},"x":["items",[{}]]}')), [])
  assert.notEqual(splitter.envelope(), null)
})

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (parts) => {
      const splitter = new ItemSplitter(MANY)
      for (const part of parts) splitter.take(Buffer.from(part))
      splitter.envelope()
    }),
  )
})

test('millions of brackets where a key should be → read through once', () => {
  const splitter = new ItemSplitter(MANY)
  assert.deepEqual(splitter.take(Buffer.from('{')), [])
  for (let i = 0; i < 64; i++) assert.deepEqual(splitter.take(Buffer.from('[]'.repeat(1 << 12))), [])
  assert.equal(splitter.take(Buffer.alloc(MANY, '[]')), null)
})

test('the key of the items is known wherever it is cut', () => {
  const list = Buffer.from(`{"metadata":{},"items"  :  [{"a":1}]}`)
  for (let cut = 1; cut < list.length; cut++) {
    const splitter = new ItemSplitter(MANY)
    const items = [list.subarray(0, cut), list.subarray(cut)].flatMap((chunk) => splitter.take(chunk) ?? [])
    assert.deepEqual(items.map(String), ['{"a":1}'])
  }
})

test('a line that comes byte by byte → no more memory than a few times its length', () => {
  const splitter = new LineSplitter(8 * MANY)
  const collect = collector()
  collect()
  const before = process.memoryUsage()
  const byte = Buffer.from('x')
  for (let i = 0; i < MANY; i++) splitter.take(byte)
  collect()
  const after = process.memoryUsage()
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
  assert.ok(grown < 8 * MANY, `${grown} bytes`)
  assert.equal(splitter.take(Buffer.from('\n'))?.[0]?.length, MANY)
})

function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
