import { expandLzw } from './lzw.ts'
import { MAX_ANSWER_BYTES, MAX_EXPANDED_BYTES, MAX_READ_BYTES, MAX_SEALED_BYTES } from './limits.ts'
import { malformed, type Malformed, type MalformedReason } from './malformed.ts'
import {
  ACK,
  COMPRESSED,
  ERROR,
  PUSH_PULL,
  readAck,
  readError,
  readPushPull,
  type Ack,
  type PushPull,
  type RemoteError,
} from './messages.ts'
import { MsgpackReader } from './msgpack.ts'
import type { MemberlistKeys } from './keys.ts'
import { open, SEALED_HEADER_BYTES, SEALED_OVERHEAD, SEALED_TYPE } from './open.ts'

/** Which wrappings an answer came in. */
export interface Layers {
  /** Which of our keys opened it; null: it came unsealed. */
  readonly keyIndex: number | null
  readonly sealVersion: 0 | 1 | null
  /** Null: not compressed. */
  readonly compressedBytes: number | null
  /** Type byte and body. */
  readonly plainBytes: number
}

export interface StreamAnswer {
  readonly kind: 'answer'
  readonly message: PushPull | Ack | RemoteError
  readonly layers: Layers
}

/** What the bytes that have come so far amount to. */
export type StreamState =
  | StreamAnswer
  | { readonly kind: 'more'; readonly needed: number } // no whole frame yet; it has at least `needed` bytes
  | { readonly kind: 'sealed' } // with a key, and we have none
  | { readonly kind: 'no-key-fits' }
  | Malformed

/** Decodes one answer off a stream: label-free, sealed, compressed, type, in this order, one level each. */
export function decodeStream(bytes: Uint8Array, keys: MemberlistKeys, label: Uint8Array): StreamState {
  if (bytes.length === 0) return { kind: 'more', needed: 1 }
  if (bytes[0] !== SEALED_TYPE) return decodePlain(bytes, { keyIndex: null, sealVersion: null }, false)
  if (bytes.length < SEALED_HEADER_BYTES) return { kind: 'more', needed: SEALED_HEADER_BYTES }
  const header = Buffer.from(bytes.buffer, bytes.byteOffset, SEALED_HEADER_BYTES)
  const length = header.readUInt32BE(1)
  if (length < SEALED_OVERHEAD || length > MAX_SEALED_BYTES) return malformed('sealed-length')
  const end = SEALED_HEADER_BYTES + length
  if (bytes.length < end) return { kind: 'more', needed: end }
  if (keys.count === 0) return { kind: 'sealed' }
  const opened = open(bytes.subarray(SEALED_HEADER_BYTES, end), keys, Buffer.concat([header, label]))
  if (opened === 'no-key-fits') return { kind: opened }
  if (typeof opened === 'string') return malformed(opened)
  return decodePlain(opened.plain, { keyIndex: opened.keyIndex, sealVersion: opened.version }, true)
}

type SealLayer = Pick<Layers, 'keyIndex' | 'sealVersion'>

/** `whole`: nothing can follow `bytes`. */
function decodePlain(bytes: Uint8Array, sealLayer: SealLayer, whole: boolean): StreamState {
  if (bytes.length === 0) return malformed('empty')
  if (bytes[0] !== COMPRESSED)
    return decodeMessage(bytes, { ...sealLayer, compressedBytes: null, plainBytes: bytes.length }, whole)
  const reader = new MsgpackReader(bytes, 1)
  const packed = readCompressed(reader)
  if (reader.fault) return failed(reader, whole)
  const spent = (sealLayer.keyIndex === null ? 1 : 2) * bytes.length
  const expanded = expandLzw(packed, Math.min(MAX_EXPANDED_BYTES, MAX_ANSWER_BYTES - spent))
  if (typeof expanded === 'string') return malformed(expanded)
  const layers = { ...sealLayer, compressedBytes: packed.length, plainBytes: expanded.length }
  return decodeMessage(expanded, layers, true)
}

/** `Algo` 0 is LZW, the only one there is. */
export function readCompressed(reader: MsgpackReader): Uint8Array {
  const fields = reader.fields()
  const packed = fields.get('Buf')
  if ((fields.get('Algo') ?? 0) === 0 && packed instanceof Uint8Array) return packed
  reader.fail('bad-compression')
  return new Uint8Array(0)
}

function decodeMessage(bytes: Uint8Array, layers: Layers, whole: boolean): StreamState {
  if (bytes.length === 0) return malformed('empty')
  const reader = new MsgpackReader(bytes, 1)
  const message = readMessage(bytes[0]!, reader, whole)
  if (typeof message === 'string') return malformed(message)
  if (reader.fault) return failed(reader, whole)
  return { kind: 'answer', message, layers: { ...layers, plainBytes: reader.at } }
}

function readMessage(
  type: number,
  reader: MsgpackReader,
  whole: boolean,
): PushPull | Ack | RemoteError | MalformedReason {
  if (type === PUSH_PULL) return readPushPull(reader, whole)
  if (type === ACK) return readAck(reader)
  if (type === ERROR) return readError(reader)
  return type === COMPRESSED || type === SEALED_TYPE ? 'nested' : 'unknown-type'
}

/** A stream that may go on can still complete what is cut off, as long as that can be read at all. */
function failed(reader: MsgpackReader, whole: boolean): StreamState {
  if (reader.fault !== 'truncated' || whole) return malformed(reader.fault ?? 'truncated')
  return reader.needed > MAX_READ_BYTES ? malformed('too-long') : { kind: 'more', needed: reader.needed }
}
