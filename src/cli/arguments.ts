import yargs, { type Argv } from 'yargs'
import { quoted } from '../core/text.ts'
import { ArpcheckError } from '../errors.ts'
import { FLAGS, type FlagName, type FlagTable } from './flags.ts'
import { nearest } from '../core/nearest.ts'
import { level, onOff } from './values.ts'

/** What was typed: words, and the texts of each flag that is there, not yet read. */
export interface Typed<N extends string = FlagName> {
  readonly words: readonly string[]
  readonly flags: ReadonlyMap<N, readonly string[]>
}

/** yargs with our flags, and without its help, its exits and its guesses about numbers, dots and names. */
function parser(argv: readonly string[], table: FlagTable<string>): Argv {
  const made = yargs([...argv])
    .scriptName('arpcheck')
    .help(false)
    .version(false)
    .exitProcess(false)
  for (const [name, { alias, kind, help }] of Object.entries(table)) {
    const type = kind === onOff ? 'boolean' : kind === level ? 'count' : 'string'
    made.option(name, { ...(alias && { alias }), type, description: help })
  }
  return made.parserConfiguration({
    'boolean-negation': false,
    'camel-case-expansion': false,
    'dot-notation': false,
    'parse-numbers': false,
    'parse-positional-numbers': false,
    'strip-aliased': true,
  })
}

/** Takes the command line apart; throws a usage error for a flag that is not in the table. */
export function readArguments(argv: readonly string[]): Typed {
  return readArgumentsOf(FLAGS, argv, 'arpcheck --help')
}

/** The same for a command with a table of its own; `help` is where that is told. */
export function readArgumentsOf<N extends string>(
  table: FlagTable<N>,
  argv: readonly string[],
  help: string,
): Typed<N> {
  const unknown = (name: string): ArpcheckError => unknownFlag(name, Object.keys(table), help)
  for (const name of argv.map(longName))
    if (name !== undefined && name in Object.prototype) throw unknown(name)
  const parsed = parser(splitShort(argv, table), table).parseSync() as Record<string, unknown>
  const { _: words, $0: _program, ...given } = parsed
  const flags = new Map<N, readonly string[]>()
  for (const [name, value] of Object.entries(given)) {
    if (!isFlagOf(table, name)) throw unknown(name)
    if (value !== undefined && value !== 0) flags.set(name, textsOf(value))
  }
  return { words: (words as unknown[]).map(String), flags }
}

/** `-ojson` → `-o json`, as kubectl takes it; yargs reads four flags there. */
function splitShort(argv: readonly string[], table: FlagTable<string>): string[] {
  const takesValue = (arg: string): boolean => flagWithValue(arg, table) !== undefined
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const split = argv.flatMap((arg, i) => {
    const glued = i < end && /^-[a-z][^=]/i.test(arg) && takesValue(arg.slice(0, 2))
    return glued ? [arg.slice(0, 2), arg.slice(2)] : [arg]
  })
  return split.flatMap((arg, i) => glueDash(arg, split[i - 1], split[i + 1], takesValue))
}

/** `--replay -` → `--replay=-`: yargs takes the dash for a flag. */
function glueDash(
  arg: string,
  before: string | undefined,
  after: string | undefined,
  takesValue: (arg: string) => boolean,
): string[] {
  if (arg === '-' && before !== undefined && takesValue(before)) return []
  return after === '-' && takesValue(arg) ? [`${arg}=-`] : [arg]
}

/** The flag that `-o` or `--output` names, if its value follows it. */
export function flagWithValue<N extends string = FlagName>(
  arg: string,
  table = FLAGS as FlagTable<string> as FlagTable<N>,
): N | undefined {
  return (Object.keys(table) as N[]).find((name) => {
    const { alias, kind } = table[name]
    return kind.metavar !== null && (arg === `--${name}` || arg === `-${alias}`)
  })
}

/** yargs looks flags up in plain objects and stumbles over `--constructor`. */
function longName(arg: string): string | undefined {
  return /^--([^=]+)/.exec(arg)?.[1]
}

function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map(String)
}

function isFlagOf<N extends string>(table: FlagTable<N>, name: string): name is N {
  return Object.hasOwn(table, name)
}

function unknownFlag(name: string, known: readonly string[], help: string): ArpcheckError {
  const typed = name.length === 1 ? `-${name}` : `--${name}`
  const near = nearest(name, known)
  const hint = near === undefined ? '' : ` Did you mean --${near}?`
  return new ArpcheckError('usage', `There is no flag ${quoted(typed)}.${hint}`, {
    remedy: [`${help} lists them all.`],
  })
}
