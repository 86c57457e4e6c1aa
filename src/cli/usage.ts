/** What --help, completion and the man page tell beside the flags. */

export const PURPOSE = 'is each load-balancer VIP answered by the node that should answer?'

/** Commands beside the check, which needs no name: what each takes, and is for. */
export const COMMANDS = [
  ['explain', 'VIP|CODE', 'why this node? what does this code mean?'],
  ['members', '', 'whom does each speaker count?'],
  ['daemon', '', 'watch every VIP, for Prometheus'],
  ['config', '', "the daemon's settings, and where each comes from"],
  ['lab', 'list|run|up|shell|down', 'stories on a segment of their own'],
  ['completion', 'bash|zsh|fish', 'a script for your shell'],
  ['man', '', 'the manual page'],
] as const

export const EXAMPLES = [
  ['arpcheck', 'every VIP of the cluster'],
  ['arpcheck -i eno1 192.168.1.60', 'this one, asked on eno1'],
  ['arpcheck explain 192.168.1.60', 'why this node?'],
  ['arpcheck explain ARP102', 'what does that mean?'],
  ['arpcheck 192.168.1.60=nuc-4', 'is it this node?'],
  ['arpcheck --no-kube 192.168.1.60=MAC', 'is it this machine? (no cluster)'],
  ['arpcheck --no-kube 192.168.1.60-79', 'a range: who answers, and only one?'],
  ['arpcheck --replay seen.pcap 192.168.1.60', 'from a capture, asking nobody'],
  ['arpcheck members', 'whom does each speaker count?'],
  ['arpcheck daemon --help', 'watch every VIP, for Prometheus'],
  ['arpcheck lab', 'stories on a segment of their own'],
  ['arpcheck completion bash|zsh|fish', 'for your shell'],
  ['arpcheck man', 'the manual page'],
] as const

export const ADDRESSES = [
  [
    '192.168.1.60',
    'this address: whom the cluster elects must answer, or without a cluster anybody, but only one',
  ],
  ['192.168.1.60=nuc-4', 'only this node of the cluster may answer, whomever it elects'],
  ['192.168.1.60=MAC', 'only this MAC may answer; MAC+MAC for a machine with several'],
  ['192.168.1.60-79', 'a range, both ends included'],
  ['192.168.1.0/26', 'all addresses of a network, its first and last included'],
] as const

export const SENDS =
  "Broadcast ARP who-has from the interface's own MAC and address (0.0.0.0 where it has none on that segment): " +
  "(addresses + default gateways + the nodes' own addresses) x --count frames, at most --rate a second; again, up " +
  'to twice, where frames were lost, and every two seconds for addresses that may settle; by unicast to a MAC that ' +
  'should answer and keeps silent, or to one that no node is known for; and where an address is silent, an ICMP echo ' +
  'to each node that did not answer by ARP. It listens without promiscuous mode, reads the Kubernetes API, asks each ' +
  'speaker for its member list, and changes nothing anywhere.'

export const EXITS = [
  ['0', 'as expected'],
  ['1', 'a finding reached --fail-on'],
  ['2', 'wrong usage or configuration'],
  ['3', 'could not test: no permission, no such interface, link down, deaf, no API'],
  ['4', 'no owner is known, with --require-expectation'],
  ['130', 'interrupted; what was known by then is printed'],
] as const

export const ENVIRONMENT = [
  [
    'ARPCHECK_*',
    'the flags that have such a name above: ARPCHECK_COUNT=5 is --count 5. What is typed wins; lists are separated by commas, switches are 1 or 0.',
  ],
  ['KUBECONFIG', 'where kubectl finds its clusters, if --kubeconfig is not given'],
  ['NO_COLOR, FORCE_COLOR, TERM', 'colours, unless --color is given'],
  ['LC_ALL, LC_CTYPE, LANG', 'without UTF-8 in the first that is set, plain ASCII is printed'],
  ['XDG_CACHE_HOME', 'where the list of VIPs is kept; else ~/.cache'],
] as const

export const FILES = [
  ['/etc/arpcheck/arpcheck.yaml', "the daemon's settings, unless --config names another file"],
  ['~/.kube/config', 'the cluster that kubectl would use'],
  ['/etc/rancher/k3s/k3s.yaml', "else that of K3s; else the pod's own ServiceAccount"],
  [
    '~/.cache/arpcheck/*.json',
    'VIPs, Services and nodes of the last good run, one file a cluster, for its owner alone',
  ],
] as const
