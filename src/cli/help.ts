import { FLAG_NAMES, flagOf, GROUPS, type FlagName } from './flags.ts'
import { fold } from './screens/layout.ts'

const INTRO = `arpcheck - is each load-balancer VIP answered by the node that should answer?

  arpcheck                                  every VIP of the cluster
  arpcheck -i eno1 192.168.1.60             this one, asked on eno1
  arpcheck explain 192.168.1.60             why this node?
  arpcheck explain ARP102                   what does that mean?
  arpcheck 192.168.1.60=nuc-4               is it this node?
  arpcheck --no-kube 192.168.1.60=MAC       is it this machine? (no cluster)
  arpcheck --no-kube 192.168.1.60-79        a range: who answers, and only one?
  arpcheck --replay seen.pcap 192.168.1.60  from a capture, asking nobody
  arpcheck members                          whom does each speaker count?
  arpcheck lab                              stories on a segment of their own
  arpcheck completion bash|zsh|fish         for your shell
`

const SENDS =
  "Broadcast ARP who-has from the interface's own MAC and address (0.0.0.0 where it has none on that segment): " +
  "(addresses + default gateways + the nodes' own addresses) x --count frames, at most --rate a second; again, up " +
  'to twice, where frames were lost; and by unicast to a given MAC that keeps silent, or to one that no node is ' +
  'known for. It listens without promiscuous mode, reads the Kubernetes API, and changes nothing anywhere.'

const EXITS = `0    as expected
1    a finding reached --fail-on
2    wrong usage or configuration
3    could not test: no permission, no such interface, link down, deaf, no API
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
