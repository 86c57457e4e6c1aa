import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { Process } from '../core/host.ts'
import { netlinkAddon } from './addon.ts'
import { holdersOf, linkOf } from './holders.ts'
import { socketInode } from './listeners.ts'
import type { NetlinkDump } from './tables.ts'

/** What /proc and /sys tell of this host; tests bring their own. */
export interface ProcSource {
  readonly hostname: () => string
  /** The text of /proc/net/packet. */
  readonly packetSockets: () => string
  /** Inodes of the sockets that this process holds. */
  readonly ownSockets: () => ReadonlySet<number>
  /** The processes that hold these sockets, as far as they can be seen. */
  readonly socketHolders: (inodes: ReadonlySet<number>) => ReadonlyMap<number, Process>
  readonly isWireless: (linkName: string) => boolean
}

/** Where all facts about this host come from. */
export interface HostSource extends ProcSource {
  readonly netlinkDump: NetlinkDump
}

export const procOfThisHost: ProcSource = {
  hostname,
  packetSockets: () => readFileSync('/proc/net/packet', 'utf8'),
  ownSockets,
  socketHolders: (inodes) => holdersOf(inodes),
  isWireless: (name) =>
    ['wireless', 'phy80211'].some((entry) => existsSync(`/sys/class/net/${name}/${entry}`)),
}

/** The host that this process runs on. Throws an ArpcheckError `engine-unavailable` where the addon cannot be loaded. */
export function thisHost(): HostSource {
  return { ...procOfThisHost, netlinkDump: netlinkAddon().netlinkDump }
}

function ownSockets(): ReadonlySet<number> {
  const inodes = readdirSync('/proc/self/fd').map((fd) => socketInode(linkOf(`/proc/self/fd/${fd}`)))
  return new Set(inodes.filter((inode) => inode !== undefined))
}
