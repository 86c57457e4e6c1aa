// Runs the tests: `node .ci/test.mjs [--soak] [--watch] [--dir DIR] [--timeout SECONDS] [part of a file's name …]`.
// Bundles each file by esbuild (Node 20 neither globs nor strips types) and runs node:test on the bundles, each in a
// process of its own. The run also fails when something that should have run did not: see tally.mjs.
import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, join, relative, resolve } from 'node:path'
import { run } from 'node:test'
import { parseArgs } from 'node:util'
import { build as esbuild } from 'esbuild'
import { besideBundles, build, bundling, root } from './build.mjs'
import { newFile, problems, story, take } from './tally.mjs'

const { values: options, positionals: filters } = parseArgs({
  allowPositionals: true,
  options: {
    soak: { type: 'boolean', default: false },
    watch: { type: 'boolean', default: false },
    dir: { type: 'string', default: 'test' },
    timeout: { type: 'string' },
  },
})
const source = resolve(root, options.dir)
const out = options.dir === 'test' ? join(root, 'build/test') : join(source, '.bundles')
const ending = options.soak ? '.soak.ts' : '.test.ts'
const limit = Number(options.timeout ?? (options.soak ? 3600 : 120))
const strict = process.env['CI'] === 'true' || process.env['ARPCHECK_REQUIRE_PRIVILEGED'] === '1'

if (options.watch) watchAndRun()
else process.exitCode = await runAll()

/** 0: every test that was found has run and passed; 1: not so; 2: there is nothing to run. */
async function runAll() {
  const names = found()
  if (names.length === 0) {
    process.stderr.write(`No file in ${options.dir} is named *${filters.join('* or *')}*${ending}.\n`)
    return 2
  }
  await build((words) => process.stderr.write(`build: ${words}\n`))
  await bundle(names)
  process.execArgv.push('--require', join(root, '.ci/preload.cjs'))
  // This run may itself be a test's child: without this its own children would report to nobody.
  delete process.env['NODE_TEST_CONTEXT']
  // What takes longest begins first, so that nothing is left to wait for at the end.
  const files = names.map(newFile).toSorted((a, b) => secondsFor(b) - secondsFor(a))
  const alone = files.filter(runsAlone)
  await runFiles(
    files.filter((file) => !alone.includes(file)),
    availableParallelism(),
  )
  await runFiles(alone, 1)
  return close(files)
}

/** A file that offers a load, or holds one against time, says so in a line of its own. */
function runsAlone(file) {
  return /^\/\/ Runs alone\b/m.test(textOf(file))
}

/** The limit of every file, unless a file's own line says more. */
function secondsFor(file) {
  return Math.max(limit, Number(/^\/\/ May take (\d+) s\b/m.exec(textOf(file))?.[1] ?? 0))
}

function textOf(file) {
  return readFileSync(join(source, file.name), 'utf8')
}

async function runFiles(files, width) {
  const waiting = [...files]
  async function work() {
    for (let file = waiting.shift(); file; file = waiting.shift()) await runFile(file)
  }
  await Promise.all(Array.from({ length: width }, work))
}

/** One run a file, not one for all: node:test keeps back what a file says while an earlier one still runs. */
async function runFile(file) {
  // Not run's own `timeout`: on Node 24 that is for each test, and a file that leaves a timer behind never ends.
  const signal = AbortSignal.timeout(secondsFor(file) * 1000)
  for await (const event of run({ files: [bundleOf(file.name)], signal })) take(file, event)
  process.stdout.write(story(file, problems(file, { strict })))
  // the figures of a long test are why it is run
  if (options.soak) process.stdout.write(file.told.map((line) => `  ℹ ${line}\n`).join(''))
}

function found() {
  if (!existsSync(source)) return []
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .filter((name) => filters.length === 0 || filters.some((part) => name.includes(part)))
    .toSorted()
}

async function bundle(names) {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  for (const path of besideBundles)
    if (existsSync(path)) symlinkSync(relative(out, path), join(out, basename(path)))
  await esbuild({
    ...bundling,
    entryPoints: names.map((name) => ({
      in: join(source, name),
      out: bundleOf(name).slice(0, -'.js'.length),
    })),
    outdir: out,
    sourcemap: 'inline',
    external: [...bundling.external, 'esbuild', 'typescript'],
  })
}

/** All bundles in one folder, beside the addon. */
function bundleOf(name) {
  return join(out, name.replaceAll('/', '__').replace(/\.ts$/, '.js'))
}

/** Prints what the run came to, in the closing lines of node's own reporters. */
function close(files) {
  const sum = (count) => files.reduce((value, file) => value + count(file), 0)
  const wrong = sum((file) => problems(file, { strict }).length)
  const [pass, failures, skipped] = [
    sum((file) => file.passed),
    sum((file) => file.failed.length),
    sum((file) => file.skipped.length),
  ]
  const counts = { tests: pass + failures + skipped, pass, fail: failures + wrong, skipped }
  const lines = Object.entries(counts).map(([name, count]) => `ℹ ${name} ${count}`)
  process.stdout.write(`\n${[...skips(files), ...lines].join('\n')}\n`)
  writeFileSync(join(out, 'counts.json'), JSON.stringify(counts))
  return counts.fail === 0 ? 0 : 1
}

/** Skips by reason, a line each. */
function skips(files) {
  const counts = new Map()
  for (const { reason } of files.flatMap((file) => file.skipped))
    counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return [...counts].map(([reason, count]) => `${count} skipped: ${reason || '(no reason)'}`)
}

/** Runs again, in a fresh process, after each save. */
function watchAndRun() {
  const args = process.argv.slice(1).filter((arg) => arg !== '--watch')
  let [timer, running] = [undefined, undefined]
  function again() {
    running?.kill()
    running = spawn(process.execPath, args, { stdio: 'inherit' })
  }
  for (const folder of ['src', 'native', source].filter((name) => existsSync(resolve(root, name)))) {
    watch(resolve(root, folder), { recursive: true }, () => {
      clearTimeout(timer)
      timer = setTimeout(again, 100)
    })
  }
  again()
}
