import yargs, { type Argv } from 'yargs'
import { quoted } from '../core/text.ts'
import { ArpcheckError } from '../errors.ts'
import { FLAG_NAMES, flagOf, type FlagName } from './flags.ts'
import { nearest } from '../core/nearest.ts'
import { level, onOff } from './values.ts'

/** What was typed: words, and the texts of each flag that is there, not yet read. */
export interface Typed {
  readonly words: readonly string[]
  readonly flags: ReadonlyMap<FlagName, readonly string[]>
}

/** yargs with our flags, and without its help, its exits and its guesses about numbers, dots and names. */
function parser(argv: readonly string[]): Argv {
  const made = yargs([...argv])
    .scriptName('arpcheck')
    .help(false)
    .version(false)
    .exitProcess(false)
  for (const name of FLAG_NAMES) {
    const { alias, kind, help } = flagOf(name)
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
  for (const name of argv.map(longName))
    if (name !== undefined && name in Object.prototype) throw unknownFlag(name)
  const { _: words, $0: _program, ...given } = parser(splitShort(argv)).parseSync() as Record<string, unknown>
  const flags = new Map<FlagName, readonly string[]>()
  for (const [name, value] of Object.entries(given)) {
    if (!isFlag(name)) throw unknownFlag(name)
    if (value !== undefined && value !== 0) flags.set(name, textsOf(value))
  }
  return { words: (words as unknown[]).map(String), flags }
}

/** `-ojson` → `-o json`, as kubectl takes it; yargs reads four flags there. */
function splitShort(argv: readonly string[]): string[] {
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const split = argv.flatMap((arg, i) => {
    const glued = i < end && /^-[a-z][^=]/i.test(arg) && takesValue(arg.slice(0, 2))
    return glued ? [arg.slice(0, 2), arg.slice(2)] : [arg]
  })
  return split.flatMap((arg, i) => glueDash(arg, split[i - 1], split[i + 1]))
}

/** `--replay -` → `--replay=-`: yargs takes the dash for a flag. */
function glueDash(arg: string, before: string | undefined, after: string | undefined): string[] {
  if (arg === '-' && before !== undefined && takesValue(before)) return []
  return after === '-' && takesValue(arg) ? [`${arg}=-`] : [arg]
}

/** Whether `-o` or `--output` is followed by its value. */
function takesValue(arg: string): boolean {
  return flagWithValue(arg) !== undefined
}

/** The flag that `-o` or `--output` names, if its value follows it. */
export function flagWithValue(arg: string): FlagName | undefined {
  return FLAG_NAMES.find((name) => {
    const { alias, kind } = flagOf(name)
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

function isFlag(name: string): name is FlagName {
  return (FLAG_NAMES as readonly string[]).includes(name)
}

function unknownFlag(name: string): ArpcheckError {
  const typed = name.length === 1 ? `-${name}` : `--${name}`
  const near = nearest(name, FLAG_NAMES)
  const hint = near === undefined ? '' : ` Did you mean --${near}?`
  return new ArpcheckError('usage', `There is no flag ${quoted(typed)}.${hint}`, {
    remedy: ['arpcheck --help lists them all.'],
  })
}
