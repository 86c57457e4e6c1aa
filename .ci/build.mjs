// Builds dist/ where its sources changed: the native addon, one bundle per entry point, schemas, vendors; --types
// adds the library's declarations, --static-libpcap links libpcap into the addon (for a release), --force builds all.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as esbuild } from 'esbuild'
import { staticLibpcap } from './libpcap-static.mjs'
import { root } from './root.mjs'
import { bundledPackages, refused, thirdPartyText } from './third-party.mjs'
import { packedVendorList, vendorData, VENDORS_LICENSE } from './vendors.mjs'

export { root }
export const addon = join(root, 'dist/arpcheck.node')
/** What lies beside each bundle. */
export const besideBundles = [addon, join(root, 'dist/vendors.txt.br')]

/** Each bundle and its source. src/arpcheck.ts answers --version before it loads another bundle. */
const ENTRIES = {
  arpcheck: 'src/arpcheck.ts',
  cli: 'src/cli/main.ts',
  daemon: 'src/cli/daemon.ts',
  kubernetes: 'src/kubernetes/main.ts',
  lab: 'src/lab/main.ts',
  yaml: 'src/cli/screens/yaml.ts',
  index: 'src/index.ts',
}

/** Bundles that come with compiled code. */
const CACHED = ['cli', 'kubernetes']

/** A cluster that refuses at once. */
const REFUSED = {
  clusters: [{ name: 'none', cluster: { server: 'https://127.0.0.1:1' } }],
  users: [{ name: 'none', user: { token: 'none' } }],
  contexts: [{ name: 'none', context: { cluster: 'none', user: 'none' } }],
  'current-context': 'none',
}

/** What node-gyp reads beside the headers: here the little that a Node-API addon needs of it. */
const COMMON_GYPI = {
  target_defaults: {
    default_configuration: 'Release',
    configurations: { Release: {} },
    cflags: ['-O3', '-pthread', '-fPIC'],
    ldflags: ['-pthread'],
  },
}

/**
 * Of client-node only the credentials are used. Its config.js also builds clients, over undici and the generated API:
 * four fifths of the bundle, half of its start and 20 MB, for nothing. Using them here would throw.
 */
const clientNodeConfigOnly = {
  name: 'client-node-config-only',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^undici$|^\.\/gen\/index\.js$/ }, ({ importer, path }) =>
      importer.endsWith('@kubernetes/client-node/dist/config.js')
        ? { path, namespace: 'left-out' }
        : undefined,
    )
    onLoad({ filter: /./, namespace: 'left-out' }, () => ({ contents: 'module.exports = {}' }))
  },
}

/** Parts of Node that take some milliseconds to load, and that most starts do not use: loaded at the first call. */
const LATE = ['assert', 'node:crypto', 'node:fs/promises', 'node:zlib']

const lateBuiltins = {
  name: 'late-builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^(?:${LATE.join('|')})$`) }, ({ importer, path, kind }) => {
      const isSource = importer.startsWith(inRoot('src/')) && !importer.startsWith(inRoot('src/lab/'))
      const isOurs = isSource || importer.includes('/node_modules/yargs/')
      return isOurs && kind === 'import-statement' ? { path, namespace: 'late' } : undefined
    })
    onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({
      contents: lateModule(path),
      resolveDir: root,
    }))
  },
}

/** Each function of it, as one that loads it first; a class is made by `new` all the same. */
function lateModule(path) {
  const names = Object.entries(createRequire(import.meta.url)(path)).filter(
    ([, value]) => typeof value === 'function',
  )
  const functions = names.map(
    ([name]) =>
      `export function ${name}(...args) { const it = load().${name}; return new.target ? new it(...args) : it(...args) }`,
  )
  return `let loaded\nconst load = () => (loaded ??= require('${path}'))\n${functions.join('\n')}\n`
}

/** Settings that the product's bundles and the tests' share. */
export const bundling = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // import() of a bundle becomes require, which starts faster than Node's loader of modules
  supported: { 'dynamic-import': false },
  // yargs reads import.meta.url, which CommonJS lacks
  define: { 'import.meta.url': 'importMetaUrl', ARPCHECK_VERSION: JSON.stringify(readVersion()) },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  // docs/decisions/0031: the package sets up ICU at every start
  alias: { 'string-width': './src/cli/width.ts' },
  external: ['cap', 'raw-socket'],
  plugins: [clientNodeConfigOnly, lateBuiltins],
  loader: { '.yaml': 'text', '.node': 'copy' },
  logLevel: 'warning',
}

/** `import()` of another entry point stays a call to its own bundle, so that each is loaded only when needed. */
const separateBundles = {
  name: 'separate-bundles',
  setup({ onResolve }) {
    onResolve({ filter: /\.ts$/ }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined
      const source = resolve(resolveDir, path)
      const entry = Object.keys(ENTRIES).find((name) => join(root, ENTRIES[name]) === source)
      return entry && { path: `./${entry}.js`, external: true }
    })
  },
}

/** Builds what changed; `say` hears in a few words what is being built. */
export async function build(say = () => {}, libpcap = '') {
  const sources = [...filesIn('native'), ...(libpcap === '' ? [] : [join(libpcap, 'lib/libpcap.a')])]
  await whenChanged('addon', sources, [addon], () => {
    say('compiling the addon')
    buildAddon(libpcap)
  })
  const present = Object.fromEntries(
    Object.entries(ENTRIES).filter(([, path]) => existsSync(join(root, path))),
  )
  const beside = [
    'package.json',
    'package-lock.json',
    '.ci/build.mjs',
    '.ci/code-cache.cjs',
    '.ci/third-party.mjs',
  ]
  const inputs = [...filesIn('src'), ...beside.map(inRoot)]
  const outputs = [
    ...Object.keys(present).map((name) => `dist/${name}.js`),
    ...CACHED.filter((name) => name in present).map((name) => `dist/${name}.cache`),
    'dist/man/arpcheck.1',
    'dist/THIRD-PARTY.txt',
    'build/bundled.json',
  ].map(inRoot)
  await whenChanged('bundles', inputs, outputs, () => {
    say('bundling')
    return buildBundles(present)
  })
  const lists = ['dist/vendors.txt.br', 'dist/vendors.LICENSE'].map(inRoot)
  await whenChanged('vendors', [vendorData(), inRoot('.ci/vendors.mjs')], lists, () => {
    say('packing the list of vendors')
    mkdirSync(inRoot('dist'), { recursive: true })
    writeFileSync(lists[0], packedVendorList())
    writeFileSync(lists[1], VENDORS_LICENSE)
  })
}

/**
 * Compiles native/ by node-gyp, with the headers of the running Node, so that nothing is downloaded, against the libpcap
 * in a folder of ours or, where none is given, the machine's own.
 */
function buildAddon(libpcap) {
  if (!existsSync(inRoot('native/binding.gyp'))) return
  const gyp = inRoot('node_modules/node-gyp/bin/node-gyp.js')
  // By the environment, which outranks the flag in node-gyp.
  run(
    process.execPath,
    [gyp, 'rebuild', '-C', 'native', '--loglevel=warn', '--', `-Dlibpcap_prefix=${libpcap}`],
    {
      npm_config_nodedir: nodeDir(),
    },
  )
  mkdirSync(dirname(addon), { recursive: true })
  // A running process may have the old file mapped: a new one takes its place.
  rmSync(addon, { force: true })
  copyFileSync(inRoot('native/build/Release/arpcheck.node'), addon)
}

/** A folder with include/node: the running Node's own, else one made of node-api-headers, all that the addon uses. */
function nodeDir() {
  const prefix = resolve(dirname(process.execPath), '..')
  if (existsSync(join(prefix, 'include/node/node_api.h'))) return prefix
  const made = inRoot('build/nodedir')
  const include = join(made, 'include/node')
  mkdirSync(include, { recursive: true })
  const headers = inRoot('node_modules/node-api-headers/include')
  for (const name of readdirSync(headers)) copyFileSync(join(headers, name), join(include, name))
  writeFileSync(join(include, 'common.gypi'), JSON.stringify(COMMON_GYPI))
  return made
}

async function buildBundles(entryPoints) {
  mkdirSync(inRoot('dist'), { recursive: true })
  const { metafile } = await esbuild({
    ...bundling,
    entryPoints,
    outdir: 'dist',
    minifySyntax: true,
    metafile: true,
    plugins: [...bundling.plugins, separateBundles],
  })
  writeThirdParty(bundledPackages(metafile))
  if (entryPoints.arpcheck) chmodSync(inRoot('dist/arpcheck.js'), 0o755)
  if (entryPoints.cli) buildCaches(CACHED.filter((name) => name in entryPoints))
  if (entryPoints.cli) buildManual()
  for (const schema of filesIn('src').filter((path) => path.endsWith('.schema.json')))
    copyFileSync(schema, inRoot(join('dist', basename(schema))))
}

/** Compiled code for the bundles that people wait for: what is run here is there when they start (src/code-cache.ts). */
function buildCaches(names) {
  for (const name of names) markBundle(name)
  const home = mkdtempSync(join(tmpdir(), 'arpcheck-build-'))
  const kubeconfig = join(home, 'kubeconfig')
  writeFileSync(kubeconfig, JSON.stringify(REFUSED))
  for (const argv of [['--help'], ['--no-kube', '-i', 'lo', '10.0.0.1'], ['--kubeconfig', kubeconfig]]) {
    const command = ['--require', inRoot('.ci/code-cache.cjs'), inRoot('dist/arpcheck.js'), ...argv]
    const { status, stderr } = spawnSync(process.execPath, command, { env: { HOME: home }, encoding: 'utf8' })
    if (status !== 0 && status !== 3) throw new Error(`arpcheck ${argv.join(' ')}: ${stderr}`)
  }
  rmSync(home, { recursive: true })
}

/** A bundle ends with the mark that its cache begins with. At first that is none of its own. */
function markBundle(name) {
  const path = inRoot(`dist/${name}.js`)
  const source = readFileSync(path)
  writeFileSync(path, `${source}//${createHash('sha256').update(source).digest('hex')}`)
  writeFileSync(inRoot(`dist/${name}.cache`), ' '.repeat(64))
}

/** Throws where something is bundled whose licence does not go with ours. */
function writeThirdParty(packages) {
  const wrong = refused(packages)
  if (wrong.length > 0) throw new Error(`bundled, but not to be shipped: ${wrong.join(', ')}`)
  writeFileSync(inRoot('dist/THIRD-PARTY.txt'), thirdPartyText(packages))
  const list = packages.map(({ name, version, license }) => ({ name, version, license }))
  mkdirSync(inRoot('build'), { recursive: true })
  writeFileSync(inRoot('build/bundled.json'), JSON.stringify(list, null, 2))
}

/** The man page is what the program itself prints of its tables. */
function buildManual() {
  const { status, stdout, stderr } = spawnSync(process.execPath, [inRoot('dist/arpcheck.js'), 'man'], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`arpcheck man: ${stderr}`)
  mkdirSync(inRoot('dist/man'), { recursive: true })
  writeFileSync(inRoot('dist/man/arpcheck.1'), stdout)
}

/** The library's declarations, which only those need who ship or check them. */
export function buildTypes() {
  rmSync(inRoot('dist/types'), { recursive: true, force: true })
  if (!existsSync(inRoot(ENTRIES.index))) return
  run(process.execPath, [inRoot('node_modules/typescript/bin/tsc'), '-p', '.ci/tsconfig.types.json'])
}

/** Does `work` unless its inputs are as they were when it last ended well, and its outputs stand. */
async function whenChanged(name, inputs, outputs, work) {
  const stamp = inRoot(`build/${name}.stamp`)
  const state = signature(inputs)
  const asBefore = existsSync(stamp) && readFileSync(stamp, 'utf8') === state
  if (inputs.length === 0 || (asBefore && outputs.every((path) => existsSync(path)))) return
  rmSync(stamp, { force: true })
  await work()
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, state)
}

function signature(paths) {
  const hash = createHash('sha256')
  for (const path of paths) {
    const { mtimeMs, size } = statSync(path)
    hash.update(`${path} ${mtimeMs} ${size}\n`)
  }
  return hash.digest('hex')
}

/** Every file below a folder of the project, in order; none where the folder is missing. native/build is left out. */
function filesIn(folder) {
  if (!existsSync(inRoot(folder))) return []
  return readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.startsWith(inRoot('native/build/')))
    .toSorted()
}

function run(command, args, environment = {}) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${stdout}${stderr}`.trim())
}

function inRoot(path) {
  return join(root, path)
}

function readVersion() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--force'))
    ['build', 'dist'].forEach((folder) => rmSync(inRoot(folder), { recursive: true, force: true }))
  const say = (words) => process.stderr.write(`build: ${words}\n`)
  await build(say, process.argv.includes('--static-libpcap') ? staticLibpcap(say) : '')
  if (process.argv.includes('--types')) buildTypes()
}
