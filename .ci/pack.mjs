// Packs the package as it would be published, checks what is in it, installs it in an empty folder and runs it there.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, buildTypes, root } from './build.mjs'

const ALLOWED = /^(?:dist\/.+|README\.md|CHANGELOG\.md|LICENSE|package\.json)$/
const REQUIRED = [
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'package.json',
  'dist/man/arpcheck.1',
  'dist/vendors.txt.br',
  'dist/vendors.LICENSE',
]
/** Scripts that npm would run on the machine of whoever installs the package. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall']

await build()
buildTypes()
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'arpcheck-pack-'))
try {
  const [packed] = JSON.parse(npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder))
  checkContents(packed)
  checkInstalled(join(folder, packed.filename))
  process.stdout.write(
    `${packed.filename}: ${packed.files.length} files, ${packed.unpackedSize} bytes unpacked\n`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function checkContents({ files }) {
  const paths = files.map(({ path }) => path)
  assert.deepEqual(
    paths.filter((path) => !ALLOWED.test(path)),
    [],
    'files that the package should not ship',
  )
  assert.deepEqual(
    REQUIRED.filter((path) => !paths.includes(path)),
    [],
    'files that the package should ship',
  )
  assert.deepEqual(
    INSTALL_SCRIPTS.filter((name) => name in manifest.scripts),
    [],
    'scripts that run on install',
  )
}

function checkInstalled(tarball) {
  const home = join(folder, 'home')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{ "private": true }')
  npm(home, 'install', '--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', tarball)
  const command = join(home, 'node_modules/.bin/arpcheck')
  if (existsSync(join(root, 'dist/arpcheck.js')))
    assert.equal(run(home, command, '--version').trim(), manifest.version, 'arpcheck --version')
  if (existsSync(join(root, 'dist/index.js'))) checkLibrary(home)
}

/** The library loads, and its declarations type-check in a project that knows nothing of ours. */
function checkLibrary(home) {
  const source = `import * as arpcheck from 'arpcheck'\nexport const names: string[] = Object.keys(arpcheck)\n`
  writeFileSync(
    join(home, 'use.mts'),
    `${source}if (names.length === 0) throw new Error('arpcheck exports nothing')\n`,
  )
  const options = [
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--strict',
    '--types',
    '--outDir',
    'out',
    'use.mts',
  ]
  run(home, process.execPath, join(root, 'node_modules/typescript/bin/tsc'), ...options)
  run(home, process.execPath, 'out/use.mjs')
}

function npm(cwd, ...args) {
  return run(cwd, 'npm', ...args, '--loglevel=error')
}

function run(cwd, command, ...args) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}
