import { bytesOf, padded, part, viewOf } from '../core/bytes.ts'
import type { InterfaceAddress } from '../core/host.ts'
import { ipAt, ipBytes } from '../core/ip.ts'

// The options of pcapng's blocks. Each: 0 type 2 length 4 value, padded to 4.

/** Of an interface's description. */
export const OPTION = { comment: 1, name: 2, ipv4: 4, mac: 6, resolution: 9, offset: 14 } as const
/** Of an interface's statistics. */
export const STATISTIC = { end: 3, received: 4, dropped: 5, droppedBySystem: 7 } as const
/** Of a section. */
export const SECTION = { application: 4 } as const

const END_OF_OPTIONS = 0
const HEADER_BYTES = 4
const MAX_VALUE_BYTES = 0xffff

/** By type, in the order of the block. */
export type Options = ReadonlyMap<number, readonly DataView[]>

/** Of one type: more of them than an interface has addresses. A block may hold four million. */
const MOST_ALIKE = 256

const READ: ReadonlySet<number> = new Set([...Object.values(OPTION), ...Object.values(STATISTIC)])

/** Options of a shape that we do not know end the list: none is vital. Of too many alike the first are kept, and the last. */
export function optionsIn(view: DataView, littleEndian: boolean): Options {
  const options = new Map<number, DataView[]>()
  for (let at = 0; view.byteLength - at >= HEADER_BYTES;) {
    const type = view.getUint16(at, littleEndian)
    const length = view.getUint16(at + 2, littleEndian)
    if (type === END_OF_OPTIONS || length > view.byteLength - at - HEADER_BYTES) break
    const value = part(view, at + HEADER_BYTES, at + HEADER_BYTES + length)
    const alike = options.get(type)
    if (!alike && READ.has(type)) options.set(type, [value])
    else if (alike && alike.length < MOST_ALIKE) alike.push(value)
    else if (alike) alike[MOST_ALIKE - 1] = value
    at += HEADER_BYTES + padded(length)
  }
  return options
}

export function last(options: Options, type: number): DataView | undefined {
  return options.get(type)?.at(-1)
}

export function textIn(value: DataView | undefined): string | null {
  return value ? Buffer.from(bytesOf(value)).toString('utf8') : null
}

/** if_IPv4addr: 0 address 4 mask, in the order of the wire whatever the section's. */
export function addressIn(value: DataView): InterfaceAddress {
  return { ip: ipAt(bytesOf(value), 0, 4), bits: Math.clz32(~value.getUint32(4)) }
}

/** The value of if_IPv4addr. */
export function addressValue({ ip, bits }: InterfaceAddress): Uint8Array {
  const value = new Uint8Array(8)
  value.set(ipBytes(ip))
  viewOf(value).setUint32(4, bits === 0 ? 0 : -1 << (32 - bits))
  return value
}

/** A list of options, little-endian, with its end. A value that is too long for one is left out. */
export function optionList(values: readonly (readonly [type: number, value: Uint8Array])[]): Uint8Array {
  const fitting = values.filter(([, value]) => value.length <= MAX_VALUE_BYTES)
  return Buffer.concat([...fitting.map(([type, value]) => option(type, value)), option(END_OF_OPTIONS)])
}

function option(type: number, value: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + padded(value.length))
  const view = viewOf(bytes)
  view.setUint16(0, type, true)
  view.setUint16(2, value.length, true)
  bytes.set(value, HEADER_BYTES)
  return bytes
}
