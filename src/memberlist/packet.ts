import { crc32 } from 'node:zlib'
import { expandLzw } from './lzw.ts'
import { MAX_PACKET_BYTES, MAX_PACKET_DEPTH, MAX_PACKET_MESSAGES } from './limits.ts'
import { malformed, type Malformed, type MalformedReason } from './malformed.ts'
import {
  ACK,
  CHECKSUM,
  COMPOUND,
  COMPRESSED,
  LABEL,
  NACK,
  readAck,
  readNack,
  type Ack,
  type Nack,
} from './messages.ts'
import { MsgpackReader } from './msgpack.ts'
import type { MemberlistKeys } from './keys.ts'
import { open } from './open.ts'
import { readCompressed } from './stream.ts'

/** Gossip that rode along: its type byte and its body, as they stand. Never passed on. */
export interface Gossip {
  readonly type: 'gossip'
  readonly code: number
  readonly body: Uint8Array
}

export interface PacketLayers {
  /** Which of our keys opened it; null: it came unsealed. */
  readonly keyIndex: number | null
  readonly checksum: boolean
  readonly compressed: boolean
  readonly compound: boolean
}

export interface PacketContent {
  readonly kind: 'packet'
  readonly messages: readonly (Ack | Nack | Gossip)[]
  readonly layers: PacketLayers
}

export type PacketState =
  | PacketContent
  | { readonly kind: 'sealed' } // with a key, and we have none
  | { readonly kind: 'no-key-fits' }
  | Malformed

/** Decodes one packet: label, sealed, checksum, then messages that may nest. */
export function decodePacket(bytes: Uint8Array, keys: MemberlistKeys, label: Uint8Array): PacketState {
  const inner = withoutLabel(bytes, label)
  if (!inner) return malformed('bad-label')
  if (inner.length === 0) return malformed('empty')
  // A sealed packet begins with its version; these are also the types of pings, which nobody answers with.
  if (inner[0]! > 1) return unwrap(inner, null)
  if (keys.count === 0) return { kind: 'sealed' }
  const opened = open(inner, keys, label)
  if (opened === 'no-key-fits') return { kind: opened }
  return typeof opened === 'string' ? malformed(opened) : unwrap(opened.plain, opened.keyIndex)
}

/** Both sides write the label header on packets. Undefined: it is not the label that we expect. */
function withoutLabel(bytes: Uint8Array, label: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== LABEL) return label.length === 0 ? bytes : undefined
  const length = bytes[1] ?? 0
  const isOurs = length > 0 && Buffer.compare(bytes.subarray(2, 2 + length), label) === 0
  return isOurs ? bytes.subarray(2 + length) : undefined
}

function unwrap(bytes: Uint8Array, keyIndex: number | null): PacketState {
  const unwrapping = new Unwrapping()
  const checksum = bytes[0] === CHECKSUM
  const fault = checksum ? unwrapping.checked(bytes) : unwrapping.message(bytes, 0)
  if (fault) return malformed(fault)
  const { messages, compressed, compound } = unwrapping
  return { kind: 'packet', messages, layers: { keyIndex, checksum, compressed, compound } }
}

/** What one packet has given so far; its wrappers nest, and share one budget. */
class Unwrapping {
  readonly messages: (Ack | Nack | Gossip)[] = []
  compressed = false
  compound = false
  #expandable = MAX_PACKET_BYTES

  /** 0x0C, CRC-32 u32 of all that follows. */
  checked(bytes: Uint8Array): MalformedReason | null {
    if (bytes.length < 6) return 'truncated'
    const stated = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32BE(1)
    return crc32(bytes.subarray(5)) === stated ? this.message(bytes.subarray(5), 0) : 'bad-checksum'
  }

  message(bytes: Uint8Array, depth: number): MalformedReason | null {
    if (bytes.length === 0) return 'empty'
    if (depth > MAX_PACKET_DEPTH) return 'nested'
    if (bytes[0] === COMPOUND) return this.#parts(bytes, depth)
    if (bytes[0] === COMPRESSED) return this.#expand(bytes, depth)
    return this.#leaf(bytes)
  }

  /** 0x07, count u8, count x length u16, then the parts. */
  #parts(bytes: Uint8Array, depth: number): MalformedReason | null {
    this.compound = true
    const count = bytes[1] ?? 0
    let at = 2 + count * 2
    if (count === 0 || at > bytes.length) return 'bad-compound'
    const lengths = Buffer.from(bytes.buffer, bytes.byteOffset + 2, count * 2)
    for (let i = 0; i < count; i++) {
      const length = lengths.readUInt16BE(i * 2)
      if (length > bytes.length - at) return 'bad-compound'
      const fault = this.message(bytes.subarray(at, at + length), depth + 1)
      if (fault) return fault
      at += length
    }
    return null
  }

  #expand(bytes: Uint8Array, depth: number): MalformedReason | null {
    this.compressed = true
    const reader = new MsgpackReader(bytes, 1)
    const packed = readCompressed(reader)
    if (reader.fault) return reader.fault
    const expanded = expandLzw(packed, this.#expandable)
    if (typeof expanded === 'string') return expanded
    this.#expandable -= expanded.length
    return this.message(expanded, depth + 1)
  }

  #leaf(bytes: Uint8Array): MalformedReason | null {
    if (this.messages.length === MAX_PACKET_MESSAGES) return 'too-many-values'
    const code = bytes[0]!
    const reader = new MsgpackReader(bytes, 1)
    if (code === ACK) this.messages.push(readAck(reader))
    else if (code === NACK) this.messages.push(readNack(reader))
    else this.messages.push({ type: 'gossip', code, body: bytes.subarray(1) })
    return reader.fault
  }
}
