import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

// The package by its own name, as a program that installed it would load it (package.json "exports").
const WHO_HAS = 'ffffffffffff1c697aaa0310080600010800060400011c697aaa0310c0a8010d000000000000c0a8013c'
const USE = `
  const frame = lib.decodeArp(Buffer.from('${WHO_HAS}', 'hex'))
  console.log(typeof lib.check, frame.op, frame.tpa, lib.parseMac('1C-69-7A-AA-03-10'), lib.isFault('silent'))
`

for (const [kind, flags, code] of [
  ['require', [], `const lib = require('arpcheck'); ${USE}`],
  ['import *', ['--input-type=module'], `import * as lib from 'arpcheck'; ${USE}`],
  [
    'import { names }',
    ['--input-type=module'],
    `import { check, decodeArp, parseMac, isFault } from 'arpcheck'; const lib = { check, decodeArp, parseMac, isFault }; ${USE}`,
  ],
] as const) {
  test(`the library loads by ${kind}`, () => {
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, '-e', code], { encoding: 'utf8' })
    assert.equal(stderr, '')
    assert.equal(stdout, 'function who-has 192.168.1.60 1c:69:7a:aa:03:10 true\n')
  })
}

for (const [name, kind] of [
  ['report', 'Report'],
  ['members', 'Members'],
] as const) {
  test(`the schema of the kind ${kind} is part of the package`, () => {
    const code = `console.log(require('arpcheck/${name}.schema.json').properties.kind.const)`
    assert.equal(spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' }).stdout, `${kind}\n`)
  })
}
