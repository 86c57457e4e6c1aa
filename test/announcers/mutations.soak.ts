import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { build, type Plugin } from 'esbuild'
import { ownFolder } from '../helpers/folder.ts'
import { MUTATIONS, type Mutation } from './mutations.ts'

// Breaks one rule after the other and shows that a test of this folder fails: a test that never fails proves nothing.
const TABLES = ['vectors', 'filters', 'announcing', 'rules', 'configuration', 'expect']
const scratch = ownFolder()

test('without a mutation the tests pass', async () => {
  assert.equal(await fails(TABLES, null), false)
  assert.equal(await fails(['metallb'], null), false)
})

for (const mutation of MUTATIONS) {
  test(`broken: ${mutation.breaks} (${mutation.file}) → a test fails`, async (t) => {
    if (await fails(TABLES, mutation)) return
    t.diagnostic('no table has noticed')
    assert.equal(await fails(['metallb'], mutation), true)
  })
}

/** Whether any of these test files fails with the mutation in place. */
async function fails(names: readonly string[], mutation: Mutation | null): Promise<boolean> {
  const outfile = join(scratch, 'mutant.js')
  await build({
    stdin: {
      contents: names.map((name) => `import './${name}.test.ts'`).join('\n'),
      resolveDir: 'test/announcers',
    },
    bundle: true,
    platform: 'node',
    target: 'node20',
    outfile,
    logLevel: 'silent',
    plugins: mutation ? [mutating(mutation)] : [],
  })
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const { status } = spawnSync(process.execPath, [outfile], { env, stdio: 'ignore', timeout: 120_000 })
  return status !== 0
}

function mutating({ file, from, to }: Mutation): Plugin {
  const path = resolve(file.startsWith('core/') ? `src/${file}` : `src/announcers/metallb/${file}`)
  const text = readFileSync(path, 'utf8')
  assert.equal(text.split(from).length, 2, `${file} has ${JSON.stringify(from)} not once`)
  return {
    name: 'mutation',
    setup: (bundler) => {
      bundler.onLoad({ filter: /\.ts$/ }, (loaded) =>
        loaded.path === path ? { contents: text.replace(from, () => to), loader: 'ts' } : undefined,
      )
    },
  }
}
