// Runs the stages of CI: `node .ci/stages.mjs [--table FILE] [stage …]`. To add one, add a row to stages.json: its name,
// its budget in seconds on two busy cores (`cold`: where nothing is installed yet, or where the command `warm` says that what
// it builds once is not there) and its command.
// A stage that takes twice its budget is killed with all that it started, and has failed.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { table: { type: 'string', default: join(root, '.ci/stages.json') } },
})
const COUNTS = join(root, 'build/test/counts.json')
const table = JSON.parse(readFileSync(options.table, 'utf8'))
let running

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupted)
const unknown = wanted.filter((name) => !table.some((stage) => stage.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `No stage ${unknown.join(', ')}; there are ${table.map(({ name }) => name).join(', ')}.\n`,
  )
  process.exit(2)
}
process.exitCode = await runStages(table.filter(({ name }) => wanted.length === 0 || wanted.includes(name)))

async function runStages(stages) {
  const rows = []
  for (const stage of stages) {
    const row = await runStage(stage)
    rows.push(row)
    // Without what setup installs, every later failure would only say so again.
    if (stage.name === 'setup' && row.result !== 'ok') break
  }
  close(rows, stages.length - rows.length)
  return rows.length === stages.length && rows.every(({ result }) => result === 'ok') ? 0 : 1
}

async function runStage(stage) {
  const { name, command } = stage
  process.stdout.write(`\n== ${name}\n`)
  if (name === 'test') rmSync(COUNTS, { force: true })
  const limit = budgetOf(stage)
  const start = performance.now()
  const result = await runCommand(command.split(' '), limit * 2)
  const seconds = (performance.now() - start) / 1000
  // later stages run tests of their own, and count them in the same file
  return { name, limit, result, seconds, ...(name === 'test' && { counts: testCounts() }) }
}

/** `cold` where its own question `warm` is answered by another exit than 0, or, without one, where no modules are installed. */
function budgetOf({ budget, cold = budget, warm }) {
  if (cold === budget) return budget
  if (warm === undefined) return existsSync(join(root, 'node_modules')) ? budget : cold
  const [command, ...args] = warm.split(' ')
  return spawnSync(command, args, { cwd: root, stdio: 'ignore' }).status === 0 ? budget : cold
}

/** Runs a command in a process group of its own, so that whatever it started can be ended with it. */
function runCommand([command, ...args], limit) {
  return new Promise((resolve) => {
    running = spawn(command, args, { cwd: root, detached: true, stdio: ['ignore', 'inherit', 'inherit'] })
    const timer = setTimeout(() => settle(`killed after ${limit} s`), limit * 1000)
    running.once('error', (error) => settle(error.message))
    running.once('exit', (code, signal) => settle(code === 0 ? 'ok' : `failed: ${signal ?? `exit ${code}`}`))
    function settle(result) {
      clearTimeout(timer)
      // What a stage leaves running would disturb the next one.
      killGroup(running.pid)
      resolve(result)
    }
  })
}

function killGroup(pid) {
  try {
    if (pid) process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

/** A group of its own does not hear Ctrl-C. */
function interrupted() {
  killGroup(running?.pid)
  process.exit(130)
}

function close(rows, left) {
  const lines = rows.map(
    ({ name, seconds, limit, result }) =>
      `${name.padEnd(10)} ${seconds.toFixed(1).padStart(7)} s of ${String(limit).padStart(4)} s   ${result}`,
  )
  if (left > 0) lines.push(`${left} more stages did not run`)
  process.stdout.write(`\n${lines.join('\n')}\n`)
  const counts = rows.find(({ name }) => name === 'test')?.counts
  if (counts) process.stdout.write(`\n${counts}\n`)
}

/** The closing line: what the tests came to. */
function testCounts() {
  if (!existsSync(COUNTS)) return '0 passed, 1 failed'
  const { pass, fail, skipped } = JSON.parse(readFileSync(COUNTS, 'utf8'))
  return `${pass} passed, ${fail} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
