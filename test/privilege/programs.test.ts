import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

// Where the program starts others. docs/security.md says with what; the lab, which is no part of a check, is not meant.

const STARTS = /node:child_process|node:cluster|node:worker_threads|\b(?:spawn|exec|execFile|fork)(?:Sync)?\(/
const SHELL = /\bshell\s*:|\bexec(?:Sync)?\(\s*[`'"]|['"]-c['"]/
const ALLOWED = ['src/cli/man.ts', 'src/kubernetes/execplugin.ts']

function sources(): [path: string, text: string][] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('lab/'))
    .map((path) => [join('src', path), readFileSync(join('src', path), 'utf8')])
}

/** Code alone: a pattern's own exec is no program. */
function startsPrograms(text: string): boolean {
  return STARTS.test(text.replaceAll(/\/\/.*|\/\*[\s\S]*?\*\//g, '').replaceAll(/[\w)/\]]\.exec\(/g, ''))
}

test('two places start a program: the reader of the man page, and the plugin that a kubeconfig names', () => {
  const found = sources().filter(([, text]) => startsPrograms(text))
  assert.deepEqual(found.map(([path]) => path).toSorted(), ALLOWED)
})

test('neither of them by a shell', () => {
  for (const path of ALLOWED) assert.doesNotMatch(readFileSync(path, 'utf8'), SHELL)
})

test('docs/security.md names both, and no other', () => {
  const part =
    readFileSync('docs/security.md', 'utf8')
      .split('\n## ')
      .find((text) => text.startsWith('Privilege\n')) ?? ''
  const listed = [...part.matchAll(/^\| `(src\/[\w/]+\.ts)` \|/gm)].map(([, path]) => path!)
  assert.deepEqual(new Set(listed), new Set(ALLOWED))
})

for (const text of [
  `import { spawn } from 'node:child_process'`,
  'execSync(command)',
  'fork(path)',
  `new Worker(path) // of node\nimport 'node:worker_threads'`,
])
  test(`${JSON.stringify(text)} → counts as starting a program`, () => assert.ok(startsPrograms(text)))
for (const text of ['/a/.exec(text)', '// spawn(it)', 'pattern.exec(text)'])
  test(`${JSON.stringify(text)} → does not`, () => assert.ok(!startsPrograms(text)))
