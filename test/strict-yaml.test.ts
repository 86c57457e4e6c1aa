import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readYaml } from '../src/strict-yaml.ts'

// The whole of a file of settings: test/cli/daemon/config.test.ts, test/metrics/webconfig.test.ts.

const OPENINGS = ['[', '{a: ', '- ', '? ', '[{', '- ? ']

for (const opening of OPENINGS) {
  // Without the check of depth the process ends here: V8 aborts where it compiles a regular expression as the stack ends.
  test(`${JSON.stringify(opening)} a few times and thousands of times → a mistake, whatever is left of the stack`, () => {
    for (let times = 100; times < 6000; times += 337) {
      const { entries, mistakes } = readYaml(`a: ${times}\nb:\n  ${opening.repeat(times)}&x !!str "\\x41"`)
      assert.deepEqual([entries, mistakes.map(({ message }) => message)], [[], ['It is nested too deep.']])
    }
  })
}

test('lines each indented by one more → a mistake in the line that is too deep', () => {
  const lines = Array.from({ length: 600 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')
  assert.deepEqual(readYaml(lines).mistakes, [{ line: 32, message: 'It is nested too deep.' }])
})

test('eight levels → read', () =>
  assert.deepEqual(readYaml('a: {b: {c: {d: {e: {f: {g: {h: i}}}}}}}').mistakes, []))
