import type { Gateway, Neighbour } from '../core/host.ts'
import { ipAt, parseIp } from '../core/ip.ts'
import { parseMac, ZERO_MAC } from '../core/mac.ts'
import { LITTLE_ENDIAN } from './netlink.ts'

/** linux/route.h: the route is up and leads to a gateway. */
const RTF_UP_GATEWAY = 0x3
/** linux/if_arp.h */
const ATF = { complete: 0x2, permanent: 0x4 } as const

/** Names of the links, out of /proc/net/dev. */
export function linkNamesIn(procNetDev: string): string[] {
  return rows(procNetDev, 2).map(([name = '']) => name.split(':')[0]!)
}

/** Next hops of IPv4 default routes, the preferred one first, out of /proc/net/route. */
export function gatewaysIn(procNetRoute: string): Gateway[] {
  const defaults = rows(procNetRoute, 1).filter(
    ([, destination, , flags, , , , mask]) =>
      destination === '00000000' && mask === '00000000' && hexOf(flags, RTF_UP_GATEWAY) === RTF_UP_GATEWAY,
  )
  return defaults
    .toSorted((a, b) => Number(a[6]) - Number(b[6]))
    .map(([name = '', , gateway = '']) => ({ ip: ipAt(addressBytes(gateway), 0, 4), interface: name }))
}

/** IPv4 neighbours, out of /proc/net/arp, which knows fewer states: what was confirmed once is called stale. */
export function neighboursIn(procNetArp: string): Neighbour[] {
  return rows(procNetArp, 1).flatMap(([address = '', , flags, hardware = '', , name = '']) => {
    const [ip, mac] = [parseIp(address), parseMac(hardware)]
    if (ip === undefined) return []
    const bits = hexOf(flags, ATF.complete | ATF.permanent)
    const state = bits & ATF.permanent ? 'permanent' : bits & ATF.complete ? 'stale' : 'incomplete'
    return [{ ip, interface: name, mac: mac === undefined || mac === ZERO_MAC ? null : mac, state }]
  })
}

function rows(text: string, headerLines: number): string[][] {
  const lines = text.split('\n').slice(headerLines)
  return lines.filter((line) => line.trim() !== '').map((line) => line.trim().split(/\s+/))
}

function hexOf(text: string | undefined, mask: number): number {
  return Number.parseInt(text ?? '0', 16) & mask
}

/** The kernel prints the address as a number of the machine's byte order. */
function addressBytes(digits: string): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(digits.padStart(8, '0'), 'hex'))
  return LITTLE_ENDIAN ? bytes.toReversed() : bytes
}
