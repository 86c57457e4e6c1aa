import { ipv4Number, ipv4Of, type Ip } from '../core/ip.ts'
import { GATEWAY, SUBNET_BITS, type LabHost } from './hosts.ts'

/** The segment that everybody is on who has an address of it. */
export const SWITCH = 'sw0'
const NETWORK_SIZE = 2 ** (32 - SUBNET_BITS)

/** Hosts of another network are on a switch of their own: 192.168.2.14 is on `sw2`. */
export function switchOf({ address }: Pick<LabHost, 'address'>): string {
  return isHome(address) ? SWITCH : `sw${address.split('.')[2]}`
}

/** The router on a host's own segment: the first address of its network. */
export function routerOf(address: Ip): Ip {
  return ipv4Of(networkOf(address) + 1)
}

/** Hosts that live on each other switch. */
export function otherSwitches(hosts: readonly LabHost[]): ReadonlyMap<string, readonly LabHost[]> {
  const far = hosts.filter(({ address }) => !isHome(address))
  const names = [...new Set(far.map(switchOf))]
  return new Map(names.map((name) => [name, far.filter((host) => switchOf(host) === name)]))
}

/** In the switches' own namespace: each other switch, and the gateway's cable to it. */
export function routedCables(hosts: readonly LabHost[]): string[] {
  return [...otherSwitches(hosts).keys()].flatMap((name) => [
    `link add ${name} type bridge stp_state 0 mcast_snooping 0`,
    `link set ${name} up`,
    `link add gateway.${name} type veth peer name ${name} netns gateway`,
    `link set gateway.${name} master ${name} up`,
  ])
}

/** On the gateway: its address on each other switch. */
export function routerLines(hosts: readonly LabHost[]): string[] {
  return [...otherSwitches(hosts)].flatMap(([name, [first]]) => [
    `link set ${name} up`,
    `addr add ${routerOf(first!.address)}/${SUBNET_BITS} dev ${name}`,
  ])
}

function isHome(address: Ip): boolean {
  return networkOf(address) === networkOf(GATEWAY)
}

function networkOf(address: Ip): number {
  const number = ipv4Number(address)
  return number - (number % NETWORK_SIZE)
}
