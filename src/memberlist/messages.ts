import { isUtf8 } from 'node:buffer'
import { ipAt, type Ip } from '../core/ip.ts'
import { MAX_ERROR_BYTES, MAX_MEMBERS, MAX_NAME_BYTES, MAX_READ_BYTES } from './limits.ts'
import { MsgpackReader, type Fields } from './msgpack.ts'

/** Message types (net.go, `messageType`). */
export const PING = 0
export const INDIRECT_PING = 1
export const ACK = 2
export const SUSPECT = 3
export const ALIVE = 4
export const DEAD = 5
export const PUSH_PULL = 6
export const COMPOUND = 7
export const USER = 8
export const COMPRESSED = 9
export const NACK = 11
export const CHECKSUM = 12
export const ERROR = 13
export const LABEL = 244

/** One entry of a member list as it stands on the wire; `meta` is a view of the input. */
export interface NodeState {
  readonly name: string
  readonly address: Ip | null
  readonly port: number
  readonly state: number
  readonly incarnation: number
  readonly meta: Uint8Array
  /** Protocol min, max, current, then the delegate's; shorter from old peers. */
  readonly versions: readonly number[]
}

export interface PushPull {
  readonly type: 'push-pull'
  readonly join: boolean
  readonly nodes: readonly NodeState[]
  readonly userState: Uint8Array
}

export interface Ack {
  readonly type: 'ack'
  readonly sequence: number
  readonly payload: Uint8Array | null
}

export interface Nack {
  readonly type: 'nack'
  readonly sequence: number
}

export interface RemoteError {
  readonly type: 'error'
  /** The peer's own words: escape before printing. */
  readonly text: string
}

const U32 = 2 ** 32

/**
 * Header, then `Nodes` states without an array around them, then `UserStateLen` raw bytes. `whole`: nothing can follow
 * the input, so that counts can be held against it.
 */
export function readPushPull(reader: MsgpackReader, whole: boolean): PushPull {
  const header = reader.fields()
  const count = numberOf(reader, header, 'Nodes')
  const userBytes = numberOf(reader, header, 'UserStateLen')
  if (count < 0) reader.fail('negative-count')
  if (count > MAX_MEMBERS) reader.fail('too-many-members')
  if (userBytes < 0 || userBytes > MAX_READ_BYTES) reader.fail('bad-user-state-length')
  // A state takes one byte at the least.
  if (whole && count > reader.remaining) reader.fail('count-beyond-bytes')
  const nodes: NodeState[] = []
  while (nodes.length < count && !reader.fault) nodes.push(readNodeState(reader))
  if (whole && userBytes > reader.remaining) reader.fail('bad-user-state-length')
  return { type: 'push-pull', join: header.get('Join') === true, nodes, userState: reader.take(userBytes) }
}

export function readAck(reader: MsgpackReader): Ack {
  const fields = reader.fields()
  const payload = fields.get('Payload')
  return {
    type: 'ack',
    sequence: numberOf(reader, fields, 'SeqNo', U32),
    payload: payload instanceof Uint8Array ? payload : null,
  }
}

export function readNack(reader: MsgpackReader): Nack {
  return { type: 'nack', sequence: numberOf(reader, reader.fields(), 'SeqNo', U32) }
}

export function readError(reader: MsgpackReader): RemoteError {
  const text = bytesOf(reader, reader.fields(), 'Error')
  return { type: 'error', text: Buffer.from(text.subarray(0, MAX_ERROR_BYTES)).toString('utf8') }
}

function readNodeState(reader: MsgpackReader): NodeState {
  const fields = reader.fields()
  return {
    name: nameOf(reader, fields),
    address: addressOf(reader, fields),
    port: numberOf(reader, fields, 'Port', 2 ** 16),
    state: numberOf(reader, fields, 'State'),
    incarnation: numberOf(reader, fields, 'Incarnation', U32),
    meta: bytesOf(reader, fields, 'Meta'),
    versions: [...bytesOf(reader, fields, 'Vsn').subarray(0, 6)],
  }
}

/** Members are told apart by name: one that cannot be read exactly must not pass for another. */
function nameOf(reader: MsgpackReader, fields: Fields): string {
  const bytes = bytesOf(reader, fields, 'Name')
  if (bytes.length === 0) reader.fail('name-missing')
  if (bytes.length > MAX_NAME_BYTES) reader.fail('name-too-long')
  if (!isUtf8(bytes)) reader.fail('name-not-utf8')
  return reader.fault ? '' : Buffer.from(bytes).toString('utf8')
}

function addressOf(reader: MsgpackReader, fields: Fields): Ip | null {
  const bytes = bytesOf(reader, fields, 'Addr')
  if (bytes.length === 0) return null
  if (bytes.length === 4 || bytes.length === 16) return ipAt(bytes, 0, bytes.length)
  reader.fail('bad-address')
  return null
}

/** A missing or nil field is zero, as in Go. Without `limit`, any number, also a negative one. */
function numberOf(reader: MsgpackReader, fields: Fields, name: string, limit?: number): number {
  const value = fields.get(name) ?? 0
  const fits = typeof value === 'number' && (limit === undefined || (value >= 0 && value < limit))
  if (fits) return value
  reader.fail('wrong-field')
  return 0
}

function bytesOf(reader: MsgpackReader, fields: Fields, name: string): Uint8Array {
  const value = fields.get(name) ?? EMPTY
  if (value instanceof Uint8Array) return value
  reader.fail('wrong-field')
  return EMPTY
}

const EMPTY = new Uint8Array(0)
