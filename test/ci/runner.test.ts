import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

// What a green run would hide, each as a small test folder that the runner is asked to run.

const scratch = mkdtempSync(join(tmpdir(), 'arpcheck-runner-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

const HEAD = `import { describe, test } from 'node:test'\n`
const PASSING = `${HEAD}test('fine', () => {})\n`

interface Story {
  readonly title: string
  readonly files: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly status: number
  readonly prints: RegExp
}

const stories: readonly Story[] = [
  {
    title: 'two passing files → 0, and the closing counts',
    files: { 'a.test.ts': PASSING, 'deep/b.test.ts': PASSING },
    status: 0,
    prints: /ℹ tests 2\nℹ pass 2\nℹ fail 0\nℹ skipped 0/,
  },
  {
    title: 'a failing test → 1, with its error and the line in TypeScript',
    files: { 'a.test.ts': `${HEAD}test('bad', () => { throw new TypeError('odd') })\n` },
    status: 1,
    prints: /✗ a\.test\.ts › bad\n +TypeError.*: odd\n +at .*a\.test\.ts:2:/,
  },
  {
    title: 'a failing test in a suite → 1, counted once',
    files: { 'a.test.ts': `${HEAD}describe('s', () => { test('bad', () => { throw new Error('odd') }) })\n` },
    status: 1,
    prints: /ℹ tests 1\nℹ pass 0\nℹ fail 1/,
  },
  {
    title: 'a file without tests → 1',
    files: { 'a.test.ts': PASSING, 'empty.test.ts': 'export {}\n' },
    status: 1,
    prints: /✗ ran no test/,
  },
  {
    title: 'a file that ends its process with 0 → 1: node:test alone would call it passed',
    files: { 'a.test.ts': `${HEAD}test('one', () => {})\ntest('two', () => process.exit(0))\n` },
    status: 1,
    prints: /✗ ran no test|began and never ended/,
  },
  {
    title: 'a file that throws while it loads → 1, with the error',
    files: { 'a.test.ts': `${PASSING}throw new Error('at load')\n` },
    status: 1,
    prints: /Error: at load/,
  },
  {
    title: 'a file that does not end → 1 at its time limit',
    files: { 'a.test.ts': `${HEAD}test('leaks', () => { setInterval(() => {}, 1000) })\n` },
    args: ['--timeout', '1'],
    status: 1,
    prints: /aborted due to timeout/,
  },
  {
    title: 'a file that says that it may take longer → its own time limit',
    files: {
      'a.test.ts': `// May take 20 s: it is slow\n${HEAD}test('slow', () => new Promise((done) => setTimeout(done, 1200)))\n`,
    },
    args: ['--timeout', '1'],
    status: 0,
    prints: /ℹ tests 1\nℹ pass 1/,
  },
  {
    title: 'a test that waits for ever → 1, with its name',
    files: {
      'a.test.ts': `${HEAD}test('waits', () => new Promise(() => { setInterval(() => {}, 1000) }))\n`,
    },
    args: ['--timeout', '1'],
    status: 1,
    prints: /✗ waits: began and never ended/,
  },
  {
    title: 'a skip without a reason → 1',
    files: { 'a.test.ts': `${PASSING}test('later', { skip: true }, () => {})\n` },
    status: 1,
    prints: /later: skipped without a reason/,
  },
  {
    title: 'a todo → 1',
    files: { 'a.test.ts': `${PASSING}test('later', { todo: 'some day' }, () => {})\n` },
    status: 1,
    prints: /later: skipped without a reason/,
  },
  {
    title: 'a skip with a reason → 0, the reason told',
    files: { 'a.test.ts': `${PASSING}test('live', { skip: 'needs root' }, () => {})\n` },
    status: 0,
    prints: /1 skipped: needs root/,
  },
  {
    title: 'a skip with a reason where CI=true → 1',
    files: { 'a.test.ts': `${PASSING}test('live', { skip: 'needs root' }, () => {})\n` },
    env: { CI: 'true' },
    status: 1,
    prints: /live: skipped where none may be: needs root/,
  },
  {
    title: 'a skip with a reason where ARPCHECK_REQUIRE_PRIVILEGED=1 → 1',
    files: { 'a.test.ts': `${PASSING}test('live', (t) => t.skip('needs root'))\n` },
    env: { ARPCHECK_REQUIRE_PRIVILEGED: '1' },
    status: 1,
    prints: /live: skipped where none may be: needs root/,
  },
  {
    title: 'a skip that nothing on this machine would cure, where CI=true → 0',
    files: { 'a.test.ts': `${PASSING}test('live', { skip: 'not here: no 8021q' }, () => {})\n` },
    env: { CI: 'true' },
    status: 0,
    prints: /1 skipped: not here: no 8021q/,
  },
  {
    title: 'a process warning → 1',
    files: { 'a.test.ts': `${PASSING}process.emitWarning('too many', 'MaxListenersExceededWarning')\n` },
    status: 1,
    prints: /✗ a process warning: \(node:\d+\) MaxListenersExceededWarning: too many/,
  },
  {
    title: 'a file that does not compile → 1',
    files: { 'a.test.ts': 'test(\n' },
    status: 1,
    prints: /Unexpected end of file/,
  },
  { title: 'a folder without test files → 2', files: {}, status: 2, prints: /No file in .* is named/ },
  {
    title: 'a name that no file has → 2',
    files: { 'a.test.ts': PASSING },
    args: ['b.test'],
    status: 2,
    prints: /No file in .* is named \*b\.test\*/,
  },
  {
    title: 'a part of a name → those files alone',
    files: { 'a.test.ts': PASSING, 'deep/b.test.ts': PASSING },
    args: ['deep/'],
    status: 0,
    prints: /^✓ deep\/b\.test\.ts .*\n\nℹ tests 1\n/,
  },
  {
    title: 'a file that says that it runs alone → after all others',
    files: {
      'a.test.ts': `// Runs alone: it offers a load\n${PASSING}`,
      'b.test.ts': `${HEAD}test('slow', () => new Promise((done) => setTimeout(done, 500)))\n`,
    },
    status: 0,
    prints: /^✓ b\.test\.ts .*\n✓ a\.test\.ts /,
  },
  {
    title: '--soak → the long tests alone',
    files: { 'a.test.ts': PASSING, 'b.soak.ts': PASSING },
    args: ['--soak'],
    status: 0,
    prints: /^✓ b\.soak\.ts .*\n\nℹ tests 1\n/,
  },
]

for (const [index, story] of stories.entries()) {
  test(story.title, () => {
    const dir = join(scratch, String(index))
    writeStory(dir, story.files)
    const { status, stdout, stderr } = runner(dir, story)
    assert.match(stdout + stderr, story.prints)
    assert.equal(status, story.status)
  })
}

function writeStory(dir: string, files: Story['files']): void {
  mkdirSync(join(dir, 'deep'), { recursive: true })
  for (const [name, source] of Object.entries(files)) writeFileSync(join(dir, name), source)
}

function runner(dir: string, { args = [], env = {} }: Story) {
  const quiet = { CI: '', ARPCHECK_REQUIRE_PRIVILEGED: '', NODE_EXTRA_CA_CERTS: '' }
  return spawnSync(process.execPath, ['.ci/test.mjs', '--dir', dir, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...quiet, ...env },
    timeout: 30_000,
  })
}
