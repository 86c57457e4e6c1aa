import { randomInt } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { printable } from '../core/text.ts'
import { ArpcheckError } from '../errors.ts'
import { runStory, type RunOptions, type StoryResult } from './run.ts'
import { CLIENT } from './hosts.ts'
import { tellSum } from './tell.ts'
import { down, enter, up } from './up.ts'
import { findStory, storyNames } from './stories.ts'

const HELP = `arpcheck lab: a small segment in network namespaces, and stories that happen there

  arpcheck lab list                 the stories, one line each
  arpcheck lab run STORY …          plays stories and checks what arpcheck says of them
  arpcheck lab up [STORY]           builds a story's hosts (healthy) and leaves them standing
  arpcheck lab shell [HOST]         enters a host of what is up (client)
  arpcheck lab shell HOST -- COMMAND …
  arpcheck lab down                 ends what is up

  STORY is a name from the list, or the path of a file of yours (docs/lab.md).

  --keep-failure DIR   where a failed story leaves its pcap, log and seed  (lab-failures)
  --keep DIR           the same for every story
  --seed NUMBER        repeats what a story left to chance
  --tcpdump            records with tcpdump too (root); our own recording needs neither
  -o json              results as JSON on stdout
`

/** dist/lab.js: this command is a part of it. */
const PROGRAM = fileURLToPath(import.meta.url)
const INTERRUPTED = 130

const OPTIONS = {
  'keep-failure': { type: 'string', default: 'lab-failures' },
  keep: { type: 'string' },
  seed: { type: 'string' },
  tcpdump: { type: 'boolean', default: false },
  output: { type: 'string', short: 'o', default: 'table' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

type Flags = ReturnType<typeof readFlags>['values']

/** Does what argv says; an ArpcheckError is told on stderr and decides the exit code. */
export async function runCommand(argv: readonly string[]): Promise<number> {
  // Who reads along may stop reading (`| head`): the story goes on, and its exit code still counts
  process.stdout.on('error', () => {})
  try {
    return await command(argv)
  } catch (error) {
    if (!(error instanceof ArpcheckError)) throw error
    const lines = [`  ✗  ${error.message}`, ...error.remedy.map((line) => `     ${line}`)]
    process.stderr.write(`\n${lines.map(printable).join('\n')}\n\n`)
    return error.exitCode
  }
}

async function command(argv: readonly string[]): Promise<number> {
  const { values, positionals } = readFlags(argv)
  const [verb, ...rest] = positionals
  if (values.help || verb === undefined) return print(HELP)
  if (verb === 'list') return print(list())
  if (verb === 'run' && rest.length > 0) return runAll(rest, values)
  if (verb === 'up' && rest.length < 2) return standUp(rest[0] ?? 'healthy', values)
  if (verb === 'shell') return enter(rest[0] ?? CLIENT, rest.slice(1))
  if (verb === 'down' && rest.length === 0) return takeDown()
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
  const results: StoryResult[] = []
  for (const file of files) {
    const result = await runStory(file, runOptions(flags, interrupted.signal))
    if (result === 'interrupted') return INTERRUPTED
    results.push(result)
  }
  if (flags.output !== 'json' && results.length > 1) print(tellSum(results))
  if (flags.output === 'json') print(JSON.stringify(results, null, 2) + '\n')
  return results.every(({ passed }) => passed) ? 0 : 1
}

async function standUp(name: string, flags: Flags): Promise<number> {
  const { hosts } = await up(findStory(name), PROGRAM, seedOf(flags.seed))
  return print(`\n  ✓  up: ${hosts.join(', ')}\n
     arpcheck lab shell nuc-1      enters a host (client, where no name is given)
     arpcheck lab down             ends it\n\n`)
}

async function takeDown(): Promise<number> {
  await down()
  return print('\n  ✓  down\n\n')
}

function runOptions(flags: Flags, signal: AbortSignal): RunOptions {
  return {
    program: PROGRAM,
    seed: seedOf(flags.seed),
    witness: flags.tcpdump,
    keepFailure: flags['keep-failure'],
    keep: flags.keep ?? null,
    write: flags.output === 'json' ? null : print,
    onWait: () => process.stderr.write('  …  two labs are running on this machine: waiting for one to end\n'),
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
