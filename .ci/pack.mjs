// Packs the package as it would be published, checks what is in it, installs it in an empty folder and runs it there, on each
// release of Node that it is for: it asks over a cable of its own. Writes the SBOM, and audits what is shipped.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, buildTypes, root } from './build.mjs'
import { nodes } from './nodes.mjs'
import { sbomAndAudit } from './sbom.mjs'

const ALLOWED =
  /^(?:dist\/[\w-]+\.(?:js|cache|node|schema\.json|txt|txt\.br|LICENSE)|dist\/man\/arpcheck\.1|dist\/types\/.+\.d\.ts|README\.md|CHANGELOG\.md|LICENSE|package\.json)$/
const REQUIRED = [
  'README.md',
  'CHANGELOG.md',
  'LICENSE',
  'package.json',
  'dist/arpcheck.js',
  'dist/arpcheck.node',
  'dist/THIRD-PARTY.txt',
  'dist/man/arpcheck.1',
  'dist/vendors.txt.br',
  'dist/vendors.LICENSE',
]
/** Scripts that npm would run on the machine of whoever installs the package; `binding.gyp` would make it run node-gyp. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare']
/** A host of our own, eno1, and a machine at the other end that has the address. */
const CABLE = `
unshare -n sleep 60 & far=$!
until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
ip link add eno1 type veth peer name far0 && ip link set far0 netns $far &&
nsenter -t $far -n sh -c 'ip address add 192.168.1.60/24 dev far0 && ip link set far0 up' &&
ip address add 192.168.1.13/24 dev eno1 && ip link set eno1 up && "$@"`
const ASK = [
  '--no-kube',
  '--verbose',
  '--interval',
  '10ms',
  '--timeout',
  '200ms',
  '-o',
  'json',
  '192.168.1.60',
]

await build()
buildTypes()
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'arpcheck-pack-'))
try {
  const [packed] = JSON.parse(npm(root, 'pack', '--json', '--ignore-scripts', '--pack-destination', folder))
  checkContents(packed)
  checkInstalled(join(folder, packed.filename))
  assert.deepEqual(sbomAndAudit(say), [], 'known against what is shipped')
  say(`${packed.filename}: ${packed.files.length} files, ${packed.unpackedSize} bytes unpacked`)
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
  assert.equal(manifest.gypfile, undefined)
}

function checkInstalled(tarball) {
  const home = join(folder, 'home')
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{ "private": true }')
  npm(home, 'install', '--offline', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', tarball)
  const command = join(home, 'node_modules/.bin/arpcheck')
  assert.equal(run(home, command, '--version').trim(), manifest.version, 'arpcheck --version')
  assert.deepEqual(
    readdirSync(join(home, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['arpcheck'],
  )
  for (const node of nodes()) checkOn(node, home, command)
  if (existsSync(join(root, 'dist/index.js'))) checkLibrary(home)
}

/** Asks in earnest. With --verbose a right that could not be given up on this Node would be told. */
function checkOn({ major, path }, home, command) {
  if (path === null) return say(`node ${major}: not checked (the registry does not give it)`)
  assert.equal(run(home, path, command, '--version').trim(), manifest.version, `--version on Node ${major}`)
  const spaces = process.getuid() === 0 ? '-nmp' : '-Urnmp'
  const words = [
    spaces,
    '--mount-proc',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    CABLE,
    'sh',
    path,
    command,
    ...ASK,
  ]
  const { status, stdout, stderr } = spawnSync('unshare', words, {
    cwd: home,
    encoding: 'utf8',
    timeout: 20_000,
  })
  assert.deepEqual([status, stderr], [0, ''], `a check on Node ${major}: ${stdout}`)
  const [{ verdict, answered }] = JSON.parse(stdout).vips
  assert.deepEqual([verdict, answered.length], ['ok', 1])
  return say(`node ${run(home, path, '--version').trim()}: asked, answered, every right given up`)
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

function say(line) {
  process.stdout.write(`${line}\n`)
}

function npm(cwd, ...args) {
  return run(cwd, 'npm', ...args, '--loglevel=error')
}

function run(cwd, command, ...args) {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}
