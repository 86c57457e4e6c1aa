import { isIpv4, type Ip } from '../core/ip.ts'
import { ArpcheckError } from '../errors.ts'
import { exec, must, type ExecOptions, type Finished } from './exec.ts'
import { GATEWAY, INTERFACE, SUBNET_BITS, type LabHost } from './hosts.ts'

const SWITCH = 'sw0'
const READY_MS = 10_000
const READY_POLL_MS = 20

// Router discovery, link-local addresses and their duplicate detection are noise on a segment about ARP.
const NO_IPV6 =
  'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
// A host has its own name, so that reports tell the vantage apart; "$0" is the name, "$@" the program.
const AS_HOST = 'hostname "$0" && exec "$@"'

/** The switch's end of the cable to a host. */
export function portOf(name: string): string {
  return `${name}.${INTERFACE}`
}

/** Builds switch, hosts and cables in this network namespace; resolves when every port forwards. */
export async function buildSegment(hosts: readonly LabHost[]): Promise<void> {
  await must('mount', ['-t', 'tmpfs', 'tmpfs', '/run'])
  await ip(hosts.map((host) => `netns add ${host.name}`))
  await must('sh', ['-c', NO_IPV6])
  await must('ip', ['-all', 'netns', 'exec', 'sh', '-c', NO_IPV6])
  await ip([`link add ${SWITCH} type bridge stp_state 0 mcast_snooping 0`, `link set ${SWITCH} up`])
  await ip(hosts.flatMap(cable))
  await Promise.all(hosts.map(bringUp))
  await untilForwarding(hosts.length)
}

/** Runs a program on a host, under the host's name, as any user of that host would. */
export function execOn(
  host: string,
  file: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<Finished> {
  const command = ['netns', 'exec', host, 'unshare', '--uts', 'sh', '-c', AS_HOST, host, file, ...args]
  return exec('ip', command, options)
}

/** Applies a batch of `ip` commands, on a host or on the switch. */
export async function ip(lines: readonly string[], host?: string): Promise<void> {
  const where = host ? ['-n', host] : []
  await must('ip', [...where, '-batch', '-'], { input: lines.join('\n') + '\n' })
}

/** Makes a host's kernel answer for an address, or stop doing so. */
export function addressLine(verb: 'add' | 'del', address: Ip): string {
  return `addr ${verb} ${address}/${isIpv4(address) ? 32 : 128} dev ${INTERFACE}`
}

function cable({ name, mac }: LabHost): string[] {
  const port = portOf(name)
  return [
    `link add ${port} type veth peer name ${INTERFACE} address ${mac} netns ${name}`,
    `link set ${port} master ${SWITCH} up`,
  ]
}

function bringUp({ name, address, owns }: LabHost): Promise<void> {
  const up = [
    'link set lo up',
    `link set ${INTERFACE} up`,
    `addr add ${address}/${SUBNET_BITS} dev ${INTERFACE}`,
  ]
  const route = address === GATEWAY ? [] : [`route add default via ${GATEWAY}`]
  return ip([...up, ...route, ...owns.map((owned) => addressLine('add', owned))], name)
}

interface Port {
  readonly linkinfo?: { readonly info_slave_data?: { readonly state?: string } }
}

async function untilForwarding(ports: number): Promise<void> {
  const deadline = performance.now() + READY_MS
  while (performance.now() < deadline) {
    const told = JSON.parse(await must('ip', ['-d', '-j', 'link', 'show', 'master', SWITCH])) as Port[]
    const forwarding = told.filter((port) => port.linkinfo?.info_slave_data?.state === 'forwarding')
    if (forwarding.length === ports) return
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS))
  }
  throw new ArpcheckError(
    'lab-unavailable',
    `The lab's switch did not come up within ${READY_MS / 1000} s.`,
    {
      remedy: ['Run it again; a machine under heavy load can be too slow for it.'],
    },
  )
}
