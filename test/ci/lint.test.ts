import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, before, test } from 'node:test'

// The linter's settings, tried on small files in a project of their own.

const project = mkdtempSync(join(tmpdir(), 'arpcheck-lint-'))
const found = new Map<string, string[]>()

interface Try {
  readonly path: string
  readonly text: string
  /** The rule that refuses it; null: it is allowed. */
  readonly rule: string | null
}

const NOW = 'export const at = Date.now()\n'
const WAIT = 'setTimeout(() => {}, 1)\n'
const LUCK = 'export const luck = Math.random()\n'
const STEADY = 'export const at = performance.now()\n'
const WORK = 'async function work(): Promise<void> {}\n'

const tries: readonly Try[] = [
  ...['core', 'announcers/metallb', 'capture', 'cli'].flatMap((folder) => [
    { path: `src/${folder}/now.ts`, text: NOW, rule: 'no-restricted-properties' },
    { path: `src/${folder}/luck.ts`, text: LUCK, rule: 'no-restricted-properties' },
    { path: `src/${folder}/wait.ts`, text: WAIT, rule: 'no-restricted-globals' },
    { path: `src/${folder}/steady.ts`, text: STEADY, rule: 'no-restricted-globals' },
    {
      path: `src/${folder}/timers.ts`,
      text: `export { setTimeout } from 'node:timers/promises'\n`,
      rule: 'no-restricted-imports',
    },
  ]),
  { path: 'src/core/settings.ts', text: 'export const id = process.pid\n', rule: 'no-restricted-globals' },
  { path: 'src/core/say.ts', text: `console.log('now')\n`, rule: 'no-restricted-globals' },
  {
    path: 'src/core/uuid.ts',
    text: 'export const id = crypto.randomUUID()\n',
    rule: 'no-restricted-globals',
  },
  { path: 'src/capture/settings.ts', text: 'export const id = process.pid\n', rule: null },
  { path: 'src/clock.ts', text: NOW + WAIT, rule: null },
  { path: 'src/lab/now.ts', text: NOW + WAIT, rule: null },
  { path: 'src/lab/luck.ts', text: LUCK, rule: 'no-restricted-properties' },
  { path: 'test/now.test.ts', text: NOW + WAIT + LUCK, rule: null },
  { path: 'src/host/floating.ts', text: `${WORK}work()\n`, rule: 'no-floating-promises' },
  { path: 'src/host/awaited.ts', text: `${WORK}export const done = await work()\n`, rule: null },
  { path: 'test/floating.test.ts', text: `${WORK}work()\n`, rule: 'no-floating-promises' },
  {
    path: 'test/node.test.ts',
    text: `import { describe, it, test } from 'node:test'\ntest('a', () => {})\ndescribe('b', () => {\n  it('c', () => {})\n})\n`,
    rule: null,
  },
  { path: 'src/host/any.ts', text: 'export const a: any = 1\n', rule: 'no-explicit-any' },
]

before(() => {
  for (const name of ['.oxlintrc.json', 'tsconfig.json']) copyFileSync(name, join(project, name))
  symlinkSync(resolve('node_modules'), join(project, 'node_modules'))
  for (const { path, text } of tries) {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    writeFileSync(join(project, path), text)
  }
  lint()
})
after(() => rmSync(project, { recursive: true, force: true }))

for (const { path, text, rule } of tries) {
  test(`${path} with ${JSON.stringify(text)} → ${rule ?? 'allowed'}`, () =>
    assert.deepEqual(new Set(found.get(path)), new Set(rule === null ? [] : [rule])))
}

interface Diagnostic {
  readonly code: string
  readonly filename: string
}

function lint(): void {
  const { stdout } = spawnSync(resolve('node_modules/.bin/oxlint'), ['--type-aware', '--format', 'json'], {
    cwd: project,
    encoding: 'utf8',
  })
  for (const { code, filename } of (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics) {
    const rule = /\((.+)\)/.exec(code)?.[1] ?? code
    found.set(filename, [...(found.get(filename) ?? []), rule])
  }
}
