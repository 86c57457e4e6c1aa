import { createCipheriv, createDecipheriv, randomBytes, type CipherGCMTypes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Ip } from '../../core/ip.ts'
import { packLzw } from './lzw.ts'
import { address, flag, nil, raw, signed, struct, text, unsigned } from './msgpack.ts'

/** A member as the peer lists it. */
export interface PeerMember {
  readonly name: string
  readonly address: Ip | null
  readonly port?: number
  readonly state?: 'alive' | 'suspect' | 'dead' | 'left'
  readonly incarnation?: number
  readonly meta?: Uint8Array
}

const STATES = ['alive', 'suspect', 'dead', 'left'] as const
/** Protocol 1 to 5, speaking 2, no delegate: what every MetalLB speaker shows. */
const VERSIONS = Uint8Array.of(1, 5, 2, 0, 0, 0)
const OVERHEAD = 1 + 12 + 16

/** The answer to a push/pull: all members, then the user state. `count` may lie about their number. */
export function pushPullAnswer(
  members: readonly PeerMember[],
  userState: Uint8Array = new Uint8Array(0),
  count = members.length,
): Uint8Array {
  const header = struct({ Nodes: signed(count), UserStateLen: signed(userState.length), Join: flag(false) })
  return Buffer.concat([Uint8Array.of(6), header, ...members.map(nodeState), userState])
}

export function nodeState(member: PeerMember): Uint8Array {
  return struct({
    Name: text(member.name),
    Addr: address(member.address),
    Port: unsigned(member.port ?? 7946),
    Meta: member.meta ? raw(member.meta) : nil(),
    Incarnation: unsigned(member.incarnation ?? 1),
    State: signed(STATES.indexOf(member.state ?? 'alive')),
    Vsn: raw(VERSIONS),
  })
}

export function ackAnswer(sequence: number): Uint8Array {
  return Buffer.concat([Uint8Array.of(2), struct({ SeqNo: unsigned(sequence), Payload: nil() })])
}

export function nackAnswer(sequence: number): Uint8Array {
  return Buffer.concat([Uint8Array.of(11), struct({ SeqNo: unsigned(sequence) })])
}

export function errorAnswer(words: string): Uint8Array {
  return Buffer.concat([Uint8Array.of(13), struct({ Error: text(words) })])
}

export function aliveGossip({ name, address: ip, port = 7946, incarnation = 1 }: PeerMember): Uint8Array {
  const fields = {
    Incarnation: unsigned(incarnation),
    Node: text(name),
    Addr: address(ip),
    Port: unsigned(port),
  }
  return Buffer.concat([Uint8Array.of(4), struct({ ...fields, Meta: nil(), Vsn: raw(VERSIONS) })])
}

/** memberlist compresses every answer on a stream, even when it grows. */
export function compressed(message: Uint8Array, packed = packLzw(message)): Uint8Array {
  return Buffer.concat([Uint8Array.of(9), struct({ Algo: unsigned(0), Buf: raw(packed) })])
}

/** Several messages in one packet. */
export function compound(parts: readonly Uint8Array[]): Uint8Array {
  const lengths = parts.map(({ length }) => Uint8Array.of(length >> 8, length & 0xff))
  return Buffer.concat([Uint8Array.of(7, parts.length), ...lengths, ...parts])
}

/** 0x0C and the CRC-32 of all that follows. */
export function checksummed(message: Uint8Array): Uint8Array {
  const header = Buffer.alloc(5)
  header.writeUInt8(12)
  header.writeUInt32BE(crc32(message), 1)
  return Buffer.concat([header, message])
}

export interface PeerSealing {
  readonly key: Uint8Array
  readonly nonce?: Uint8Array
  /** 0 pads, as peers do that speak protocol 1. */
  readonly version?: 0 | 1
}

/** On a stream: 0x0A, the length, and the sealed message, which carry the label in what they authenticate. */
export function sealedFrame(
  message: Uint8Array,
  sealing: PeerSealing,
  label: Uint8Array = NOTHING,
): Uint8Array {
  const plain = padded(message, sealing.version ?? 1)
  const header = Buffer.alloc(5)
  header.writeUInt8(10)
  header.writeUInt32BE(OVERHEAD + plain.length, 1)
  return Buffer.concat([header, seal(plain, sealing, Buffer.concat([header, label]))])
}

/** In a packet: the sealed message alone. */
export function sealedPacket(
  message: Uint8Array,
  sealing: PeerSealing,
  label: Uint8Array = NOTHING,
): Uint8Array {
  return seal(padded(message, sealing.version ?? 1), sealing, label)
}

/** What a sealed message says; undefined: this key does not open it. */
export function unsealed(
  sealed: Uint8Array,
  key: Uint8Array,
  authenticated: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < OVERHEAD) return undefined
  const decipher = createDecipheriv(algorithm(key), key, sealed.subarray(1, 13), { authTagLength: 16 })
  decipher.setAAD(authenticated).setAuthTag(sealed.subarray(-16))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(13, -16)), decipher.final()])
  } catch {
    return undefined
  }
}

function seal(
  plain: Uint8Array,
  { key, nonce = randomBytes(12), version = 1 }: PeerSealing,
  aad: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(algorithm(key), key, nonce, { authTagLength: 16 })
  cipher.setAAD(aad)
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Uint8Array.of(version), nonce, ciphertext, cipher.getAuthTag()])
}

function padded(message: Uint8Array, version: 0 | 1): Uint8Array {
  if (version === 1) return message
  const count = 16 - (message.length % 16)
  return Buffer.concat([message, Buffer.alloc(count, count)])
}

function algorithm(key: Uint8Array): CipherGCMTypes {
  return `aes-${(key.length * 8) as 128 | 192 | 256}-gcm`
}

const NOTHING = new Uint8Array(0)
