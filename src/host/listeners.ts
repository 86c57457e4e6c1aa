/** A packet socket that hears ARP, as a line of /proc/net/packet tells it. */
export interface PacketSocket {
  /** 0: on every interface. */
  readonly linkIndex: number
  readonly inode: number
}

const ETHERTYPE_ARP = 0x0806
const LINE = /^\S+\s+\d+\s+\d+\s+([0-9a-f]{4})\s+(-?\d+)\s+([01])\s+\d+\s+\d+\s+(\d+)\s*$/i
const SOCKET_LINK = /^socket:\[(\d+)\]$/

/**
 * Packet sockets that could answer ARP unheard by this host: bound to EtherType 0806 and running, as MetalLB's are.
 * A socket for all EtherTypes (0003) does not count: the kernel hands it the frames that this host itself sends, so a
 * responder behind it would answer us, and tcpdump, lldpd and DHCP clients hold such sockets everywhere.
 */
export function arpSockets(procNetPacket: string): { sockets: PacketSocket[]; badLines: number } {
  const lines = procNetPacket.split('\n').slice(1).filter(Boolean)
  const matches = lines.map((line) => LINE.exec(line))
  const sockets = matches.flatMap((match) => {
    const [, etherType = '', linkIndex, running, inode] = match ?? []
    const heard = running === '1' && Number.parseInt(etherType, 16) === ETHERTYPE_ARP
    return heard ? [{ linkIndex: Number(linkIndex), inode: Number(inode) }] : []
  })
  return { sockets, badLines: matches.filter((match) => match === null).length }
}

/** The inode behind a link of /proc/self/fd; undefined where it is no socket. */
export function socketInode(fdLink: string): number | undefined {
  const inode = SOCKET_LINK.exec(fdLink)?.[1]
  return inode === undefined ? undefined : Number(inode)
}
