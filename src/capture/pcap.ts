import type { CapturedFrame } from '../core/arp.ts'
import { viewOf } from '../core/bytes.ts'
import {
  count,
  LINKTYPE_ETHERNET,
  linkTypeDrop,
  MAX_FRAME_BYTES,
  namelessInterface,
  type FileDrop,
  type Found,
  type Parse,
  type PcapDialect,
} from './fileformat.ts'

const HEADER_BYTES = 24
const RECORD_BYTES = 16
const VERSION = { major: 2, minor: 4 } as const
/** The upper bits of the field say whether frames end in a checksum. */
const LINK_TYPE_MASK = 0xffff

const MAGICS: ReadonlyMap<number, PcapDialect> = new Map([
  [0xa1b2c3d4, { littleEndian: false, fractionNs: 1000n }],
  [0xd4c3b2a1, { littleEndian: true, fractionNs: 1000n }],
  [0xa1b23c4d, { littleEndian: false, fractionNs: 1n }],
  [0x4d3cb2a1, { littleEndian: true, fractionNs: 1n }],
])

/** The parser for a pcap file that begins with `bytes` (at least four); undefined for another format. */
export function pcapParser(bytes: Uint8Array): Parse | undefined {
  const dialect = MAGICS.get(viewOf(bytes).getUint32(0))
  return dialect && parserOf(dialect)
}

/** 0 magic 4 version 8 zone 12 accuracy 16 snap length 20 link type 24 (draft-ietf-opsawg-pcap) */
function parserOf(dialect: PcapDialect): Parse {
  let drop: FileDrop | undefined
  let opened = false
  return (bytes, found) => {
    if (opened) return { ...readRecords(bytes, 0, dialect, found, drop) }
    if (bytes.length < HEADER_BYTES) return { consumed: 0 }
    const view = viewOf(bytes)
    const [major, minor] = [4, 6].map((at) => view.getUint16(at, dialect.littleEndian))
    if (major !== VERSION.major || minor !== VERSION.minor)
      return { consumed: 0, problem: 'unsupported-version' }
    const linkType = view.getUint32(20, dialect.littleEndian) & LINK_TYPE_MASK
    found.interfaces.push(namelessInterface(linkType))
    drop = linkTypeDrop(linkType)
    opened = true
    return readRecords(bytes, HEADER_BYTES, dialect, found, drop)
  }
}

/** 0 seconds 4 fraction 8 captured bytes 12 bytes on the wire 16 frame */
function readRecords(
  bytes: Uint8Array,
  start: number,
  dialect: PcapDialect,
  found: Found,
  drop: FileDrop | undefined,
): ReturnType<Parse> {
  const { littleEndian, fractionNs } = dialect
  const view = viewOf(bytes)
  let at = start + (drop ? 0 : (found.fold?.(bytes.subarray(start), dialect) ?? 0))
  while (bytes.length - at >= RECORD_BYTES) {
    const captured = view.getUint32(at + 8, littleEndian)
    if (captured > MAX_FRAME_BYTES) return { consumed: at, problem: 'bad-length' }
    const end = at + RECORD_BYTES + captured
    if (end > bytes.length) break
    if (drop) count(found.ignored, drop)
    else {
      found.frames.push({
        bytes: bytes.subarray(at + RECORD_BYTES, end),
        wireLength: Math.max(captured, view.getUint32(at + 12, littleEndian)),
        atNs:
          BigInt(view.getUint32(at, littleEndian)) * 1_000_000_000n +
          BigInt(view.getUint32(at + 4, littleEndian)) * fractionNs,
        interface: 0,
      })
    }
    at = end
  }
  return { consumed: at }
}

/** The head of a file that `pcapRecord`s follow: nanoseconds, little-endian, Ethernet. */
export function pcapHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES))
  view.setUint32(0, 0xa1b23c4d, true)
  view.setUint16(4, VERSION.major, true)
  view.setUint16(6, VERSION.minor, true)
  view.setUint32(16, MAX_FRAME_BYTES, true)
  view.setUint32(20, LINKTYPE_ETHERNET, true)
  return new Uint8Array(view.buffer)
}

/** One frame of at most MAX_FRAME_BYTES; a frame without a stamp gets 0, which readers show as 1970. */
export function pcapRecord({ bytes, wireLength, atNs }: CapturedFrame): Uint8Array {
  const record = new Uint8Array(RECORD_BYTES + bytes.length)
  const view = viewOf(record)
  view.setUint32(0, Number((atNs ?? 0n) / 1_000_000_000n), true)
  view.setUint32(4, Number((atNs ?? 0n) % 1_000_000_000n), true)
  view.setUint32(8, bytes.length, true)
  view.setUint32(12, wireLength, true)
  record.set(bytes, RECORD_BYTES)
  return record
}
