import { loadAddon } from '../addon.ts'

/** What native/netlink_object.cc exports. */
export interface NetlinkAddon {
  /** One rtnetlink dump request in, all datagrams of the answer out. Throws `{ code, message }`. */
  readonly netlinkDump: (request: Uint8Array) => Uint8Array
  /**
   * Joins multicast groups. `onEvents` is called once, then not again before the next `drain`, which returns the
   * messages that wait, or throws `{ code, message }` once the reading has ended. Keeps the event loop alive.
   */
  readonly netlinkSubscribe: (groups: number, onEvents: () => void) => NetlinkSubscription
}

export interface NetlinkSubscription {
  drain(): Uint8Array
  close(): void
}

/** Throws an ArpcheckError `engine-unavailable`. */
export function netlinkAddon(): NetlinkAddon {
  return loadAddon() as NetlinkAddon
}
