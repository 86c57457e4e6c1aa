import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

interface Package {
  readonly name: string
  readonly version: string
  readonly license: string
}
const bundled = JSON.parse(readFileSync('build/bundled.json', 'utf8')) as Package[]
const text = readFileSync('dist/THIRD-PARTY.txt', 'utf8')
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { version?: string }>
}

/** What a function of .ci/third-party.mjs gives: in a process of its own, where it finds the project's folder. */
function thirdParty(name: string, argument: unknown): unknown {
  const script = `import * as all from './.ci/third-party.mjs'; console.log(JSON.stringify(all[process.argv[1]](JSON.parse(process.argv[2]))))`
  const words = ['--input-type=module', '-e', script, name, JSON.stringify(argument)]
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' }))
}

test('each bundled package, of the version that is locked, has its licence in THIRD-PARTY.txt', () => {
  assert.ok(bundled.length > 20)
  for (const { name, version, license } of bundled) {
    assert.ok(text.includes(`\n${name} ${version} (${license})\n`), name)
    assert.ok(
      Object.entries(lock.packages).some(
        ([path, entry]) => path.endsWith(`node_modules/${name}`) && entry.version === version,
      ),
      name,
    )
  }
})

test('the bundles name no package of node_modules that the list lacks', () => {
  const named = ['cli', 'daemon', 'kubernetes', 'index', 'lab', 'yaml', 'arpcheck'].flatMap((bundle) =>
    [
      ...readFileSync(`dist/${bundle}.js`, 'utf8').matchAll(
        /^\/\/ node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//gm,
      ),
    ].map(([, name]) => name!),
  )
  assert.ok(named.length > 20)
  assert.deepEqual(
    [...new Set(named)].filter((name) => !bundled.some((one) => one.name === name)),
    [],
  )
})

test('what is bundled is under licences that go with Apache-2.0', () =>
  assert.deepEqual(thirdParty('refused', bundled), []))

test('copyleft, unknown and special licences → refused', () => {
  const licences = [
    'GPL-3.0',
    'AGPL-3.0-only',
    'LGPL-2.1',
    'SSPL-1.0',
    'MPL-2.0',
    'UNLICENSED',
    'SEE LICENSE IN LICENSE',
    'unknown',
  ]
  const packages = licences.map((license) => ({ name: 'a', version: '1.0.0', license }))
  assert.deepEqual(
    thirdParty('refused', [...bundled, ...packages]),
    licences.map((license) => `a@1.0.0: ${license}`),
  )
})

test('a package that offers GPL beside a permissive licence → the permissive one', () => {
  const inputs = { 'node_modules/node-forge/lib/index.js': {}, 'src/a.ts': {} }
  const [forge, ...more] = thirdParty('bundledPackages', { inputs }) as (Package & { texts: string[] })[]
  assert.deepEqual([forge!.license, more], ['BSD-3-Clause', []])
  assert.match(forge!.texts.join('\n'), /New BSD License/)
})
