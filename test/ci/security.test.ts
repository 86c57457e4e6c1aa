import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { ATTACKS } from '../helpers/attacks.ts'

// docs/security.md names tests, targets and files: each exists, and none is left out.

const PAGE = readFileSync('docs/security.md', 'utf8')
const part = (heading: string): string => PAGE.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
const rowsOf = (heading: string): string[][] =>
  part(heading)
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('|---'))
    .slice(1)
    .map((line) => line.split('|').map((cell) => cell.trim()))

const IN_MEMORY = readFileSync('test/spoofing.test.ts', 'utf8')
const ON_THE_WIRE = readFileSync('test/capture/spoofing-wire.test.ts', 'utf8')

test('each attack names a test that is there, in memory or over a cable', () => {
  const rows = rowsOf('Spoofing')
  assert.ok(rows.length >= 25)
  for (const [, attack, , tests = ''] of rows) {
    const names = [...tests.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
    assert.ok(names.length > 0, attack)
    const onWire = tests.startsWith('*w*')
    const first = names[0]!
    const inTable = ATTACKS.some(([title]) => title === first)
    assert.ok(inTable || IN_MEMORY.includes(`test('${first}`) || onWire, `no test is called ${first}`)
    if (onWire) assert.ok(ON_THE_WIRE.includes(`'${first}`), `no test over a cable is called ${first}`)
  }
})

test('each attack of the table of tests has its row', () => {
  const named = part('Spoofing')
  assert.deepEqual(
    ATTACKS.map(([title]) => title).filter((title) => !named.includes(`\`${title}\``)),
    [],
  )
})

test('each fuzz target has its row, and each row its target and files that are there', () => {
  const rows = rowsOf('Fuzzing').filter(([, target = '']) => target.startsWith('`'))
  assert.deepEqual(
    rows.map(([, target = '']) => target.replaceAll('`', '')).toSorted(),
    readdirSync('test/fixtures/fuzz').toSorted(),
  )
  const paths = rows.flatMap(([, , decoders = '']) => [...decoders.matchAll(/`((?:src|native)\/[^`*]+)`/g)])
  for (const [, path] of paths) assert.ok(existsSync(path!), `${path} is not there`)
  assert.ok(paths.length >= 16)
})
