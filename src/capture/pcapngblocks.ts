import type { CapturedFrame } from '../core/arp.ts'
import { padded, viewOf } from '../core/bytes.ts'
import type { InterfaceAddress } from '../core/host.ts'
import { MAC_BYTES, putMac, type Mac } from '../core/mac.ts'
import { LINKTYPE_ETHERNET, MAX_FRAME_BYTES } from './fileformat.ts'
import { BLOCK, BYTE_ORDER_MAGIC } from './pcapng.ts'
import { addressValue, OPTION, optionList, SECTION, STATISTIC } from './pcapngoptions.ts'

// What we write of pcapng: little-endian, Ethernet, stamps in nanoseconds. The layouts stand in pcapng.ts.

const WHOLE_SECTION = new Uint8Array(8).fill(0xff) // its length is not known beforehand
const NANOSECONDS = 9

/** An interface that frames are saved of. */
export interface SavedInterface {
  readonly name: string
  readonly mac: Mac
  /** Its IPv4 addresses. */
  readonly addresses: readonly InterfaceAddress[]
  /** At most 65,535 bytes; a longer one is left out. */
  readonly comment: string
}

/** What a file begins with. */
export function sectionBlock(): Uint8Array {
  const head = new Uint8Array(8)
  viewOf(head).setUint32(0, BYTE_ORDER_MAGIC, true)
  viewOf(head).setUint16(4, 1, true)
  return block(BLOCK.section, head, WHOLE_SECTION, optionList([[SECTION.application, text('arpcheck')]]))
}

/** Interfaces are numbered from 0 in the order of their blocks. */
export function interfaceBlock({ name, mac, addresses, comment }: SavedInterface): Uint8Array {
  const head = new Uint8Array(8)
  viewOf(head).setUint16(0, LINKTYPE_ETHERNET, true)
  viewOf(head).setUint32(4, MAX_FRAME_BYTES, true)
  const macBytes = new Uint8Array(MAC_BYTES)
  putMac(mac, macBytes, 0)
  return block(
    BLOCK.interface,
    head,
    optionList([
      [OPTION.comment, text(comment)],
      [OPTION.name, text(name)],
      ...addresses.map((address) => [OPTION.ipv4, addressValue(address)] as const),
      [OPTION.mac, macBytes],
      [OPTION.resolution, Uint8Array.of(NANOSECONDS)],
    ]),
  )
}

/** One frame of at most MAX_FRAME_BYTES. */
export function frameBlock(index: number, atNs: bigint, { bytes, wireLength }: CapturedFrame): Uint8Array {
  const head = new Uint8Array(20)
  const view = viewOf(head)
  view.setUint32(0, index, true)
  putStamp(view, 4, atNs)
  view.setUint32(12, bytes.length, true)
  view.setUint32(16, wireLength, true)
  return block(BLOCK.enhanced, head, bytes)
}

/** The totals of an interface's capture, and that it ended at `atNs`. */
export function statisticsBlock(
  index: number,
  atNs: bigint,
  totals: { readonly received: number; readonly dropped: number } | null,
): Uint8Array {
  const head = new Uint8Array(12)
  viewOf(head).setUint32(0, index, true)
  putStamp(viewOf(head), 4, atNs)
  const end = new Uint8Array(8)
  putStamp(viewOf(end), 0, atNs)
  const counts = totals
    ? ([
        [STATISTIC.received, wide(totals.received)],
        [STATISTIC.dropped, wide(totals.dropped)],
      ] as const)
    : []
  return block(BLOCK.statistics, head, optionList([[STATISTIC.end, end], ...counts]))
}

/** 0 type 4 length 8 body, padded to 4 … length again */
function block(type: number, ...body: readonly Uint8Array[]): Uint8Array {
  const length = 12 + padded(body.reduce((sum, { length: bytes }) => sum + bytes, 0))
  const bytes = new Uint8Array(length)
  const view = viewOf(bytes)
  view.setUint32(0, type, true)
  view.setUint32(4, length, true)
  view.setUint32(length - 4, length, true)
  let at = 8
  for (const one of body) {
    bytes.set(one, at)
    at += one.length
  }
  return bytes
}

/** The upper half first, whatever the byte order. */
function putStamp(view: DataView, at: number, ns: bigint): void {
  view.setUint32(at, Number(ns >> 32n), true)
  view.setUint32(at + 4, Number(ns & 0xffff_ffffn), true)
}

function wide(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  viewOf(bytes).setBigUint64(0, BigInt(value), true)
  return bytes
}

function text(value: string): Uint8Array {
  return Buffer.from(value, 'utf8')
}
