import { FLAG_NAMES, flagOf, GROUPS, type FlagName } from './flags.ts'
import { fold } from './screens/layout.ts'

const INTRO = `arpcheck - is each load-balancer VIP answered by the machine that should answer?

  arpcheck 192.168.1.60                     who answers, and is it only one?
  arpcheck 192.168.1.60=1c:69:7a:aa:04:10   is it this machine?
  arpcheck -i eno1 192.168.1.60-79          a range, asked on eno1
  arpcheck -o json 192.168.1.0/26           a network, for a script
  arpcheck --replay seen.pcap 192.168.1.60  from a capture, asking nobody
  arpcheck lab                              stories on a segment of their own
  arpcheck completion bash|zsh|fish         for your shell
`

const SENDS =
  "Broadcast ARP who-has from the interface's own MAC and address (0.0.0.0 where it has none on that segment): " +
  '(addresses + default gateways) x --count frames, at most --rate a second; again, up to twice, where frames ' +
  'were lost; and by unicast to a given MAC that keeps silent. It listens without promiscuous mode and changes ' +
  'nothing anywhere.'

const EXITS = `0    as expected
1    a finding reached --fail-on
2    wrong usage
3    could not test: no permission, no such interface, link down, deaf
4    no owner is known, with --require-expectation
130  interrupted; what was known by then is printed`

const LEFT = 31

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
    'Environment\n  ARPCHECK_COUNT=5 for --count 5, and so on; what is typed wins. --yes is typed.\n',
    `Exit code\n${indented(EXITS)}`,
    '',
  ].join('\n')
}

function flagLines(name: FlagName): string[] {
  const { default: preset, help } = flagOf(name)
  const label = `  ${flagLabel(name)}`.padEnd(LEFT)
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
