// Runs the benchmarks: `npm run bench [-- [--json] part of a file's name …]`. Each *.bench.ts runs in a process of its own
// and hands over rows of samples; what is printed of each is the median with minimum and maximum, and the median ratio to
// the row it is compared with. With --json standard output is one object, keyed by the rows of the table in
// bench/README.md, and all else goes to standard error.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { build, root } from '../.ci/build.mjs'
import { machine, watchNeighbours } from './machine.mjs'
import { out, prepare } from './prepare.mjs'
import { cellRows, jsonCell, rowText } from './print.mjs'

const json = process.argv.includes('--json')
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const unknown = process.argv.slice(2).filter((word) => word.startsWith('--') && word !== '--json')
const names = readdirSync(join(root, 'bench'))
  .filter((name) => name.endsWith('.bench.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))

if (unknown.length > 0) usage(`There is no flag ${unknown.join(' ')}; there is --json.`)
if (names.length === 0) usage(`No file in bench/ is named *${wanted.join('* or *')}*.bench.ts.`)
await build()
await prepare(names)
say(machine())
const cells = {}
for (const name of names) process.exitCode = (await runBench(name)) || process.exitCode
if (json) process.stdout.write(`${JSON.stringify(cells, null, 2)}\n`)

async function runBench(name) {
  say(`\n${name}\n`)
  const neighbours = watchNeighbours()
  const env = { ...process.env }
  // Node 20 parses every certificate in it before it starts: 70 ms that have nothing to do with us.
  delete env.NODE_EXTRA_CA_CERTS
  const child = spawn(process.execPath, ['--enable-source-maps', join(out, name.replace(/\.ts$/, '.js'))], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const told = (await text(child.stdout)).split('\n').filter((line) => line !== '')
  const status = await ended
  const rows = told.map((line) => JSON.parse(line)).flatMap((row) => (row.key ? takeCell(row) : [row]))
  for (const row of rows) say(`${rowText(row, rows)}\n`)
  say(neighbours())
  return status
}

/** A cell is printed as a row of its own for us and for each peer. */
function takeCell(cell) {
  cells[cell.key] = jsonCell(cell)
  return cellRows(cell)
}

function say(words) {
  ;(json ? process.stderr : process.stdout).write(words)
}

function usage(words) {
  process.stderr.write(`${words}\n`)
  process.exit(2)
}
