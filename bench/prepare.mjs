// Makes build/bench: a bundle of each benchmark, the addon beside it, and the commands of bench/native.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join, relative } from 'node:path'
import { build as esbuild } from 'esbuild'
import { addon, bundling, root } from '../.ci/build.mjs'

export const out = join(root, 'build/bench')

export async function prepare(names) {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  symlinkSync(relative(out, addon), join(out, 'arpcheck.node'))
  const entryPoints = names.map((name) => join(root, 'bench', name))
  const external = [...bundling.external, 'esbuild']
  await esbuild({ ...bundling, external, entryPoints, outdir: out, sourcemap: 'inline' })
  for (const name of readdirSync(join(root, 'bench/native'))) if (name.endsWith('.c')) compile(name)
}

function compile(name) {
  const [from, to] = [join(root, 'bench/native', name), join(out, name.replace(/\.c$/, ''))]
  const flags = ['-O2', '-Wall', '-Wextra', '-D_GNU_SOURCE', '-pthread']
  const { status, stderr, error } = spawnSync('cc', [...flags, '-o', to, from], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${name} cannot be compiled: ${error?.message ?? stderr}`)
}
