import { FINDINGS, type FindingCode } from '../core/findings.ts'
import { DAEMON_FLAGS, DAEMON_GROUPS } from './daemon/flags.ts'
import { FLAGS, GROUPS, variableOf, type FlagTable } from './flags.ts'
import { ADDRESSES, COMMANDS, ENVIRONMENT, EXAMPLES, EXITS, FILES, PURPOSE, SENDS } from './usage.ts'

/** arpcheck(1), for the man macros of groff and mandoc: from the same tables as --help. */
export function manualPage(version: string): string {
  return [
    `.TH ARPCHECK 1 "" "arpcheck ${version}" "User Commands"`,
    // no hyphens inside names, no gaps between words
    '.nh\n.ad l',
    ...section('NAME', [text(`arpcheck - ${PURPOSE}`)]),
    ...section('SYNOPSIS', synopsis()),
    ...section('DESCRIPTION', [text(DESCRIPTION)]),
    ...section('ADDRESSES', ADDRESSES.flatMap(entry)),
    ...section(
      'COMMANDS',
      COMMANDS.flatMap(([name, takes, what]) => entry([`${name} ${takes}`.trim(), what])),
    ),
    ...section('OPTIONS', groups(FLAGS, GROUPS)),
    ...section('OPTIONS OF DAEMON AND CONFIG', groups(DAEMON_FLAGS, DAEMON_GROUPS)),
    ...section('WHAT IT SENDS', [text(SENDS)]),
    ...section('EXIT STATUS', EXITS.flatMap(entry)),
    ...section('DIAGNOSTICS', [
      text(DIAGNOSTICS),
      ...(Object.keys(FINDINGS) as FindingCode[]).flatMap(finding),
    ]),
    ...section('ENVIRONMENT', ENVIRONMENT.flatMap(entry)),
    ...section('FILES', FILES.flatMap(entry)),
    ...section('EXAMPLES', EXAMPLES.flatMap(entry)),
    ...section('SEE ALSO', ['.BR arping (8),', '.BR tcpdump (8),', '.BR kubectl (1)']),
    '',
  ].join('\n')
}

const DESCRIPTION =
  'In layer-2 mode MetalLB gives each LoadBalancer Service an address, a VIP, and lets one node answer ARP for it. arpcheck ' +
  'asks the wire who has each VIP, computes whom the installed MetalLB elects, and says whether the node that answers is ' +
  'the one that should. It needs CAP_NET_RAW and nothing more. Commands that would help are printed, never run.'

const DIAGNOSTICS =
  'Codes of findings are an API and never reused. arpcheck explain CODE says how one is known, its likely causes, how to ' +
  'confirm and how to mend it.'

function synopsis(): string[] {
  const others = COMMANDS.map(
    ([name, takes]) => `.br\n.B arpcheck ${name}\n${takes === '' ? '' : text(takes)}`,
  )
  return ['.B arpcheck', text('[flags] [ADDRESS[=NODE|=MAC] ...]'), ...others.map((lines) => lines.trimEnd())]
}

function groups(table: FlagTable<string>, names: readonly string[]): string[] {
  return names.flatMap((group) => {
    const flags = Object.keys(table).filter((name) => table[name]!.group === group)
    return [`.SS ${group}`, ...flags.flatMap((name) => flag(name, table))]
  })
}

function flag(name: string, table: FlagTable<string>): string[] {
  const { alias, kind, help, default: preset } = table[name]!
  const names = [...(alias ? [`-${alias}`] : []), `--${name}`].map((each) => `\\fB${inline(each)}\\fR`)
  const value = kind.metavar ? ` \\fI${inline(kind.metavar)}\\fR` : ''
  const variable = variableOf(name, table[name]!)
  const more = [...(preset ? [`default ${preset}`] : []), ...(variable ? [variable] : [])].join('; ')
  return ['.TP', `${names.join(', ')}${value}`, text(more === '' ? help : `${help} (${more})`)]
}

function finding(code: FindingCode): string[] {
  const { name, severity, meaning } = FINDINGS[code]
  return entry([`${code} ${name} (${severity})`, meaning])
}

function section(title: string, lines: readonly string[]): string[] {
  return [`.SH ${title}`, ...lines]
}

function entry([term, what]: readonly [string, string]): string[] {
  return ['.TP', `.B ${inline(term)}`, text(what)]
}

/** A line of text: one that begins with a dot or a quote would be a request. */
function text(words: string): string {
  return inline(words).replace(/^(?=[.'])/, '\\&')
}

/** Dashes that can be copied, and no escapes but ours. */
function inline(words: string): string {
  return words.replaceAll('\\', '\\e').replaceAll('-', '\\-')
}
