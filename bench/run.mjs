// Runs the benchmarks: `npm run bench [-- part of a file's name …]`. Each *.bench.ts runs in a process of its own and
// hands over rows of samples; what is printed of each is the median with minimum and maximum, and the median ratio to
// the row it is compared with.
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { join, relative } from 'node:path'
import { text } from 'node:stream/consumers'
import { build as esbuild } from 'esbuild'
import { addon, build, bundling, root } from '../.ci/build.mjs'

const out = join(root, 'build/bench')
const wanted = process.argv.slice(2)
const names = readdirSync(join(root, 'bench'))
  .filter((name) => name.endsWith('.bench.ts'))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))

if (names.length === 0) {
  process.stderr.write(`No file in bench/ is named *${wanted.join('* or *')}*.bench.ts.\n`)
  process.exit(2)
}
await build()
await bundle()
process.stdout.write(machine())
for (const name of names) process.exitCode = (await runBench(name)) || process.exitCode

async function bundle() {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  symlinkSync(relative(out, addon), join(out, 'arpcheck.node'))
  const entryPoints = names.map((name) => join(root, 'bench', name))
  const external = [...bundling.external, 'esbuild']
  await esbuild({ ...bundling, external, entryPoints, outdir: out, sourcemap: 'inline' })
}

/** Numbers say nothing without the machine they were measured on. */
function machine() {
  const [{ model }] = cpus()
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
  const load = loadavg()[0].toFixed(2)
  const when = new Date().toISOString().slice(0, 10)
  return `${when}, ${availableParallelism()} × ${model.trim()}, ${memory}, Linux ${release()}, Node ${process.version}, load ${load}\n`
}

async function runBench(name) {
  process.stdout.write(`\n${name}\n`)
  const env = { ...process.env }
  // Node 20 parses every certificate in it before it starts: 70 ms that have nothing to do with us.
  delete env['NODE_EXTRA_CA_CERTS']
  const child = spawn(process.execPath, ['--enable-source-maps', join(out, name.replace(/\.ts$/, '.js'))], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const rows = (await text(child.stdout))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
  for (const row of rows) process.stdout.write(`${rowText(row, rows)}\n`)
  return ended
}

function rowText(row, rows) {
  const { name, unit, samples, goal } = row
  const [low, middle, high] = [Math.min(...samples), median(samples), Math.max(...samples)].map(short)
  const columns = [`  ${name.padEnd(40)} ${middle.padStart(9)} ${unit.padEnd(8)} ${low} – ${high}`.padEnd(84)]
  const base = rows.find((other) => other.name === row.against && other !== row)
  if (base)
    columns.push(`${short(median(samples.map((sample, i) => sample / base.samples[i])))} × ${base.name}`)
  if (goal) columns.push(`(${goal})`)
  return columns.join('  ')
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2
}

/** Three digits that count. */
function short(value) {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
