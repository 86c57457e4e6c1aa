import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  filesWith,
  forbiddenImports,
  importsComputed,
  importsOf,
  readsSettings,
  readsWallClock,
  type Rule,
  type Sources,
} from './helpers/arrows.ts'

// The arrows of docs/ARCHITECTURE.md, read from the imports themselves. Not covered: what a package does inside.

/** Imported by anything but core and announcers; they import nothing. */
const LEAVES = ['errors.ts', 'clock.ts']
const EDGES = ['capture', 'host', 'icmp', 'kubernetes', 'memberlist', 'speakers', 'metrics', 'privilege']
/** Those that load something of their own: a part of ours in C++, an optional package, the reader of YAML. */
const LOADERS: Readonly<Record<string, readonly string[]>> = {
  capture: ['addon.ts', 'optional.ts'],
  host: ['addon.ts'],
  icmp: ['optional.ts'],
  privilege: ['addon.ts'],
  metrics: ['strict-yaml.ts'],
}
const WIRINGS = [
  'check.ts',
  'check-looks.ts',
  'check-targets.ts',
  'options.ts',
  'ask.ts',
  'elected.ts',
  'vip-side.ts',
  'cluster-report.ts',
  'judged.ts',
  'speaker-findings.ts',
  'members.ts',
  'speaker-views.ts',
  'speaker-claims.ts',
  'secret-note.ts',
  'live.ts',
  'live-echo.ts',
  'live-cluster.ts',
  'daemon.ts',
  'daemon-watch.ts',
  'daemon-plan.ts',
  'daemon-targets.ts',
  'daemon-cluster.ts',
  'daemon-speakers.ts',
  'daemon-port.ts',
  'daemon-ports.ts',
  'daemon-record.ts',
  'daemon-verdicts.ts',
  'daemon-state.ts',
  'daemon-vip-states.ts',
  'daemon-live.ts',
  'daemon-views.ts',
  'daemon-inquiry.ts',
  'daemon-gathered.ts',
  'daemon-evidence.ts',
  'daemon-attribution.ts',
  'daemon-rows.ts',
  'daemon-asides.ts',
  'daemon-report.ts',
]

/** What programs alone read or write: a list, a file of settings, a log. */
const CLI_HELPERS = ['vendors.ts', 'strict-yaml.ts', 'log.ts']

const RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...LEAVES.map((leaf) => [leaf, { parts: [], outside: [] }] as const),
  ['core', { parts: [], outside: [] }],
  ['announcers', { parts: ['core'], outside: ['node:crypto'] }],
  ...EDGES.map(
    (edge) => [edge, { parts: ['core', ...(LOADERS[edge] ?? []), ...LEAVES], outside: 'any' }] as const,
  ),
  ['addon.ts', { parts: ['errors.ts'], outside: ['node:path'] }],
  ['optional.ts', { parts: ['errors.ts'], outside: [] }],
  ['strict-yaml.ts', { parts: ['core'], outside: ['yaml'] }],
  ['log.ts', { parts: ['core'], outside: ['pino'] }],
  ['vendors.ts', { parts: ['core'], outside: ['node:fs', 'node:path', 'node:zlib'] }],
  ['lab', { parts: ['core', 'announcers', 'capture', ...LEAVES], outside: 'any' }],
  ...WIRINGS.map(
    (file) =>
      [
        file,
        {
          parts: ['core', 'announcers', ...EDGES, ...LEAVES, 'log.ts', ...WIRINGS],
          outside: ['node:crypto'],
        },
      ] as const,
  ),
  [
    'index.ts',
    { parts: ['core', 'announcers', 'check.ts', 'live.ts', 'vendors.ts', ...LEAVES], outside: [] },
  ],
  [
    'cli',
    {
      parts: ['core', 'announcers', ...EDGES, 'lab', ...CLI_HELPERS, ...WIRINGS, ...LEAVES],
      outside: 'any',
    },
  ],
  ['code-cache.ts', { parts: [], outside: ['node:fs', 'node:module', 'node:path', 'node:vm'] }],
  ['arpcheck.ts', { parts: ['cli', 'lab', 'code-cache.ts'], outside: [] }],
])

/** Programs: they know how they were started, and with what to start others. */
function isProgram(path: string): boolean {
  return path === 'src/arpcheck.ts' || path.startsWith('src/cli/') || path.startsWith('src/lab/')
}

const sources = sourcesIn('src')

test('every import follows the arrows', () => assert.deepEqual(forbiddenImports(sources, RULES), []))

test('only the command line and the lab read arguments and environment', () =>
  assert.deepEqual(filesWith(sources, readsSettings, isProgram), []))

test('only src/clock.ts and the lab, which waits for real processes, ask what time it is', () =>
  assert.deepEqual(
    filesWith(sources, readsWallClock, (path) => path === 'src/clock.ts' || path.startsWith('src/lab/')),
    [],
  ))

test('the addon is named in one file, and no other path to load is made up as the program runs', () => {
  assert.deepEqual(
    filesWith(sources, /arpcheck\.node|\bdlopen\b/, () => false),
    ['src/addon.ts'],
  )
  assert.deepEqual(
    filesWith(sources, importsComputed, () => false),
    [],
  )
})

test('docs/ARCHITECTURE.md has a line for every source file, and none for a file that is gone', () => {
  const lines = documented(readFileSync('docs/ARCHITECTURE.md', 'utf8'))
  const files = [...sources.keys(), ...nativeParts()]
  const missing = files.filter((path) => !lines.has(path)).map(lineToAdd)
  const gone = [...lines]
    .filter((path) => !existsSync(path))
    .map((path) => `${path} is gone: remove its line`)
  assert.deepEqual([...missing, ...gone], [])
})

for (const [text, targets] of [
  [`import { a } from './a.ts'`, ['./a.ts']],
  [`import type { A } from "../core/a.ts"`, ['../core/a.ts']],
  [`export * from './a.ts'`, ['./a.ts']],
  [`import {\n  a,\n  type B,\n} from './a.ts'`, ['./a.ts']],
  [`import './effect.ts'`, ['./effect.ts']],
  [`const a = await import('./a.ts')`, ['./a.ts']],
  [`type A = import('./a.ts').A`, ['./a.ts']],
  [`const a = require('node:fs')`, ['node:fs']],
  [`// import { a } from './a.ts'\n/* from './b.ts' */`, []],
] as const) {
  test(`${JSON.stringify(text)} imports ${targets.join() || 'nothing'}`, () =>
    assert.deepEqual(importsOf(text), targets))
}

for (const [path, text, refusal] of [
  ['src/core/a.ts', `import '../clock.ts'`, /core may import nothing else of src, and from outside nothing/],
  ['src/core/a.ts', `import { createHash } from 'node:crypto'`, /must not import node:crypto/],
  ['src/core/a.ts', `import type { Capture } from '../capture/capture.ts'`, /must not import/],
  ['src/core/deep/a.ts', `import '../../host/a.ts'`, /must not import/],
  ['src/announcers/metallb/a.ts', `import '../../errors.ts'`, /announcers may import core, and from outside/],
  ['src/host/a.ts', `import '../capture/a.ts'`, /host may import core, addon\.ts, errors\.ts, clock\.ts/],
  [
    'src/metrics/a.ts',
    `import '../addon.ts'`,
    /metrics may import core, strict-yaml\.ts, errors\.ts, clock\.ts/,
  ],
  ['src/lab/a.ts', `import '../check.ts'`, /must not import/],
  ['src/check.ts', `import './lab/a.ts'`, /must not import/],
  ['src/check.ts', `import './cli/a.ts'`, /must not import/],
  ['src/index.ts', `import './capture/native.ts'`, /must not import/],
  ['src/cli/a.ts', `import '../../test/helpers/a.ts'`, /must not import/],
  ['src/capture/a.ts', `import { env } from 'node:process'`, /must not import/],
  ['src/errors.ts', `import './clock.ts'`, /must not import/],
  ['src/helpers/a.ts', '', /helpers is in no row/],
  ['src/util.ts', '', /util\.ts is in no row/],
] as const) {
  test(`${path} with ${text || 'nothing'} → refused`, () => {
    const [found, ...more] = forbiddenImports(new Map([[path, text]]), RULES)
    assert.match(found ?? 'allowed', refusal)
    assert.deepEqual(more, [])
  })
}

for (const [path, text] of [
  ['src/core/a.ts', `import './b.ts'`],
  ['src/announcers/metallb/election.ts', `import { createHash } from 'node:crypto'`],
  ['src/capture/a.ts', `import { ArpcheckError } from '../errors.ts'\nimport { join } from 'node:path'`],
  ['src/check.ts', `import type { Capture } from './capture/capture.ts'\nimport './ask.ts'`],
  ['src/cli/a.ts', `import '../daemon.ts'\nimport yargs from 'yargs'`],
] as const) {
  test(`${path} with ${JSON.stringify(text)} → allowed`, () =>
    assert.deepEqual(forbiddenImports(new Map([[path, text]]), RULES), []))
}

for (const [pattern, yes, no] of [
  [
    readsSettings,
    ['process.env.HOME', `process['argv']`, 'const { env } = process'],
    ['process.pid', 'a.env'],
  ],
  [readsWallClock, ['new Date()', 'Date()', 'process.hrtime()'], ['new Date(ms)', '// new Date()']],
  [importsComputed, ['import(path)', 'require(`x`)'], [`import('x')`, 'import.meta.url', 'notRequire(x)']],
] as const) {
  test(`${pattern.source} finds ${yes.join(' and ')} but not ${no.join(' or ')}`, () => {
    for (const text of yes)
      assert.equal(filesWith(new Map([['f', text]]), pattern, () => false).length, 1, text)
    for (const text of no)
      assert.equal(filesWith(new Map([['f', text]]), pattern, () => false).length, 0, text)
  })
}

function sourcesIn(folder: string): Sources {
  return new Map(filesIn(folder, /\.ts$/).map((path) => [path, readFileSync(path, 'utf8')]))
}

function filesIn(folder: string, name: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => name.test(path) && !path.startsWith('build/'))
    .map((path) => join(folder, path))
    .toSorted()
}

/** A header beside its .cc file needs no line of its own. */
function nativeParts(): string[] {
  const parts = filesIn('native', /\.(?:cc|h|gyp)$/)
  return parts.filter((path) => !parts.includes(path.replace(/\.h$/, '.cc')) || !path.endsWith('.h'))
}

/** The files that have a row: `| `name` | … |` below a heading that starts with the folder, as in `### `src/core/` …`. */
function documented(text: string): Set<string> {
  const paths = new Set<string>()
  let folder: string | undefined
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) folder = /^#+ `([^`]+\/)`/.exec(line)?.[1]
    const name = /^\| `([^`]+)` \|/.exec(line)?.[1]
    if (folder !== undefined && name !== undefined) paths.add(join(folder, name))
  }
  return paths
}

function lineToAdd(path: string): string {
  const [folder, name] = [path.slice(0, path.lastIndexOf('/') + 1), path.slice(path.lastIndexOf('/') + 1)]
  return `docs/ARCHITECTURE.md: under "### \`${folder}\`" add the line | \`${name}\` | what it is for, in a few words |`
}
