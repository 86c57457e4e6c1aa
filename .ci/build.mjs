// Builds dist/: the native addon, one bundle per entry point, the report schema.
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, statSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')
export const addon = join(root, 'dist/arpcheck.node')

/** Settings that the product's bundles and the tests' share. */
export const bundling = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // yargs reads import.meta.url, which CommonJS lacks
  define: { 'import.meta.url': 'importMetaUrl', ARPCHECK_VERSION: JSON.stringify(readVersion()) },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  external: ['cap', 'raw-socket'],
  loader: { '.yaml': 'text', '.node': 'copy' },
  logLevel: 'warning',
}

/** Compiles native/ with the headers of the running Node, so that nothing is downloaded, and copies the addon to dist/. */
export function buildAddon() {
  const sources = readdirSync(join(root, 'native')).filter((name) => /\.(cc|h|gyp)$/.test(name))
  if (sources.length === 0) return
  const newest = Math.max(...sources.map((name) => statSync(join(root, 'native', name)).mtimeMs))
  if (existsSync(addon) && statSync(addon).mtimeMs > newest) return
  const nodedir = join(dirname(process.execPath), '..')
  execFileSync(
    join(root, 'node_modules/.bin/node-gyp'),
    ['rebuild', '-C', 'native', `--nodedir=${nodedir}`, '--loglevel=warn'],
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  mkdirSync(dirname(addon), { recursive: true })
  copyFileSync(join(root, 'native/build/Release/arpcheck.node'), addon)
}

/** Bundles the entry points that exist. */
export async function buildBundles() {
  const entries = {
    arpcheck: 'src/arpcheck.ts',
    cli: 'src/cli/main.ts',
    lab: 'src/lab/main.ts',
    index: 'src/index.ts',
  }
  const present = Object.entries(entries).filter(([, path]) => existsSync(join(root, path)))
  await build({ ...bundling, entryPoints: Object.fromEntries(present), outdir: 'dist', minifySyntax: true })
  if (existsSync(join(root, 'dist/arpcheck.js'))) chmodSync(join(root, 'dist/arpcheck.js'), 0o755)
}

function readVersion() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  buildAddon()
  await buildBundles()
}
