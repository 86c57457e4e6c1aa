import type { ArpListener, Gateway, HostFacts, Link, Neighbour, Process } from '../core/host.ts'
import { messageOf } from '../errors.ts'
import { arpSockets, type PacketSocket } from './listeners.ts'
import type { LinkRecord, NeighbourRecord } from './rtnetlink.ts'
import { thisHost, type HostSource, type ProcSource } from './source.ts'
import { readTables, unreadable, type HostTables } from './tables.ts'

/** linux/if.h */
export const IFF = { up: 0x1, loopback: 0x8, noArp: 0x80, lowerUp: 0x10000 } as const

/**
 * This host now; costs about a millisecond and sends nothing to the network.
 * Throws an ArpcheckError: `engine-unavailable` without the addon, `host-unreadable` where the kernel refuses.
 */
export function readHostFacts(source: HostSource = thisHost()): HostFacts {
  const tables = readTables(source.netlinkDump)
  const names = new Map(tables.links.map((link) => [link.index, link.name]))
  const { arpListeners, badLines } = listenersOf(source, names)
  return {
    hostname: source.hostname(),
    links: tables.links.map((link) => linkOf(link, names, tables, source)),
    gateways: gatewaysOf(tables, names),
    neighbours: tables.neighbours.flatMap((entry) => neighbourOf(entry, names)),
    arpListeners,
    ignored: { ...Object.fromEntries(tables.drops), ...(badLines > 0 && { 'bad-packet-line': badLines }) },
  }
}

/** Link index → name. */
export type Names = ReadonlyMap<number, string>

/** ARP listeners of other processes. */
export function listenersOf(
  source: ProcSource,
  names: Names,
): { arpListeners: ArpListener[]; badLines: number } {
  const [text, own] = readProc(source)
  const { sockets, badLines } = arpSockets(text)
  const others = sockets.filter(({ inode }) => !own.has(inode))
  const inodes = new Set(others.map(({ inode }) => inode))
  const holders = inodes.size > 0 ? source.socketHolders(inodes) : new Map<number, Process>()
  return { arpListeners: others.flatMap((socket) => listenerOf(socket, names, holders)), badLines }
}

function readProc(source: ProcSource): [string, ReadonlySet<number>] {
  try {
    return [source.packetSockets(), source.ownSockets()]
  } catch (error) {
    throw unreadable(messageOf(error), error)
  }
}

function linkOf(record: LinkRecord, names: Names, tables: HostTables, source: HostSource): Link {
  const { index, name, mac, ethernet, flags, kind, vlanId, mtu } = record
  return {
    index,
    name,
    mac,
    ethernet,
    loopback: (flags & IFF.loopback) !== 0,
    up: (flags & IFF.up) !== 0,
    carrier: (flags & IFF.lowerUp) !== 0,
    arp: (flags & IFF.noArp) === 0,
    kind,
    master: nameOf(record.masterIndex, names),
    lower: nameOf(record.lowerIndex, names),
    vlanId,
    wireless: ethernet && source.isWireless(name),
    mtu,
    addresses: tables.addresses
      .filter((one) => one.linkIndex === index)
      .map(({ ip, bits }) => ({ ip, bits })),
  }
}

function nameOf(index: number | null, names: Names): string | null {
  return index === null ? null : (names.get(index) ?? null)
}

function neighbourOf({ ip, linkIndex, mac, state }: NeighbourRecord, names: Names): Neighbour[] {
  const name = names.get(linkIndex)
  return name === undefined ? [] : [{ ip, interface: name, mac, state }]
}

/** Index 0 is every interface; an index without a name belongs to a link that just went away. */
function listenerOf(
  { linkIndex, inode }: PacketSocket,
  names: Names,
  holders: ReadonlyMap<number, Process>,
): ArpListener[] {
  const process = holders.get(inode) ?? null
  if (linkIndex === 0) return [{ interface: null, inode, process }]
  const name = names.get(linkIndex)
  return name === undefined ? [] : [{ interface: name, inode, process }]
}

/** Each next hop of a default route once, the preferred one first. */
function gatewaysOf(tables: HostTables, names: Names): Gateway[] {
  const sorted = tables.gateways.toSorted((a, b) => a.metric - b.metric)
  const byKey = new Map<string, Gateway>()
  for (const { ip, linkIndex } of sorted) {
    const name = names.get(linkIndex)
    const key = `${ip} ${linkIndex}`
    if (name !== undefined && !byKey.has(key)) byKey.set(key, { ip, interface: name })
  }
  return [...byKey.values()]
}
