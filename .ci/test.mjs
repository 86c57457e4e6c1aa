// Bundles every test file with esbuild and runs node:test on the bundles (Node 20 neither globs nor strips types).
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { addon, bundling, root } from './build.mjs'

const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('--'))
const out = join(root, 'build/test')
const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
if (existsSync(addon)) symlinkSync(relative(out, addon), join(out, 'arpcheck.node'))
await build({
  ...bundling,
  entryPoints: files.map((name) => ({
    in: join('test', name),
    out: name.replaceAll('/', '__').replace(/\.ts$/, ''),
  })),
  outdir: out,
  sourcemap: 'inline',
  external: [...bundling.external, 'esbuild', 'typescript'],
})
const bundles = files.map((name) => join(out, name.replaceAll('/', '__').replace(/\.ts$/, '.js')))
const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...bundles], {
  cwd: root,
  stdio: 'inherit',
})
process.exit(run.status ?? 1)
