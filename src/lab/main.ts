import { randomInt } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ArpcheckError } from '../errors.ts'
import { inside } from './inside.ts'
import { runStory, type RunOptions } from './run.ts'
import { findStory, storyNames } from './stories.ts'

const HELP = `arpcheck lab: a small segment in network namespaces, and stories that happen there

  arpcheck lab list                 the stories, one line each
  arpcheck lab run STORY …          plays stories and checks what arpcheck says of them

  STORY is a name from the list, or the path of a file of yours (docs/lab.md).

  --keep-failure DIR   where a failed story leaves its pcap, log and seed  (lab-failures)
  --keep DIR           the same for every story
  --seed NUMBER        repeats what a story left to chance
  -o json              results as JSON on stdout
`

const OPTIONS = {
  'keep-failure': { type: 'string', default: 'lab-failures' },
  keep: { type: 'string' },
  seed: { type: 'string' },
  output: { type: 'string', short: 'o', default: 'table' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Flags = ReturnType<typeof readFlags>['values']

/** `arpcheck lab …`: argv without the word lab → exit code. 0: as told, 1: not as told, 2: usage, 3: not possible here. */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    return await command(argv)
  } catch (error) {
    if (!(error instanceof ArpcheckError)) throw error
    const lines = [`  ✗  ${error.message}`, ...error.remedy.map((line) => `     ${line}`)]
    process.stderr.write(`\n${lines.join('\n')}\n\n`)
    return error.exitCode
  }
}

async function command(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readFlags(argv)
  const [verb, ...rest] = positionals
  if (values.help || verb === undefined) return print(HELP)
  if (verb === 'list') return print(list())
  if (verb === 'run' && rest.length > 0) return runAll(rest, values)
  throw new ArpcheckError('usage', `arpcheck lab cannot do ${JSON.stringify(positionals.join(' '))}.`, {
    remedy: ['arpcheck lab --help'],
  })
}

async function runAll(names: readonly string[], flags: Flags): Promise<number> {
  const files = names.map(findStory)
  const interrupted = new AbortController()
  const abort = () => interrupted.abort()
  process.once('SIGINT', abort)
  process.once('SIGTERM', abort)
  const results = []
  for (const file of files) {
    results.push(await runStory(file, runOptions(flags, interrupted.signal)))
    if (interrupted.signal.aborted) return 130
  }
  if (flags.output === 'json') print(JSON.stringify(results, null, 2) + '\n')
  return results.every(({ passed }) => passed) ? 0 : 1
}

function runOptions(flags: Flags, signal: AbortSignal): RunOptions {
  return {
    program: fileURLToPath(import.meta.url),
    seed: seedOf(flags.seed),
    keepFailure: flags['keep-failure'],
    keep: flags.keep ?? null,
    write: flags.output === 'json' ? null : print,
    signal,
  }
}

/** A number that repeats what a story left to chance; a new one where none is given. */
function seedOf(text: string | undefined): number {
  if (text === undefined) return randomInt(2 ** 31)
  if (/^\d{1,10}$/.test(text)) return Number(text)
  throw new ArpcheckError('usage', `--seed takes a whole number, not ${JSON.stringify(text)}.`)
}

function list(): string {
  const stories = storyNames().map((name) => findStory(name).story)
  const width = Math.max(...stories.map(({ name }) => name.length))
  return stories.map(({ name, tells }) => `${name.padEnd(width)}  ${tells}\n`).join('')
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true })
  } catch (cause) {
    throw new ArpcheckError('usage', (cause as Error).message, { remedy: ['arpcheck lab --help'], cause })
  }
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

// The bundle is a program as well: the holder starts it again inside the namespaces.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [first, ...rest] = process.argv.slice(2)
  if (first === 'inside') inside()
  else void main([...(first === undefined ? [] : [first]), ...rest]).then((code) => (process.exitCode = code))
}
