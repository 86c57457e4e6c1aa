import { FLAG_NAMES, flagOf, GROUPS, type FlagName } from './flags.ts'
import { fold } from './screens/layout.ts'
import { EXAMPLES, EXITS, PURPOSE, SENDS } from './usage.ts'

const INTRO = `arpcheck - ${PURPOSE}

${EXAMPLES.map(([command, what]) => `  ${command.padEnd(42)}${what}\n`).join('')}`

const ENV = 'ARPCHECK_COUNT=5 for --count 5, and so on; what is typed wins. --yes is typed.'

const LEFT = 34

/** `arpcheck --help`: examples, flags by group, what is sent, exit codes; within 80 columns. */
export function helpText(): string {
  const groups = GROUPS.map((group) => {
    const names = FLAG_NAMES.filter((name) => flagOf(name).group === group)
    return [group, ...names.flatMap(flagLines)].join('\n')
  })
  return [
    INTRO,
    ...groups.map((text) => `${text}\n`),
    `What it sends\n${indented(fold(SENDS, 76).join('\n'))}\n`,
    `Environment\n${indented(ENV)}\n`,
    `Exit code\n${indented(EXITS.map(([code, what]) => code.padEnd(5) + what).join('\n'))}`,
    '',
  ].join('\n')
}

function flagLines(name: FlagName): string[] {
  const { default: preset, help } = flagOf(name)
  const label = `  ${flagLabel(name)} `.padEnd(LEFT)
  return fold(preset === undefined ? help : `${help} (${preset})`, 80 - LEFT).map((line, i) =>
    i === 0 ? label + line : ' '.repeat(LEFT) + line,
  )
}

/** `-i, --iface NAME`. */
export function flagLabel(name: FlagName): string {
  const { alias, kind } = flagOf(name)
  return `${alias ? `-${alias},` : '   '} --${name}${kind.metavar ? ` ${kind.metavar}` : ''}`
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
