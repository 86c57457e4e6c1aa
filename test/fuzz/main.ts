import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { seededRandom, type Random } from '../../src/core/random.ts'
import { mutatedJson } from './mutate-json.ts'
import { MOST_BYTES, mutated } from './mutate.ts'
import { runInput, type Target } from './target.ts'
import { TARGETS } from './targets.ts'

// One target for so many seconds: `node main.js TARGET SECONDS SEED`. The decoder runs in a thread of its own, which
// leaves each input where the main thread finds it: an input that hangs or eats all memory is kept as well. The last line
// is JSON: executions, crashes, and what the pool grew to.

const FOLDER = 'test/fixtures/fuzz'
/** An input that takes longer of a processor, twice, is a crash: the largest are 64 KiB. */
const SLOW_MS = 1000
const HANGS_MS = 20_000
const MEMORY_MB = 256
const MOST_RSS_BYTES = 1 << 30
const MOST_POOL = 2000
const MOST_CRASHES = 20

interface Job {
  readonly name: string
  readonly seconds: number
  readonly seed: number
  readonly input: SharedArrayBuffer
  readonly progress: SharedArrayBuffer
}

interface Tally {
  readonly executions: number
  readonly kinds: number
  readonly slowestMs: number
  readonly crashes: readonly string[]
}

function watchOver([name = '', seconds = '10', seed = '1']: readonly string[]): void {
  const job: Job = {
    name,
    seconds: Number(seconds),
    seed: Number(seed),
    input: new SharedArrayBuffer(4 + MOST_BYTES),
    progress: new SharedArrayBuffer(4),
  }
  const worker = new Worker(process.argv[1]!, {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  })
  const count = new Int32Array(job.progress)
  let [seen, since] = [-1, performance.now()]
  const timer = setInterval(() => {
    if (count[0] !== seen) [seen, since] = [count[0]!, performance.now()]
    if (performance.now() - since > HANGS_MS) fail(job, `it took more than ${HANGS_MS / 1000} s`)
    if (process.memoryUsage.rss() > MOST_RSS_BYTES) fail(job, 'it took more than 1 GiB of memory')
  }, 200)
  worker.on('message', (tally: Tally) => {
    clearInterval(timer)
    // once it has cleaned up behind itself
    worker.once('exit', () => end(job, tally))
  })
  worker.on('error', (error) => fail(job, error.message))
}

function fail(job: Job, why: string): void {
  const length = new DataView(job.input).getUint32(0, true)
  if (length === 0) throw new Error(why)
  const input = Uint8Array.from(new Uint8Array(job.input, 4, length))
  const executions = new Int32Array(job.progress)[0]!
  end(job, { executions, kinds: 0, slowestMs: 0, crashes: [kept(job.name, input, why)] })
}

function end({ name }: Job, { executions, kinds, slowestMs, crashes }: Tally): void {
  for (const crash of crashes) process.stderr.write(`${name}: ${crash}\n`)
  process.stdout.write(
    `${JSON.stringify({ executions, crashes: crashes.length, kinds, slowestMs: Math.round(slowestMs) })}\n`,
  )
  process.exit(crashes.length > 0 ? 1 : 0)
}

/** Writes a crash down as a fixture; what it was and where it lies. */
function kept(name: string, input: Uint8Array, why: string): string {
  const path = `${FOLDER}/${name}/crash-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`
  mkdirSync(`${FOLDER}/${name}`, { recursive: true })
  writeFileSync(path, input)
  return `${path}: ${why}`
}

async function work(job: Job): Promise<void> {
  const target = TARGETS.find(({ name }) => name === job.name)
  if (!target)
    throw new Error(
      `There is no target ${job.name}; there are ${TARGETS.map(({ name }) => name).join(', ')}.`,
    )
  const run = new Run(target, job)
  const corpus = readdirSync(`${FOLDER}/${job.name}`).map((file) =>
    readFileSync(`${FOLDER}/${job.name}/${file}`),
  )
  for (const input of [...target.seeds(), ...corpus]) await run.try(input, true)
  const until = performance.now() + job.seconds * 1000
  while (performance.now() < until && run.crashes.length < MOST_CRASHES) await run.try(run.next(), false)
  const { executions, kinds, slowestMs, crashes } = run
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread's port, not a window
  parentPort!.postMessage({ executions, kinds: kinds.size, slowestMs, crashes } satisfies Tally)
}

class Run {
  executions = 0
  slowestMs = 0
  readonly crashes: string[] = []
  readonly kinds = new Set<string>()
  readonly #pool: Uint8Array[] = []
  readonly #seenErrors = new Set<string>()
  readonly #random: Random
  readonly #target: Target
  readonly #job: Job

  constructor(target: Target, job: Job) {
    this.#target = target
    this.#job = job
    this.#random = seededRandom(job.seed)
  }

  next(): Uint8Array {
    const [random, pool] = [this.#random, this.#pool]
    const [input, other] = [random, random].map((draw) => pool[draw.below(pool.length)]!) as [
      Uint8Array,
      Uint8Array,
    ]
    const json = this.#target.json && random.below(2) === 0 ? mutatedJson(input, random) : undefined
    return json && json.length <= MOST_BYTES
      ? json
      : mutated(input, { random, other, tokens: this.#target.tokens })
  }

  async try(input: Uint8Array, isSeed: boolean): Promise<void> {
    this.#show(input)
    const tookMs = await this.#timed(input, isSeed)
    // once more: what was collected or compiled meanwhile is not the input's
    if (tookMs > SLOW_MS && (await this.#timed(input, false)) > SLOW_MS)
      this.#crash(input, `it took ${Math.round(tookMs)} ms`, 'slow')
    this.slowestMs = Math.max(this.slowestMs, tookMs)
  }

  async #timed(input: Uint8Array, isSeed: boolean): Promise<number> {
    const began = process.cpuUsage()
    try {
      const kind = await runInput(this.#target, input)
      const isNew = !this.kinds.has(kind) && this.kinds.size < MOST_POOL
      if (isNew) this.kinds.add(kind)
      if (isNew || isSeed) this.#pool.push(input)
    } catch (error) {
      const { stack = String(error) } = error as Error
      this.#crash(input, stack, stack.split('\n').slice(0, 3).join('\n').replaceAll(/\d+/g, ''))
    }
    this.executions++
    Atomics.add(new Int32Array(this.#job.progress), 0, 1)
    const { user, system } = process.cpuUsage(began)
    return (user + system) / 1000
  }

  /** One fixture for each way to fail. */
  #crash(input: Uint8Array, why: string, way: string): void {
    if (this.#seenErrors.has(way)) return
    this.#seenErrors.add(way)
    this.crashes.push(kept(this.#job.name, input, why))
  }

  #show(input: Uint8Array): void {
    const shown = input.subarray(0, MOST_BYTES)
    new DataView(this.#job.input).setUint32(0, shown.length, true)
    new Uint8Array(this.#job.input, 4).set(shown)
  }
}

if (isMainThread) watchOver(process.argv.slice(2))
else void work(workerData as Job)
