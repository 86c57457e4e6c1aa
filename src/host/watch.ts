import { systemClock, type Clock } from '../clock.ts'
import type { HostTable } from '../core/host.ts'
import { messageOf, type ArpcheckError } from '../errors.ts'
import { netlinkAddon, type NetlinkAddon, type NetlinkSubscription } from './addon.ts'
import {
  DEL_ADDRESS,
  DEL_LINK,
  DEL_NEIGHBOUR,
  DEL_ROUTE,
  messagesIn,
  NEW_ADDRESS,
  NEW_LINK,
  NEW_NEIGHBOUR,
  NEW_ROUTE,
  OVERRUN,
} from './netlink.ts'
import { unreadable } from './tables.ts'

export interface HostWatch {
  /** No call comes after it; may be called any number of times. */
  close(): void
}

export interface HostWatchOptions {
  /** Every probe stirs the neighbour table, so that it is watched only on request. */
  readonly neighbours?: boolean
  readonly clock?: Clock
  readonly addon?: Pick<NetlinkAddon, 'netlinkSubscribe'>
}

/** How long changes are gathered before they are told: one move of a cable is a dozen messages. */
const GATHER_MS = 100

/** linux/rtnetlink.h: RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR, RTMGRP_IPV4_ROUTE, RTMGRP_IPV6_ROUTE */
const GROUPS = 0x1 | 0x10 | 0x100 | 0x40 | 0x400
const NEIGHBOUR_GROUP = 0x4

const TABLE_OF: ReadonlyMap<number, HostTable> = new Map([
  [NEW_LINK, 'links'],
  [DEL_LINK, 'links'],
  [NEW_ADDRESS, 'addresses'],
  [DEL_ADDRESS, 'addresses'],
  [NEW_ROUTE, 'routes'],
  [DEL_ROUTE, 'routes'],
  [NEW_NEIGHBOUR, 'neighbours'],
  [DEL_NEIGHBOUR, 'neighbours'],
])

/**
 * Tells which tables of this host changed, at most ten times a second; the receiver reads the facts anew. Where events
 * were lost, every watched table counts as changed. Keeps the event loop alive until closed. After `onError` it is
 * closed. Throws an ArpcheckError: `engine-unavailable` or `host-unreadable`.
 */
export function watchHost(
  onChange: (changed: ReadonlySet<HostTable>) => void,
  onError: (error: ArpcheckError) => void,
  { neighbours = false, clock = systemClock, addon = netlinkAddon() }: HostWatchOptions = {},
): HostWatch {
  const closing = new AbortController()
  const watched = neighbours ? GROUPS | NEIGHBOUR_GROUP : GROUPS
  const subscription = subscribe(addon, watched, () => void tell())
  const all = new Set([...TABLE_OF.values()].filter((table) => neighbours || table !== 'neighbours'))

  function close(): void {
    closing.abort()
    subscription.close()
  }
  async function tell(): Promise<void> {
    await clock.sleep(GATHER_MS, closing.signal)
    if (closing.signal.aborted) return
    const changed = drain()
    if (changed.size > 0) onChange(changed)
  }
  function drain(): ReadonlySet<HostTable> {
    try {
      return changesIn(subscription.drain(), all)
    } catch (error) {
      close()
      onError(unreadable(messageOf(error), error))
      return new Set()
    }
  }
  return { close }
}

/** The tables that a burst of events touches; `all` where events were lost or their bytes lie. */
export function changesIn(bytes: Uint8Array, all: ReadonlySet<HostTable>): ReadonlySet<HostTable> {
  const { messages, drop } = messagesIn(bytes)
  if (drop !== null || messages.some(({ type }) => type === OVERRUN)) return all
  const tables = messages.map(({ type }) => TABLE_OF.get(type))
  return new Set(tables.filter((table) => table !== undefined))
}

function subscribe(
  addon: Pick<NetlinkAddon, 'netlinkSubscribe'>,
  groups: number,
  onEvents: () => void,
): NetlinkSubscription {
  try {
    return addon.netlinkSubscribe(groups, onEvents)
  } catch (error) {
    throw unreadable(messageOf(error), error)
  }
}
