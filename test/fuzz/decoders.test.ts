import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { seededRandom } from '../../src/core/random.ts'
import { ownFolder } from '../helpers/folder.ts'
import { mutatedJson } from './mutate-json.ts'
import { mutated } from './mutate.ts'
import { runInput, type Target } from './target.ts'
import { TARGETS } from './targets.ts'

// Every decoder of bytes from outside: its kept corpus, and what holds for any bytes. Long: npm run soak -- fuzz.

const CORPUS = 'test/fixtures/fuzz'
const NATIVE = { 'native-ring': ['frame_ring', 'repeats'], 'native-netlink': ['link_watch', 'netlink'] }
const corpusOf = (name: string): string[] =>
  readdirSync(join(CORPUS, name)).map((file) => join(CORPUS, name, file))

for (const target of TARGETS) {
  suite(target.name, () => {
    test('what it has ever failed on, and the odd and lawful inputs beside it → no crash', async () => {
      const kept = corpusOf(target.name).map((path) => readFileSync(path))
      assert.ok(kept.length >= 2)
      for (const input of [...target.seeds(), ...kept])
        assert.equal(typeof (await runInput(target, input)), 'string')
    })

    test('any bytes → no crash', () =>
      fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), holdsFor(target)), { numRuns: 40 }))

    test('any words of its format, in any order → no crash', () => {
      const words = fc.array(fc.constantFrom(...target.tokens), { maxLength: 40 })
      const input = words.map((some) => Buffer.from(some.join(''), 'latin1'))
      return fc.assert(fc.asyncProperty(input, holdsFor(target)), { numRuns: 40 })
    })

    test('any changes of a lawful input → no crash', () => {
      const seeds = target.seeds().filter(({ length }) => length < 20_000)
      const input = fc.tuple(fc.constantFrom(...seeds), fc.nat()).map(([seed, number]) => {
        const random = seededRandom(number)
        const other = seeds[number % seeds.length]!
        const json = target.json && number % 2 === 0 ? mutatedJson(seed, random) : undefined
        return json ?? mutated(seed, { random, other, tokens: target.tokens })
      })
      return fc.assert(fc.asyncProperty(input, holdsFor(target)), { numRuns: 40 })
    })
  })
}

function holdsFor(target: Target): (bytes: Uint8Array) => Promise<void> {
  return async (bytes) => void (await runInput(target, bytes))
}

test('every target has a corpus, and every corpus a target', () => {
  const names = [...TARGETS.map(({ name }) => name), ...Object.keys(NATIVE)]
  assert.deepEqual(readdirSync(CORPUS).toSorted(), names.toSorted())
})

test('every file of a corpus has its line in the list of fixtures', () => {
  const list = readFileSync('test/fixtures/README.md', 'utf8')
  const paths = readdirSync(CORPUS).flatMap(corpusOf)
  assert.deepEqual(
    paths.map((path) => path.slice('test/fixtures/'.length)).filter((path) => !list.includes(`| ${path} |`)),
    [],
  )
})

for (const [name, sources] of Object.entries(NATIVE)) {
  test(`${name}: its corpus, under the address and undefined-behaviour sanitizers → no report`, (t) => {
    const program = join(ownFolder(), name)
    const main = `test/fuzz/native/${name === 'native-ring' ? 'frame_ring' : 'netlink'}.cc`
    const files = [
      main,
      'test/fuzz/native/replay.cc',
      ...sources.map((source) => `native/${source}.cc`).filter((path) => existsSync(path)),
    ]
    const flags = ['-std=c++17', '-O1', '-g', '-D_GNU_SOURCE', '-Inative', '-fsanitize=address,undefined']
    const args = [...flags, '-fno-sanitize-recover=all', ...files, '-o', program, '-lpthread']
    const built = spawnSync('g++', args, { encoding: 'utf8' })
    if (built.error) return t.skip('needs g++: apt-get install g++')
    assert.equal(built.status, 0, built.stderr)
    const paths = corpusOf(name)
    const { stdout, stderr } = spawnSync(program, paths, { encoding: 'utf8', timeout: 60_000 })
    assert.deepEqual([stdout, stderr], [`${paths.length} inputs\n`, ''])
  })
}
