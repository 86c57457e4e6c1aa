// Runs the benchmarks: `npm run bench [-- [--json] part of a file's name …]`. Each *.bench.ts runs in a process of its own
// and hands over rows of samples; what is printed of each is the median with minimum and maximum, and the median ratio to
// the row it is compared with. With --json standard output is one object, keyed by the rows of the table in
// bench/README.md, and all else goes to standard error. With --against REV each runs in turn with that of another revision.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { build, root } from '../.ci/build.mjs'
import { against } from './against.mjs'
import { machine, watchNeighbours } from './machine.mjs'
import { prepare } from './prepare.mjs'
import { cellRows, jsonCell, rowText } from './print.mjs'

const { json, rev, wanted } = readArguments()
const names = readdirSync(join(root, 'bench'))
  .filter((name) => name.endsWith('.bench.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))

if (names.length === 0) usage(`No file in bench/ is named *${wanted.join('* or *')}*.bench.ts.`)
await build()
await prepare(names)
say(machine())
const cells = {}
if (rev === undefined) await runAll()
else
  process.exitCode = await against(rev, {
    root,
    names,
    say,
    rowsOf: async (tree, name) => (await run(tree, name)).rows,
  })

async function runAll() {
  for (const name of names) process.exitCode = (await runBench(name)) || process.exitCode
  if (json) process.stdout.write(`${JSON.stringify(cells, null, 2)}\n`)
}

async function runBench(name) {
  say(`\n${name}\n`)
  const neighbours = watchNeighbours()
  const { rows, status } = await run(root, name)
  for (const row of rows) say(`${rowText(row, rows)}\n`)
  say(neighbours())
  return status
}

/** Runs what was prepared in a tree. */
async function run(tree, name) {
  const env = { ...process.env }
  // Node 20 parses every certificate in it before it starts: 70 ms that have nothing to do with us.
  delete env.NODE_EXTRA_CA_CERTS
  const script = join(tree, 'build/bench', name.replace(/\.ts$/, '.js'))
  const child = spawn(process.execPath, ['--enable-source-maps', script], {
    cwd: tree,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const told = (await text(child.stdout)).split('\n').filter((line) => line !== '')
  const status = await ended
  return {
    status,
    rows: told.map((line) => JSON.parse(line)).flatMap((row) => (row.key ? takeCell(row) : [row])),
  }
}

/** A cell is printed as a row of its own for us and for each peer. */
function takeCell(cell) {
  cells[cell.key] = jsonCell(cell)
  return cellRows(cell)
}

function say(words) {
  ;(json ? process.stderr : process.stdout).write(words)
}

function readArguments() {
  try {
    const options = { json: { type: 'boolean', default: false }, against: { type: 'string' } }
    const { values, positionals } = parseArgs({ options, allowPositionals: true })
    return { json: values.json, rev: values.against, wanted: positionals }
  } catch (error) {
    return usage(`${error.message} There are --json and --against REV.`)
  }
}

function usage(words) {
  process.stderr.write(`${words}\n`)
  process.exit(2)
}
