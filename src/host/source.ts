import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { netlinkAddon } from './addon.ts'
import { socketInode } from './listeners.ts'
import type { NetlinkDump } from './tables.ts'

/** Where the facts about this host come from; tests bring their own. */
export interface HostSource {
  readonly netlinkDump: NetlinkDump
  readonly hostname: () => string
  /** The text of /proc/net/packet. */
  readonly packetSockets: () => string
  /** Inodes of the sockets that this process holds. */
  readonly ownSockets: () => ReadonlySet<number>
  readonly isWireless: (linkName: string) => boolean
}

/** The host that this process runs on. Throws an ArpcheckError `engine-unavailable` where the addon cannot be loaded. */
export function thisHost(): HostSource {
  return {
    netlinkDump: netlinkAddon().netlinkDump,
    hostname,
    packetSockets: () => readFileSync('/proc/net/packet', 'utf8'),
    ownSockets,
    isWireless: (name) =>
      ['wireless', 'phy80211'].some((entry) => existsSync(`/sys/class/net/${name}/${entry}`)),
  }
}

function ownSockets(): ReadonlySet<number> {
  const inodes = readdirSync('/proc/self/fd').map((fd) => socketInode(linkOf(`/proc/self/fd/${fd}`)))
  return new Set(inodes.filter((inode) => inode !== undefined))
}

/** Where a link points; '' when it went away meanwhile, as the descriptor of the listing itself does. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
