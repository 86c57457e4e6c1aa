import { bytesOf, padded, part, viewOf } from '../core/bytes.ts'

/** One netlink message: what its header says, and the bytes behind the header. */
export interface NetlinkMessage {
  readonly type: number
  readonly flags: number
  readonly body: DataView
}

/** Attributes by type, each as the view of its payload; a repeated one counts as it does for the kernel: the last. */
export type Attributes = ReadonlyMap<number, DataView>

/** Why a message was set aside; counted by reason, never thrown. */
export type NetlinkDrop = 'short-message' | 'bad-length' | 'bad-attribute' | 'missing-attribute' | 'bad-name'

/** What a dump came to. `again`: the kernel's tables changed under it (NLM_F_DUMP_INTR), so it may hold holes. */
export type Dump =
  | { readonly kind: 'complete'; readonly messages: readonly NetlinkMessage[] }
  | { readonly kind: 'again' }
  | { readonly kind: 'refused'; readonly errno: number }
  | { readonly kind: 'broken'; readonly reason: NetlinkDrop | 'no-end' }

/** linux/rtnetlink.h: what to ask for, and the size of the header that the question carries. */
export const GET_LINKS = { type: 18, bodyBytes: 16 } as const
export const GET_ADDRESSES = { type: 22, bodyBytes: 8 } as const
export const GET_ROUTES = { type: 26, bodyBytes: 12 } as const
export const GET_NEIGHBOURS = { type: 30, bodyBytes: 12 } as const
export type Question = typeof GET_LINKS | typeof GET_ADDRESSES | typeof GET_ROUTES | typeof GET_NEIGHBOURS

/** Types of the answers and of the change events. */
export const NEW_LINK = 16
export const DEL_LINK = 17
export const NEW_ADDRESS = 20
export const DEL_ADDRESS = 21
export const NEW_ROUTE = 24
export const DEL_ROUTE = 25
export const NEW_NEIGHBOUR = 28
export const DEL_NEIGHBOUR = 29
export const OVERRUN = 4

const ERROR = 2
const DONE = 3
const DUMP_INTERRUPTED = 0x10
const REQUEST_DUMP = 0x301
const HEADER_BYTES = 16
const ATTRIBUTE_HEADER_BYTES = 4
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER are no part of the type. */
const ATTRIBUTE_TYPE_MASK = 0x3fff
const IFLA_EXT_MASK = 29
const RTEXT_FILTER_SKIP_STATS = 8

/** Netlink speaks the byte order of the machine. */
export const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** The question for one whole table, all address families; counters of IPv6 links are left out, nobody reads them. */
export function dumpRequest(question: Question): Uint8Array {
  const extra = question.type === GET_LINKS.type ? 8 : 0
  const bytes = new Uint8Array(HEADER_BYTES + question.bodyBytes + extra)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, LITTLE_ENDIAN)
  view.setUint16(4, question.type, LITTLE_ENDIAN)
  view.setUint16(6, REQUEST_DUMP, LITTLE_ENDIAN)
  if (extra === 0) return bytes
  view.setUint16(bytes.length - 8, 8, LITTLE_ENDIAN)
  view.setUint16(bytes.length - 6, IFLA_EXT_MASK, LITTLE_ENDIAN)
  view.setUint32(bytes.length - 4, RTEXT_FILTER_SKIP_STATS, LITTLE_ENDIAN)
  return bytes
}

/** Reads the answer to one dump request: whole, or a reason why not. */
export function readDump(bytes: Uint8Array): Dump {
  const { messages, drop } = messagesIn(bytes)
  const end = messages.findIndex((message) => message.type === ERROR || message.type === DONE)
  const errno = end < 0 ? 0 : errnoOf(messages[end]!.body)
  if (errno !== 0) return { kind: 'refused', errno }
  if (messages.some((message) => (message.flags & DUMP_INTERRUPTED) !== 0)) return { kind: 'again' }
  if (end < 0) return { kind: 'broken', reason: drop ?? 'no-end' }
  return { kind: 'complete', messages: messages.slice(0, end) }
}

/**
 * Splits a buffer into messages, up to the first whose length lies.
 *
 *   0 length (header included) 4 type 6 flags 8 sequence 12 port 16 body, padded to 4
 */
export function messagesIn(bytes: Uint8Array): { messages: NetlinkMessage[]; drop: NetlinkDrop | null } {
  const view = viewOf(bytes)
  const messages: NetlinkMessage[] = []
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < HEADER_BYTES) return { messages, drop: 'short-message' }
    const length = view.getUint32(at, LITTLE_ENDIAN)
    if (length < HEADER_BYTES || length > bytes.length - at) return { messages, drop: 'bad-length' }
    messages.push({
      type: view.getUint16(at + 4, LITTLE_ENDIAN),
      flags: view.getUint16(at + 6, LITTLE_ENDIAN),
      body: part(view, at + HEADER_BYTES, at + length),
    })
    at += padded(length)
  }
  return { messages, drop: null }
}

/**
 * Reads the attributes from `offset` to the end of `view`: all of them, or a reason.
 *
 *   0 length (header included) 2 type 4 payload, padded to 4
 */
export function attributesIn(view: DataView, offset: number): Attributes | NetlinkDrop {
  if (view.byteLength < offset) return 'short-message'
  const found = new Map<number, DataView>()
  for (let at = offset; at < view.byteLength;) {
    if (view.byteLength - at < ATTRIBUTE_HEADER_BYTES) return 'bad-attribute'
    const length = view.getUint16(at, LITTLE_ENDIAN)
    if (length < ATTRIBUTE_HEADER_BYTES || length > view.byteLength - at) return 'bad-attribute'
    const type = view.getUint16(at + 2, LITTLE_ENDIAN) & ATTRIBUTE_TYPE_MASK
    found.set(type, part(view, at + ATTRIBUTE_HEADER_BYTES, at + length))
    at += padded(length)
  }
  return found
}

/** Attributes inside one attribute; none where it is missing or damaged. */
export function nested(attributes: Attributes, type: number): Attributes {
  const view = attributes.get(type)
  const inside = view ? attributesIn(view, 0) : undefined
  return inside === undefined || typeof inside === 'string' ? new Map() : inside
}

export function uint32(attributes: Attributes, type: number): number | undefined {
  const view = attributes.get(type)
  return view && view.byteLength >= 4 ? view.getUint32(0, LITTLE_ENDIAN) : undefined
}

export function uint16(attributes: Attributes, type: number): number | undefined {
  const view = attributes.get(type)
  return view && view.byteLength >= 2 ? view.getUint16(0, LITTLE_ENDIAN) : undefined
}

/** A name up to its closing zero. */
export function text(attributes: Attributes, type: number): string | undefined {
  const view = attributes.get(type)
  return view && Buffer.from(bytesOf(view)).toString('latin1').split('\0')[0]
}

/** NLMSG_ERROR and NLMSG_DONE carry a negative errno, or 0 for success; an old DONE may be empty. */
function errnoOf(body: DataView): number {
  return body.byteLength >= 4 ? -body.getInt32(0, LITTLE_ENDIAN) : 0
}
