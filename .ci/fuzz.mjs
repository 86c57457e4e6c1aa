// Fuzzes decoders of bytes from outside: `node .ci/fuzz.mjs [--seconds N] [--seed N] [--coverage] [TARGET …]`, N seconds
// for each target, two at a time. First all of its corpus runs (test/fixtures/fuzz/TARGET); an input that crashes is added
// to it. The last line is one JSON object, target → executions and crashes; the exit code 1 where one crashed.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build as esbuild } from 'esbuild'
import { bundling, root } from './build.mjs'

const AT_ONCE = 2
const CORPUS = 'test/fixtures/fuzz'
const OUT = join(root, 'build/fuzz')
const COMPILER = 'clang++-14'
/** Each target in C++ and the sources that it is about; the others are those of test/fuzz/targets.ts. */
const NATIVE = {
  'native-ring': { main: 'frame_ring.cc', sources: ['frame_ring.cc', 'repeats.cc'] },
  'native-netlink': { main: 'netlink.cc', sources: ['link_watch.cc', 'netlink.cc'] },
}
const FLAGS = ['-std=c++17', '-O1', '-g', '-D_GNU_SOURCE', '-Inative', '-Wall', '-Wextra', '-Werror']
const SANITIZERS = '-fsanitize=fuzzer,address,undefined'

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    coverage: { type: 'boolean', default: false },
  },
})
const names = readdirSync(join(root, CORPUS)).toSorted()
const unknown = wanted.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`No target ${unknown.join(', ')}; there are ${names.join(', ')}.\n`)
  process.exit(2)
}
process.exitCode = await runAll(names.filter((name) => wanted.length === 0 || wanted.includes(name)))

async function runAll(targets) {
  mkdirSync(OUT, { recursive: true })
  await prepare(targets)
  const results = {}
  // what must be compiled first, while the other one works
  const waiting = targets.toSorted((a, b) => Number(b in NATIVE) - Number(a in NATIVE))
  async function work() {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      const { figures, output } = await (name in NATIVE ? runNative(name) : runScript(name))
      process.stdout.write(`${output}${name.padEnd(18)} ${words(figures)}\n`)
      results[name] = { executions: figures.executions, crashes: figures.crashes }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  process.stdout.write(`${JSON.stringify(results)}\n`)
  return Object.values(results).every(({ crashes }) => crashes === 0) ? 0 : 1
}

function words(figures) {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

async function prepare(targets) {
  if (targets.every((name) => name in NATIVE)) return
  await esbuild({
    ...bundling,
    entryPoints: [join(root, 'test/fuzz/main.ts')],
    outfile: join(OUT, 'main.js'),
    sourcemap: 'inline',
  })
}

async function compile(name) {
  const { main, sources } = NATIVE[name]
  const paths = [`test/fuzz/native/${main}`, ...sourcesIn(sources)]
  const coverage = options.coverage ? ['-fprofile-instr-generate', '-fcoverage-mapping'] : []
  const args = [...FLAGS, ...coverage, SANITIZERS, '-fno-sanitize-recover=all', ...paths]
  const program = join(OUT, name)
  const { status, stderr } = await run(COMPILER, [...args, '-o', program, '-lpthread'])
  if (status === 0) return
  process.stderr.write(`${name} cannot be compiled: ${stderr}\n`)
  process.exit(3)
}

function sourcesIn(files) {
  return files.map((path) => `native/${path}`).filter((path) => existsSync(join(root, path)))
}

/** A decoder in TypeScript: its own process, whose last line is its figures. */
async function runScript(name) {
  const args = ['--enable-source-maps', join(OUT, 'main.js'), name, options.seconds, options.seed]
  const { status, stdout, stderr } = await run(process.execPath, args)
  try {
    return { figures: JSON.parse(stdout.trim().split('\n').at(-1)), output: stderr }
  } catch {
    // it ended as a whole: what it was at was not kept
    return { figures: { executions: 0, crashes: 1 }, output: `${stderr}${stdout}exit ${status}\n` }
  }
}

/** A libFuzzer program. New inputs go to a folder that is thrown away: the corpus stays small, and read by people. */
async function runNative(name) {
  await compile(name)
  const found = mkdtempSync(join(tmpdir(), 'arpcheck-fuzz-'))
  const artifacts = mkdtempSync(join(tmpdir(), 'arpcheck-crash-'))
  try {
    // -seed=0 would mean: by chance
    const args = [
      `-max_total_time=${options.seconds}`,
      `-seed=${options.seed}`,
      '-max_len=65536',
      '-print_final_stats=1',
    ]
    const limits = ['-timeout=5', '-rss_limit_mb=1024', `-artifact_prefix=${artifacts}/`]
    const { status, stderr } = await run(join(OUT, name), [...args, ...limits, found, join(CORPUS, name)])
    const crashes = keepCrashes(name, artifacts)
    const executions = Number(/number_of_executed_units:\s+(\d+)/.exec(stderr)?.[1] ?? 0)
    const edges = Number([...stderr.matchAll(/ cov: (\d+)/g)].at(-1)?.[1] ?? 0)
    const failed = status !== 0 && crashes === 0 ? 1 : crashes
    const output = failed > 0 ? stderr : options.coverage ? coverageOf(name) : ''
    return { figures: { executions, crashes: failed, edges }, output }
  } finally {
    for (const folder of [found, artifacts]) rmSync(folder, { recursive: true, force: true })
  }
}

function keepCrashes(name, folder) {
  const inputs = readdirSync(folder).map((file) => readFileSync(join(folder, file)))
  for (const input of inputs) {
    const digest = createHash('sha256').update(input).digest('hex').slice(0, 12)
    writeFileSync(join(root, CORPUS, name, `crash-${digest}`), input)
  }
  return inputs.length
}

/** How much of the sources the run has reached, a line each. */
function coverageOf(name) {
  const [raw, data] = ['profraw', 'profdata'].map((ending) => join(OUT, `${name}.${ending}`))
  spawnSync('llvm-profdata-14', ['merge', '-sparse', raw, '-o', data])
  const files = sourcesIn(NATIVE[name].sources)
  const args = ['report', join(OUT, name), `-instr-profile=${data}`, ...files]
  return spawnSync('llvm-cov-14', args, { cwd: root, encoding: 'utf8' }).stdout
}

function run(command, args) {
  const env = { ...process.env, LLVM_PROFILE_FILE: join(OUT, `${args.at(-1)?.split('/').at(-1)}.profraw`) }
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const said = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'])
      child[name].on('data', (data) => (said[name] = (said[name] + data).slice(-1_000_000)))
    child.once('error', (error) => resolve({ status: -1, stdout: '', stderr: error.message }))
    child.once('close', (status) => resolve({ status, ...said }))
  })
}
