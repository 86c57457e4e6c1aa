import { ArpcheckError } from '../errors.ts'
import { exec, must, type ExecOptions, type Finished } from './exec.ts'
import { BRIDGE, GATEWAY, INTERFACE, linksOf, SUBNET_BITS, type LabHost } from './hosts.ts'
import { untilForwarding } from './forwarding.ts'
import { otherSwitches, routedCables, routerLines, routerOf, SWITCH, switchOf } from './routed.ts'

/** Programs for those who enter a host: inside, /run is the segment's own. */
export const BIN = '/run/bin'

const POD_BRIDGE = 'cni0'

// Router discovery, link-local addresses and their duplicate detection are noise on a segment about ARP.
const NO_IPV6 =
  'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
// A host has its own name, so that reports tell the vantage apart; "$0" is the name, "$@" the program.
const AS_HOST = 'hostname "$0" && exec "$@"'
// Pairs of a file below conf/ and its value
const WRITE_SETTINGS =
  'while [ $# -gt 0 ]; do echo "$2" >"/proc/sys/net/ipv4/conf/$1" || exit 1; shift 2; done'

/** The switch's end of a cable. */
export function portOf(host: string, nic: string = INTERFACE): string {
  return `${host}.${nic}`
}

/** Builds switch, hosts and cables in this network namespace; resolves when every port forwards. */
export async function buildSegment(hosts: readonly LabHost[]): Promise<void> {
  await must('mount', ['-t', 'tmpfs', 'tmpfs', '/run'])
  await ip(hosts.map((host) => `netns add ${host.name}`))
  await must('sh', ['-c', NO_IPV6])
  await must('ip', ['-all', 'netns', 'exec', 'sh', '-c', NO_IPV6])
  await ip([`link add ${SWITCH} type bridge stp_state 0 mcast_snooping 0`, `link set ${SWITCH} up`])
  await ip([...routedCables(hosts), ...hosts.flatMap(cables)])
  await Promise.all(hosts.map(bringUp))
  await route(hosts)
  await untilForwarding(hosts.flatMap(({ nics }) => nics).length + otherSwitches(hosts).size)
}

/** Runs a program on a host, under the host's name, as any user of that host would. */
export function execOn(
  host: string,
  file: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<Finished> {
  const [program = '', ...rest] = onHost(host, file, args)
  return exec(program, rest, options)
}

/** The command that runs a program on a host, for whoever is inside the segment. */
export function onHost(host: string, file: string, args: readonly string[]): string[] {
  return ['ip', 'netns', 'exec', host, 'unshare', '--uts', 'sh', '-c', AS_HOST, host, file, ...args]
}

/** Applies a batch of `ip` commands, on a host or on the switch. */
export async function ip(lines: readonly string[], host?: string): Promise<void> {
  const where = host ? ['-n', host] : []
  await must('ip', [...where, '-batch', '-'], { input: lines.join('\n') + '\n' })
}

/** Makes a host's kernel answer for an address, or a network, or stop doing so. */
export function addressLine(verb: 'add' | 'del', host: LabHost, owned: string): string {
  if (owned.includes('/')) return `route ${verb} local ${owned} dev lo`
  return `addr ${verb} ${owned}/32 dev ${linksOf(host)[0]!.name}`
}

function cables(host: LabHost): string[] {
  const { name, nics } = host
  return nics.flatMap((nic) => [
    `link add ${portOf(name, nic.name)} type veth peer name ${nic.name} address ${nic.mac} netns ${name}`,
    `link set ${portOf(name, nic.name)} master ${switchOf(host)} up`,
  ])
}

async function bringUp(host: LabHost): Promise<void> {
  const { name, nics, address, bridge, owns, proxies, podGateway } = host
  const [first] = linksOf(host)
  await setKernel(name, kernelSettings(host))
  await ip(
    [
      'link set lo up',
      ...(bridge ? [`link add ${BRIDGE} address ${bridge} type bridge stp_state 0 mcast_snooping 0`] : []),
      ...(bridge ? [`link set ${INTERFACE} master ${BRIDGE}`, `link set ${BRIDGE} up`] : []),
      ...nics.map((nic) => `link set ${nic.name} up`),
      ...(podGateway ? podBridge(podGateway) : []),
      `addr add ${address}/${SUBNET_BITS} dev ${first!.name}`,
      ...(address === GATEWAY ? [] : [`route add default via ${routerOf(address)}`]),
      ...owns.map((owned) => addressLine('add', host, owned)),
      // A kernel is a proxy for what it would forward out of another link
      ...proxies.map((network) => `route add ${network} dev lo`),
      ...neighbourLines(host),
    ],
    name,
  )
}

/** The gateway forwards between the segments, where there is more than one. */
async function route(hosts: readonly LabHost[]): Promise<void> {
  const gateway = hosts.find(({ address }) => address === GATEWAY)
  const lines = routerLines(hosts)
  if (!gateway || lines.length === 0) return
  await setKernel(gateway.name, [['all/forwarding', '1']])
  await ip(lines, gateway.name)
}

function neighbourLines(host: LabHost): string[] {
  const [first] = linksOf(host)
  return Object.entries(host.neighbours).map(
    ([address, mac]) => `neigh replace ${address} lladdr ${mac} dev ${first!.name} nud permanent`,
  )
}

/** As most network plugins leave it on a node: the kernel answers for this address on the other NICs too. */
function podBridge({ address, bits }: NonNullable<LabHost['podGateway']>): string[] {
  return [
    `link add ${POD_BRIDGE} type bridge stp_state 0 mcast_snooping 0`,
    `link set ${POD_BRIDGE} up`,
    `addr add ${address}/${bits} dev ${POD_BRIDGE}`,
  ]
}

function kernelSettings({ arpIgnore, proxies }: LabHost): string[][] {
  return [
    ...(arpIgnore > 0 ? [['all/arp_ignore', String(arpIgnore)]] : []),
    ...(proxies.length > 0
      ? [
          ['all/forwarding', '1'],
          ['all/proxy_arp', '1'],
        ]
      : []),
  ]
}

async function setKernel(name: string, settings: readonly string[][]): Promise<void> {
  if (settings.length === 0) return
  const { code, stderr } = await execOn(name, 'sh', ['-c', WRITE_SETTINGS, 'sh', ...settings.flat()])
  if (code !== 0)
    throw new ArpcheckError('lab-unavailable', `The lab could not set ${name}'s kernel: ${stderr}`)
}
