import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { FINDINGS } from '../../src/core/findings.ts'
import { DAEMON_FLAG_NAMES, daemonFlag } from '../../src/cli/daemon/flags.ts'
import { envName, FLAG_NAMES, variableOf } from '../../src/cli/flags.ts'
import { manualPage } from '../../src/cli/manual.ts'
import { COMMANDS, ENVIRONMENT, EXAMPLES, EXITS, FILES } from '../../src/cli/usage.ts'
import { runProgram } from '../helpers/program.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
const page = manualPage(version)
const GROFF = ['-man', '-Tascii', '-ww', '-rLL=78n', '-P-cbu']
const missing = spawnSync('groff', ['--version']).error ? 'needs groff: apt-get install groff-base' : false

/** The page as a reader sees it, in one line without gaps. */
function shown(): string {
  const { stdout } = spawnSync('groff', GROFF, { input: page, encoding: 'utf8' })
  return stdout.replaceAll(/\s+/g, ' ')
}

test('arpcheck man prints the page, and the build keeps it as dist/man/arpcheck.1', async () => {
  assert.deepEqual(await runProgram(['man']), { status: 0, stdout: page, stderr: '' })
  assert.equal(readFileSync('dist/man/arpcheck.1', 'utf8'), page)
})

test('groff reads the page without a warning', { skip: missing }, () => {
  const { status, stderr } = spawnSync('groff', [...GROFF, '-z'], { input: page, encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
})

test(
  'every flag with its variable is in it, every command, exit code, finding, file and example',
  { skip: missing },
  () => {
    const text = shown()
    const names = [
      ...FLAG_NAMES.flatMap((name) => [`--${name}`, envName(name) ?? '']),
      ...DAEMON_FLAG_NAMES.flatMap((name) => [`--${name}`, variableOf(name, daemonFlag(name)) ?? '']),
      ...COMMANDS.map(([name]) => `arpcheck ${name}`),
      ...[...EXITS, ...ENVIRONMENT, ...FILES, ...EXAMPLES].map(([name, what]) => `${name} ${what}`),
      ...Object.entries(FINDINGS).map(([code, { name }]) => `${code} ${name}`),
    ]
    assert.deepEqual(
      names.filter((name) => !text.includes(name)),
      [],
    )
  },
)

test('the page is plain ASCII, and no line of text is taken for a request', () => {
  assert.match(page, /^[\n -~]*$/)
  const requests = new Set(page.match(/^[.'].\S*/gm))
  assert.deepEqual([...requests].toSorted(), ['.B', '.BR', '.SH', '.SS', '.TH', '.TP', '.ad', '.br', '.nh'])
})
