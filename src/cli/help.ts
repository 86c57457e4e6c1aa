import { FLAGS, GROUPS, type FlagTable } from './flags.ts'
import { fold } from './screens/layout.ts'
import { EXAMPLES, EXITS, PURPOSE, SENDS } from './usage.ts'

const INTRO = `arpcheck - ${PURPOSE}

${EXAMPLES.map(([command, what]) => `  ${command.padEnd(42)}${what}\n`).join('')}`

const ENV = 'ARPCHECK_COUNT=5 for --count 5, and so on; what is typed wins. --yes is typed.'

const LEFT = 34

/** `arpcheck --help`: examples, flags by group, what is sent, exit codes; within 80 columns. */
export function helpText(): string {
  const groups = flagGroups(FLAGS, GROUPS)
  return [
    INTRO,
    ...groups.map((text) => `${text}\n`),
    `What it sends\n${indented(fold(SENDS, 76).join('\n'))}\n`,
    `Environment\n${indented(ENV)}\n`,
    `Exit code\n${indented(EXITS.map(([code, what]) => code.padEnd(5) + what).join('\n'))}`,
    '',
  ].join('\n')
}

/** Each group of a table's flags, as lines of a help. */
export function flagGroups(table: FlagTable<string>, groups: readonly string[]): readonly string[] {
  return groups.map((group) => {
    const names = Object.keys(table).filter((name) => table[name]!.group === group)
    return [group, ...names.flatMap((name) => flagLines(name, table))].join('\n')
  })
}

function flagLines(name: string, table: FlagTable<string>): string[] {
  const { default: preset, help } = table[name]!
  const label = `  ${flagLabel(name, table)}`
  const lines = fold(preset === undefined ? help : `${help} (${preset})`, 80 - LEFT)
  const [first = '', ...more] = label.length < LEFT ? lines : ['', ...lines]
  return [(label.padEnd(LEFT) + first).trimEnd(), ...more.map((line) => ' '.repeat(LEFT) + line)]
}

/** `-i, --iface NAME`. */
export function flagLabel(name: string, table: FlagTable<string> = FLAGS): string {
  const { alias, kind } = table[name]!
  return `${alias ? `-${alias},` : '   '} --${name}${kind.metavar ? ` ${kind.metavar}` : ''}`
}

export function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
