import { createCipheriv } from 'node:crypto'
import { ipBytes, type Ip } from '../core/ip.ts'
import { INDIRECT_PING, LABEL, PING, PUSH_PULL } from './messages.ts'
import { MAX_LABEL_BYTES } from './limits.ts'
import {
  algorithm,
  NONCE_BYTES,
  SEALED_HEADER_BYTES,
  SEALED_OVERHEAD,
  SEALED_TYPE,
  TAG_BYTES,
} from './open.ts'

/**
 * All that arpcheck ever says to a memberlist. What is not one of these cannot be framed: no state, no join, no
 * suspicion, no user message, no empty content (some of which end the process that reads them).
 */
export type StreamRequest = Request<'push-pull' | 'ping'>
export type PacketRequest = Request<'ping' | 'indirect-ping'>
type Request<Kind extends string> = Uint8Array & { readonly [kind]: Kind }
declare const kind: unique symbol

/** How a request is sealed. A nonce serves once. */
export interface Sealing {
  readonly key: Uint8Array
  readonly nonce: Uint8Array
}

/** Asks for the member list: a push/pull with an empty list of ours, and without joining. */
export function memberListRequest(): Request<'push-pull'> {
  const fields = [text('Nodes'), unsigned(0), text('UserStateLen'), unsigned(0), text('Join'), [FALSE]]
  return message(PUSH_PULL, 3, fields) as Request<'push-pull'>
}

/** Asks a member to answer. An empty name: whoever is there; another name than its own is a WARN in its log. */
export function pingRequest(sequence: number, name: string): Request<'ping'> {
  const fields = [text('SeqNo'), unsigned(sequence), text('Node'), text(name)]
  return message(PING, 2, fields) as Request<'ping'>
}

/** Asks a member to ping another one. Without source fields, so that the answer comes back to our socket. */
export function indirectPingRequest(
  sequence: number,
  target: { readonly name: string; readonly address: Ip; readonly port: number },
): Request<'indirect-ping'> {
  const { name, address, port } = target
  const whom = [text('Target'), raw(ipBytes(address)), text('Port'), unsigned(port), text('Node'), text(name)]
  const fields = [text('SeqNo'), unsigned(sequence), ...whom, text('Nack'), [TRUE]]
  return message(INDIRECT_PING, 5, fields) as Request<'indirect-ping'>
}

/** [label header] then the message, or 0x0A, its length u32 and the sealed bytes. */
export function streamFrame(request: StreamRequest, label: Uint8Array, sealing: Sealing | null): Uint8Array {
  if (!sealing) return Buffer.concat([labelHeader(label), request])
  const header = Buffer.alloc(SEALED_HEADER_BYTES)
  header.writeUInt8(SEALED_TYPE)
  header.writeUInt32BE(SEALED_OVERHEAD + request.length, 1)
  const authenticated = Buffer.concat([header, label])
  return Buffer.concat([labelHeader(label), header, seal(request, sealing, authenticated)])
}

/** [label header] then the message, or the sealed bytes without a type or length of their own. */
export function packet(request: PacketRequest, label: Uint8Array, sealing: Sealing | null): Uint8Array {
  return Buffer.concat([labelHeader(label), sealing ? seal(request, sealing, label) : request])
}

/** version 1 u8 | nonce 12 | ciphertext | tag 16 */
function seal(request: Uint8Array, { key, nonce }: Sealing, authenticated: Uint8Array): Uint8Array {
  if (nonce.length !== NONCE_BYTES) throw new RangeError('a nonce has 12 bytes')
  const cipher = createCipheriv(algorithm(key), key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(authenticated)
  return Buffer.concat([Uint8Array.of(1), nonce, cipher.update(request), cipher.final(), cipher.getAuthTag()])
}

function labelHeader(label: Uint8Array): Uint8Array {
  if (label.length > MAX_LABEL_BYTES) throw new RangeError('a label has 255 bytes at most')
  return label.length === 0 ? label : Buffer.concat([Uint8Array.of(LABEL, label.length), label])
}

const FALSE = 0xc2
const TRUE = 0xc3

type Encoded = Uint8Array | readonly number[]

/** A type byte and a map. */
function message(type: number, count: number, fields: readonly Encoded[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(type, 0x80 | count), ...fields.map((field) => Uint8Array.from(field))])
}

function text(value: string): Encoded {
  return raw(Buffer.from(value, 'utf8'))
}

/** The old dialect has no form with one byte of length: from 32 bytes on, two. */
function raw(bytes: Uint8Array): Encoded {
  if (bytes.length > 0xffff) throw new RangeError('a name has 65535 bytes at most')
  const head = bytes.length < 32 ? [0xa0 | bytes.length] : [0xda, bytes.length >> 8, bytes.length & 0xff]
  return [...head, ...bytes]
}

function unsigned(value: number): Encoded {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) throw new RangeError('not an unsigned u32')
  if (value < 0x80) return [value]
  if (value <= 0xff) return [0xcc, value]
  if (value <= 0xffff) return [0xcd, value >> 8, value & 0xff]
  return [0xce, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
}
