import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

interface Entry {
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}
type Packages = Readonly<Record<string, Entry>>

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  lockfileVersion: number
  packages: Packages
}
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Readonly<
  Record<string, Record<string, string>>
>

/** What is not a version of a registry's, under a hash: fetched from elsewhere, or not the same tomorrow. */
function unpinned(packages: Packages): string[] {
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .filter(
      ([, { version = '', resolved, integrity = '', link }]) =>
        link === true ||
        !/^\d+\.\d+\.\d+/.test(version) ||
        !/^sha512-[\w+/]{86}==$/.test(integrity) ||
        (resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/')),
    )
    .map(([path]) => path)
}

/** Ranges that name a place instead of a version. */
function places(ranges: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(ranges).flatMap(([name, range]) =>
    /^[\^~]?\d[\d.]*$/.test(range) ? [] : [`${name}: ${range}`],
  )
}

test('every package of the lock file is one version of the registry, under a SHA-512', () => {
  assert.equal(lock.lockfileVersion, 3)
  assert.ok(Object.keys(lock.packages).length > 50)
  assert.deepEqual(unpinned(lock.packages), [])
})

test('package.json asks for versions alone: no git, no file, no address', () => {
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies', 'overrides']
  assert.deepEqual(
    kinds.flatMap((kind) => places(manifest[kind])),
    [],
  )
})

test('whoever installs arpcheck installs nothing else but what is optional', () => {
  assert.equal(manifest['dependencies'], undefined)
  assert.deepEqual(Object.keys(manifest['optionalDependencies']!).toSorted(), ['cap', 'raw-socket'])
})

const good = { version: '1.0.0', integrity: `sha512-${'a'.repeat(86)}==` }
for (const [title, entry] of [
  ['no hash', { version: '1.0.0' }],
  ['a weaker hash', { ...good, integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }],
  ['a git address', { ...good, resolved: 'git+ssh://git@github.com/a/b.git#0123' }],
  ['plain HTTP', { ...good, resolved: 'http://registry.npmjs.org/a/-/a-1.0.0.tgz' }],
  ['another host', { ...good, resolved: 'https://registry.example.org/a/-/a-1.0.0.tgz' }],
  ['a folder of this machine', { ...good, link: true }],
] as const)
  test(`a lock file with ${title} → refused`, () =>
    assert.deepEqual(unpinned({ '': {}, 'node_modules/a': entry, 'node_modules/b': good }), [
      'node_modules/a',
    ]))

for (const range of [
  'github:a/b',
  'git+https://a/b.git',
  'file:../a',
  'https://a/b.tgz',
  'latest',
  '*',
  'npm:b@1',
])
  test(`a package.json with ${range} → refused`, () =>
    assert.deepEqual(places({ a: range }), [`a: ${range}`]))
