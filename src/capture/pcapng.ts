import { bytesOf, part, viewOf } from '../core/bytes.ts'
import { MAC_BYTES, macAt } from '../core/mac.ts'
import {
  count,
  linkTypeDrop,
  MAX_FRAME_BYTES,
  namelessInterface,
  type FileDrop,
  type FileInterface,
  type FileProblem,
  type Found,
  type Parse,
} from './fileformat.ts'
import { addressIn, last, OPTION, optionsIn, STATISTIC, textIn, type Options } from './pcapngoptions.ts'

// draft-ietf-opsawg-pcapng. Every block: 0 type 4 length 8 body, padded to 4 … length again.

export const BLOCK = {
  section: 0x0a0d0d0a,
  interface: 1,
  packet: 2,
  simple: 3,
  statistics: 5,
  enhanced: 6,
} as const
/** By type: the shortest lawful block. Others are skipped unread. */
const SHORTEST: ReadonlyMap<number, number> = new Map([
  [BLOCK.section, 28],
  [BLOCK.interface, 20],
  [BLOCK.simple, 16],
  [BLOCK.statistics, 24],
  [BLOCK.enhanced, 32],
])
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const MIN_BLOCK_BYTES = 12
/** libpcap's own bound for one block. */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024
const MAX_INTERFACES = 4096
/** Names and comments of all interfaces together; what comes after is taken for absent. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024

const NS_PER_SECOND = 1_000_000_000n
const LAST_STAMP_NS = 1n << 63n

/** An interface as one section of the file describes it. */
interface Described {
  readonly index: number
  readonly entry: FileInterface
  readonly drop: FileDrop | undefined
  readonly snapLength: number
  readonly ticksPerSecond: bigint
  readonly offsetNs: bigint
}

/** What a parser remembers from block to block. */
interface Section {
  littleEndian: boolean
  /** By the number that frames name them by. */
  interfaces: Described[]
  /** How much more text may be kept, of the whole file. */
  textBytes: number
}

/** One block: `view` spans all of it. */
interface Block {
  readonly view: DataView
  readonly type: number
}

/** The parser for a pcapng file that begins with `bytes` (at least four); undefined for another format. */
export function pcapngParser(bytes: Uint8Array): Parse | undefined {
  if (viewOf(bytes).getUint32(0) !== BLOCK.section) return undefined
  const section: Section = { littleEndian: false, interfaces: [], textBytes: MAX_TEXT_BYTES }
  return (all, found) => {
    for (let at = 0; ;) {
      const taken = takeBlock(all.subarray(at), section, found)
      if (typeof taken === 'string') return { consumed: at, problem: taken }
      if (taken === 0) return { consumed: at }
      at += taken
    }
  }
}

/** Takes the block that `bytes` begin with: its length, or 0 when it is not whole yet. */
function takeBlock(bytes: Uint8Array, section: Section, found: Found): number | FileProblem {
  const block = blockAt(bytes, section)
  if (block === undefined) return 0
  if (typeof block === 'string') return block
  return take(block, section, found) ?? block.view.byteLength
}

/** The block that `bytes` begin with; undefined when it is not whole yet. */
function blockAt(bytes: Uint8Array, section: Section): Block | FileProblem | undefined {
  if (bytes.length < MIN_BLOCK_BYTES) return undefined
  const view = viewOf(bytes)
  // The type of a section header reads the same both ways; its third word tells the byte order of all that follows.
  if (view.getUint32(0) === BLOCK.section) {
    section.littleEndian = view.getUint32(8, true) === BYTE_ORDER_MAGIC
    if (!section.littleEndian && view.getUint32(8) !== BYTE_ORDER_MAGIC) return 'not-a-capture'
  }
  const [type, length] = [0, 4].map((at) => view.getUint32(at, section.littleEndian)) as [number, number]
  if (length < (SHORTEST.get(type) ?? MIN_BLOCK_BYTES) || length % 4 !== 0 || length > MAX_BLOCK_BYTES)
    return 'bad-length'
  if (bytes.length < length) return undefined
  if (view.getUint32(length - 4, section.littleEndian) !== length) return 'bad-length'
  return { view: part(view, 0, length), type }
}

function take({ view, type }: Block, section: Section, found: Found): FileProblem | undefined {
  if (type === BLOCK.section) return takeSection(view, section)
  if (type === BLOCK.interface) return takeInterface(view, section, found)
  if (type === BLOCK.enhanced) takeEnhanced(view, section, found)
  else if (type === BLOCK.simple) takeSimple(view, section, found)
  else if (type === BLOCK.statistics) takeStatistics(view, section)
  else if (type === BLOCK.packet) count(found.ignored, 'obsolete-block')
  return undefined
}

/** 8 byte order 12 major 14 minor 16 section length 24 options */
function takeSection(view: DataView, section: Section): FileProblem | undefined {
  section.interfaces = []
  return view.getUint16(12, section.littleEndian) === 1 ? undefined : 'unsupported-version'
}

/** 8 link type 10 - 12 snap length 16 options */
function takeInterface(view: DataView, section: Section, found: Found): FileProblem | undefined {
  const { littleEndian } = section
  if (found.interfaces.length >= MAX_INTERFACES) return 'too-many-interfaces'
  const options = optionsIn(part(view, 16, view.byteLength - 4), littleEndian)
  const entry = describedIn(options, view.getUint16(8, littleEndian), section)
  section.interfaces.push({
    index: found.interfaces.push(entry) - 1,
    entry,
    drop: linkTypeDrop(entry.linkType),
    snapLength: view.getUint32(12, littleEndian) || MAX_FRAME_BYTES,
    ticksPerSecond: ticksPerSecond(last(options, OPTION.resolution)),
    offsetNs: offsetNs(last(options, OPTION.offset), littleEndian),
  })
  return undefined
}

function describedIn(options: Options, linkType: number, section: Section): FileInterface {
  const mac = last(options, OPTION.mac)
  return {
    ...namelessInterface(linkType),
    name: keptText(last(options, OPTION.name), section),
    mac: mac?.byteLength === MAC_BYTES ? macAt(bytesOf(mac), 0) : null,
    addresses: (options.get(OPTION.ipv4) ?? []).filter(({ byteLength }) => byteLength === 8).map(addressIn),
    comment: keptText(last(options, OPTION.comment), section),
  }
}

function keptText(value: DataView | undefined, section: Section): string | null {
  const bytes = value?.byteLength ?? 0
  if (bytes > section.textBytes) return null
  section.textBytes -= bytes
  return textIn(value)
}

/** 8 interface 12 stamp, upper half 16 lower half 20 captured bytes 24 bytes on the wire 28 frame */
function takeEnhanced(view: DataView, section: Section, found: Found): void {
  const { littleEndian } = section
  const by = section.interfaces[view.getUint32(8, littleEndian)]
  const captured = view.getUint32(20, littleEndian)
  const drop = by ? by.drop : 'unknown-interface'
  if (drop) return count(found.ignored, drop)
  if (captured > Math.min(view.byteLength - 32, MAX_FRAME_BYTES))
    return count(found.ignored, 'bad-frame-length')
  found.frames.push({
    bytes: bytesOf(part(view, 28, 28 + captured)),
    wireLength: Math.max(captured, view.getUint32(24, littleEndian)),
    atNs: stampNs(view.getUint32(12, littleEndian), view.getUint32(16, littleEndian), by!),
    interface: by!.index,
  })
}

/** 8 bytes on the wire 12 frame; always of the section's first interface, without a stamp. */
function takeSimple(view: DataView, section: Section, found: Found): void {
  const by = section.interfaces[0]
  const drop = by ? by.drop : 'unknown-interface'
  if (drop) return count(found.ignored, drop)
  const wireLength = view.getUint32(8, section.littleEndian)
  const captured = Math.min(wireLength, by!.snapLength)
  if (captured > Math.min(view.byteLength - 16, MAX_FRAME_BYTES))
    return count(found.ignored, 'bad-frame-length')
  found.frames.push({
    bytes: bytesOf(part(view, 12, 12 + captured)),
    wireLength,
    atNs: null,
    interface: by!.index,
  })
}

/** 8 interface 12 stamp 20 options: totals since the capture began, so that the last block counts. */
function takeStatistics(view: DataView, { interfaces, littleEndian }: Section): void {
  const by = interfaces[view.getUint32(8, littleEndian)]
  const options = optionsIn(part(view, 20, view.byteLength - 4), littleEndian)
  const drops = [STATISTIC.dropped, STATISTIC.droppedBySystem]
    .map((type) => last(options, type))
    .filter((option) => option?.byteLength === 8)
    .map((option) => Number(option!.getBigUint64(0, littleEndian)))
  if (by && drops.length > 0) by.entry.drops = drops.reduce((sum, value) => sum + value, 0)
  const end = last(options, STATISTIC.end)
  if (by && end?.byteLength === 8)
    by.entry.endNs = stampNs(end.getUint32(0, littleEndian), end.getUint32(4, littleEndian), by)
}

/** if_tsresol: a power of ten, or of two when the top bit is set; microseconds by default. */
function ticksPerSecond(option: DataView | undefined): bigint {
  const value = option?.byteLength === 1 ? option.getUint8(0) : 6
  return value & 0x80 ? 1n << BigInt(value & 0x7f) : 10n ** BigInt(value)
}

/** if_tsoffset: seconds to add. */
function offsetNs(option: DataView | undefined, littleEndian: boolean): bigint {
  return option?.byteLength === 8 ? option.getBigInt64(0, littleEndian) * NS_PER_SECOND : 0n
}

/** Null for a stamp before 1970 or after 2262: no clock meant that. */
function stampNs(upper: number, lower: number, by: Described): bigint | null {
  const ticks = (BigInt(upper) << 32n) | BigInt(lower)
  const ns = (ticks * NS_PER_SECOND) / by.ticksPerSecond + by.offsetNs
  return ns >= 0n && ns < LAST_STAMP_NS ? ns : null
}
