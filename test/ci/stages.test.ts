import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'

const scratch = mkdtempSync(join(tmpdir(), 'arpcheck-stages-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

interface Stage {
  readonly name: string
  readonly budget: number
  readonly cold?: number
  readonly warm?: string
  readonly command: string
}

test('stages that succeed → 0, a row each with seconds and budget', () => {
  const { status, stdout } = stages([
    { name: 'one', budget: 5, command: 'true' },
    { name: 'two', budget: 7, command: 'true' },
  ])
  assert.match(stdout, /one +\d+\.\d s of +5 s +ok\ntwo +\d+\.\d s of +7 s +ok/)
  assert.equal(status, 0)
})

test('a stage that fails → 1, and the next one still runs', () => {
  const { status, stdout } = stages([
    { name: 'one', budget: 5, command: 'false' },
    { name: 'two', budget: 5, command: 'true' },
  ])
  assert.match(stdout, /one .* failed: exit 1\ntwo .* ok/)
  assert.equal(status, 1)
})

test('setup that fails → 1, and nothing else runs', () => {
  const { status, stdout } = stages([
    { name: 'setup', budget: 5, command: 'false' },
    { name: 'two', budget: 5, command: 'true' },
  ])
  assert.match(stdout, /setup .* failed: exit 1\n1 more stages did not run/)
  assert.equal(status, 1)
})

test('a command that does not exist → 1', () => {
  const { status, stdout } = stages([{ name: 'one', budget: 5, command: './no-such-command' }])
  assert.match(stdout, /one .* ENOENT/)
  assert.equal(status, 1)
})

test('twice the budget → killed with all that it started', async () => {
  const script = join(scratch, 'grandchild.sh')
  const pidFile = join(scratch, 'pid')
  writeFileSync(script, `sleep 60 & echo $! > ${pidFile}; wait`)
  const { status, stdout } = stages([{ name: 'slow', budget: 0.5, command: `bash ${script}` }])
  assert.match(stdout, /slow .* killed after 1 s/)
  assert.equal(status, 1)
  assert.ok(await hasEnded(readFileSync(pidFile, 'utf8').trim()))
})

test('a stage that leaves a process behind → that process is ended', async () => {
  const script = join(scratch, 'leaver.sh')
  const pidFile = join(scratch, 'left')
  writeFileSync(script, `sleep 60 & echo $! > ${pidFile}`)
  const { status } = stages([{ name: 'leaver', budget: 5, command: `bash ${script}` }])
  assert.equal(status, 0)
  assert.ok(await hasEnded(readFileSync(pidFile, 'utf8').trim()))
})

test('a stage that finds built what it builds once → its budget, else the cold one', () => {
  const row = { budget: 5, cold: 50, command: 'true' }
  const { stdout } = stages([
    { name: 'there', warm: 'true', ...row },
    { name: 'not', warm: 'false', ...row },
  ])
  assert.match(stdout, /there .* of +5 s +ok\nnot .* of +50 s +ok/)
})

test('a name that no stage has → 2, with the names there are', () => {
  const { status, stderr } = stages([{ name: 'one', budget: 5, command: 'true' }], ['two'])
  assert.match(stderr, /No stage two; there are one\./)
  assert.equal(status, 2)
})

test('the budgets of all stages fit in half an hour, and in 45 minutes on an empty machine', () => {
  const rows = JSON.parse(readFileSync('.ci/stages.json', 'utf8')) as Stage[]
  const sum = (cost: (stage: Stage) => number) => rows.reduce((total, stage) => total + cost(stage), 0)
  assert.ok(sum(({ budget }) => budget) <= 30 * 60)
  assert.ok(sum(({ budget, cold }) => cold ?? budget) <= 45 * 60)
})

function stages(rows: readonly Stage[], names: readonly string[] = []) {
  const table = join(scratch, 'stages.json')
  writeFileSync(table, JSON.stringify(rows))
  return spawnSync(process.execPath, ['.ci/stages.mjs', '--table', table, ...names], {
    encoding: 'utf8',
    timeout: 30_000,
  })
}

/** True once the process has ended; a zombie, which its parent has not yet asked for, has. */
async function hasEnded(pid: string): Promise<boolean> {
  for (const deadline = performance.now() + 5000; performance.now() < deadline; await setTimeout(10)) {
    if (!/^State:\s+[^ZX]/m.test(await readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''))) return true
  }
  return false
}
