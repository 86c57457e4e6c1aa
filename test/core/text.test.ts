import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyOf, printable, printableJson, quoted } from '../../src/core/text.ts'

for (const [text, shown, why] of [
  ['eno1', 'eno1', 'plain text stays'],
  ['Gemüse · 日本 ✓', 'Gemüse · 日本 ✓', 'letters of any script stay'],
  ['\u001B[2J', '\\x1b[2J', 'an escape sequence'],
  ['a\nb\tc', 'a\\x0ab\\x09c', 'a line break and a tab'],
  ['\u009B31m', '\\x9b31m', 'a C1 control'],
  ['\u007F', '\\x7f', 'delete'],
  ['abc\u202Etxt', 'abc\\u202etxt', 'a right-to-left override'],
  ['a\u200Bb\uFEFF', 'a\\u200bb\\ufeff', 'zero width'],
  ['\u2028', '\\u2028', 'a line separator'],
  ['\u00A0', '\\xa0', 'a no-break space'],
  ['\uD800', '\\ud800', 'half a surrogate pair'],
  ['\u{E0041}', '\\u{e0041}', 'a tag character'],
] as const) {
  test(`${why}: ${JSON.stringify(shown)}`, () => assert.equal(printable(text), shown))
}

test('JSON made printable reads as the same value', () => {
  const value = { name: 'a\u009B\u202E\u{E0041}\u001B\n', fine: 'ü' }
  const text = printableJson(JSON.stringify(value, null, 2))
  assert.deepEqual(JSON.parse(text), value)
  assert.match(text, /^[\n -~ü]*$/)
})

test('a long text is cut where it is quoted', () => {
  assert.equal(quoted('x'.repeat(61)), `"${'x'.repeat(60)}…"`)
  assert.equal(quoted('x'.repeat(60)), `"${'x'.repeat(60)}"`)
})

test('choices are listed as one says them', () => {
  assert.deepEqual(
    [[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map((words) => anyOf(words)),
    ['', 'a', 'a or b', 'a, b or c'],
  )
})
