import type { Ip } from './ip.ts'
import type { Mac } from './mac.ts'

/** A network interface of this host, as rtnetlink tells it. */
export interface Link {
  readonly index: number
  readonly name: string
  /** Null where the link has no Ethernet address (tunnels). */
  readonly mac: Mac | null
  /** ARPHRD_ETHER: the only kind of link that carries the frames we send. */
  readonly ethernet: boolean
  readonly loopback: boolean
  /** Administratively up (IFF_UP). */
  readonly up: boolean
  /** Has a carrier (IFF_LOWER_UP). */
  readonly carrier: boolean
  /** Answers ARP (not IFF_NOARP). */
  readonly arp: boolean
  /** `veth`, `bridge`, `vlan`, `bond`, `macvlan`, …; null for a physical NIC. */
  readonly kind: string | null
  /** Name of the bridge, bond, team or VRF that owns this link. */
  readonly master: string | null
  /** Name of the link below: the parent of a VLAN or macvlan, when it is in the same namespace. */
  readonly lower: string | null
  /** 802.1Q id of a VLAN link. */
  readonly vlanId: number | null
  readonly wireless: boolean
  readonly mtu: number
  readonly addresses: readonly InterfaceAddress[]
}

export interface InterfaceAddress {
  readonly ip: Ip
  readonly bits: number
}

export interface Gateway {
  readonly ip: Ip
  readonly interface: string
}

/** One entry of this host's neighbour table (ARP cache). */
export interface Neighbour {
  readonly ip: Ip
  readonly interface: string
  readonly mac: Mac | null
  readonly state:
    | 'reachable'
    | 'stale'
    | 'delay'
    | 'probe'
    | 'incomplete'
    | 'failed'
    | 'permanent'
    | 'noarp'
    | 'none'
}

/** Packet sockets of other processes that hear ARP requests here: perhaps a speaker (rule 2, maybe-self). */
export interface ArpListener {
  /** Null: listens on every interface. */
  readonly interface: string | null
  readonly inode: number
  /** Who holds it; null where that cannot be seen from here: another user's, or in another container. */
  readonly process: Process | null
}

export interface Process {
  readonly pid: number
  /** As /proc/PID/comm has it, at most 15 bytes. */
  readonly name: string
}

/** This host at one moment. */
export interface HostFacts {
  readonly hostname: string
  readonly links: readonly Link[]
  /** Next hops of default routes, the preferred one first. */
  readonly gateways: readonly Gateway[]
  readonly neighbours: readonly Neighbour[]
  readonly arpListeners: readonly ArpListener[]
  /** Kernel messages and lines of /proc that could not be read, by reason. */
  readonly ignored: Readonly<Record<string, number>>
}

/** The kernel's tables that a watch tells apart; `routes` holds the gateways. */
export type HostTable = 'links' | 'addresses' | 'routes' | 'neighbours'

/** Those that hear what comes in on this interface. */
export function listenersOn(interfaceName: string, { arpListeners }: HostFacts): ArpListener[] {
  return arpListeners.filter(({ interface: name }) => name === null || name === interfaceName)
}
