import { bytesOf, padded, part } from '../core/bytes.ts'
import type { InterfaceAddress, Neighbour } from '../core/host.ts'
import { ipAt, type Ip } from '../core/ip.ts'
import { MAC_BYTES, macAt, type Mac } from '../core/mac.ts'
import {
  attributesIn,
  LITTLE_ENDIAN,
  nested,
  text,
  uint16,
  uint32,
  type Attributes,
  type NetlinkDrop,
} from './netlink.ts'

/** A link as one message tells it: other links only by index. */
export interface LinkRecord {
  readonly index: number
  readonly name: string
  readonly mac: Mac | null
  readonly ethernet: boolean
  readonly flags: number
  readonly kind: string | null
  readonly masterIndex: number | null
  readonly lowerIndex: number | null
  readonly vlanId: number | null
  readonly mtu: number
}

export interface AddressRecord extends InterfaceAddress {
  readonly linkIndex: number
}

/** The next hop of a default route; the smallest metric is preferred. */
export interface GatewayRecord {
  readonly ip: Ip
  readonly linkIndex: number
  readonly metric: number
}

export interface NeighbourRecord {
  readonly ip: Ip
  readonly linkIndex: number
  readonly mac: Mac | null
  readonly state: Neighbour['state']
}

const ARPHRD_ETHER = 1
const AF_INET = 2
const AF_INET6 = 10
const RTN_UNICAST = 1

const IFLA = { address: 1, name: 3, mtu: 4, link: 5, master: 10, linkInfo: 18, linkNamespace: 37 } as const
const INFO = { kind: 1, data: 2 } as const
const IFLA_VLAN_ID = 1
const IFA = { address: 1, local: 2 } as const
const RTA = { link: 4, gateway: 5, metric: 6, multipath: 9, via: 18 } as const
const NDA = { destination: 1, mac: 2 } as const

/** Kinds whose IFLA_LINK names the other end of a cable, not the link below. */
const PAIRED_KINDS: ReadonlySet<string> = new Set(['veth', 'netkit', 'vxcan'])

const NEIGHBOUR_STATES: ReadonlyMap<number, Neighbour['state']> = new Map([
  [0x00, 'none'],
  [0x01, 'incomplete'],
  [0x02, 'reachable'],
  [0x04, 'stale'],
  [0x08, 'delay'],
  [0x10, 'probe'],
  [0x20, 'failed'],
  [0x40, 'noarp'],
  [0x80, 'permanent'],
])

/**
 * RTM_NEWLINK.
 *
 *   0 family 1 - 2 hardware type 4 index 8 flags 12 change mask 16 attributes
 */
export function decodeLink(body: DataView): LinkRecord | NetlinkDrop {
  const attributes = attributesIn(body, 16)
  if (typeof attributes === 'string') return attributes
  const name = text(attributes, IFLA.name)
  if (name === undefined) return 'missing-attribute'
  // A path under /sys is made of it.
  if (name === '' || name === '.' || name === '..' || name.includes('/')) return 'bad-name'
  const ethernet = body.getUint16(2, LITTLE_ENDIAN) === ARPHRD_ETHER
  const info = nested(attributes, IFLA.linkInfo)
  const kind = text(info, INFO.kind) ?? null
  return {
    index: body.getInt32(4, LITTLE_ENDIAN),
    name,
    mac: ethernet ? macOf(attributes, IFLA.address) : null,
    ethernet,
    flags: body.getUint32(8, LITTLE_ENDIAN),
    kind,
    masterIndex: uint32(attributes, IFLA.master) ?? null,
    lowerIndex: lowerIndexOf(attributes, kind),
    vlanId: kind === 'vlan' ? (uint16(nested(info, INFO.data), IFLA_VLAN_ID) ?? null) : null,
    mtu: uint32(attributes, IFLA.mtu) ?? 0,
  }
}

/**
 * RTM_NEWADDR. IFA_LOCAL is our own address where IFA_ADDRESS is the peer's (point-to-point); IPv6 has only the latter.
 *
 *   0 family 1 prefix length 2 flags 3 scope 4 index 8 attributes
 */
export function decodeAddress(body: DataView): AddressRecord | NetlinkDrop {
  const attributes = attributesIn(body, 8)
  if (typeof attributes === 'string') return attributes
  const family = body.getUint8(0)
  const ip = ipOf(attributes.get(IFA.local), family) ?? ipOf(attributes.get(IFA.address), family)
  if (!ip) return 'missing-attribute'
  return { ip, bits: body.getUint8(1), linkIndex: body.getUint32(4, LITTLE_ENDIAN) }
}

/**
 * RTM_NEWROUTE: the next hops of a default route, in any table; none for every other route.
 *
 *   0 family 1 destination length 2 source length 3 tos 4 table 5 protocol 6 scope 7 type 8 flags 12 attributes
 */
export function decodeGateways(body: DataView): GatewayRecord[] | NetlinkDrop {
  const attributes = attributesIn(body, 12)
  if (typeof attributes === 'string') return attributes
  if (body.getUint8(1) !== 0 || body.getUint8(7) !== RTN_UNICAST) return []
  const family = body.getUint8(0)
  const metric = uint32(attributes, RTA.metric) ?? 0
  const multipath = attributes.get(RTA.multipath)
  const hops = multipath ? hopsIn(multipath) : [{ attributes, linkIndex: uint32(attributes, RTA.link) }]
  if (typeof hops === 'string') return hops
  return hops.flatMap((hop) => {
    const ip = gatewayOf(hop.attributes, family)
    return ip && hop.linkIndex !== undefined ? [{ ip, linkIndex: hop.linkIndex, metric }] : []
  })
}

/**
 * RTM_NEWNEIGH; null for the kernel's fixed entries of group and own addresses, which are nobody's neighbour.
 *
 *   0 family 4 index 8 state 10 flags 11 route type 12 attributes
 */
export function decodeNeighbour(body: DataView): NeighbourRecord | null | NetlinkDrop {
  const attributes = attributesIn(body, 12)
  if (typeof attributes === 'string') return attributes
  const family = body.getUint8(0)
  if (body.getUint8(11) !== RTN_UNICAST || (family !== AF_INET && family !== AF_INET6)) return null
  const ip = ipOf(attributes.get(NDA.destination), family)
  if (!ip) return 'missing-attribute'
  return {
    ip,
    linkIndex: body.getInt32(4, LITTLE_ENDIAN),
    mac: macOf(attributes, NDA.mac),
    state: NEIGHBOUR_STATES.get(body.getUint16(8, LITTLE_ENDIAN)) ?? 'none',
  }
}

/** The link below, when it can be named: an index from another namespace (IFLA_LINK_NETNSID) means nothing here. */
function lowerIndexOf(attributes: Attributes, kind: string | null): number | null {
  if (attributes.has(IFLA.linkNamespace) || (kind !== null && PAIRED_KINDS.has(kind))) return null
  return uint32(attributes, IFLA.link) ?? null
}

/** The next hops of a multipath route (struct rtnexthop): 0 length 2 flags 3 weight 4 index 8 attributes. */
function hopsIn(view: DataView): { attributes: Attributes; linkIndex: number }[] | NetlinkDrop {
  const hops = []
  for (let at = 0; at < view.byteLength;) {
    if (view.byteLength - at < 8) return 'bad-attribute'
    const length = view.getUint16(at, LITTLE_ENDIAN)
    if (length < 8 || length > view.byteLength - at) return 'bad-attribute'
    const attributes = attributesIn(part(view, at, at + length), 8)
    if (typeof attributes === 'string') return attributes
    hops.push({ attributes, linkIndex: view.getInt32(at + 4, LITTLE_ENDIAN) })
    at += padded(length)
  }
  return hops
}

/** RTA_GATEWAY, or RTA_VIA where the next hop is of another family than the route (RFC 5549): 0 family 2 address. */
function gatewayOf(attributes: Attributes, family: number): Ip | undefined {
  const via = attributes.get(RTA.via)
  if (!via || via.byteLength < 2) return ipOf(attributes.get(RTA.gateway), family)
  return ipOf(part(via, 2, via.byteLength), via.getUint16(0, LITTLE_ENDIAN))
}

function ipOf(view: DataView | undefined, family: number): Ip | undefined {
  const length = family === AF_INET ? 4 : family === AF_INET6 ? 16 : 0
  return view && length > 0 && view.byteLength === length ? ipAt(bytesOf(view), 0, length) : undefined
}

function macOf(attributes: Attributes, type: number): Mac | null {
  const view = attributes.get(type)
  return view?.byteLength === MAC_BYTES ? macAt(bytesOf(view), 0) : null
}
