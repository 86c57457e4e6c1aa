import {
  compressed,
  checksummed,
  compound,
  sealedFrame,
  sealedPacket,
} from '../../../src/lab/memberlist-peer/frame.ts'
import { packLzw } from '../../../src/lab/memberlist-peer/lzw.ts'
import { Inbox } from '../../../src/memberlist/inbox.ts'
import { MemberlistKeys, NO_KEYS } from '../../../src/memberlist/keys.ts'
import { MAX_MEMBERS, MAX_PACKET_MESSAGES } from '../../../src/memberlist/limits.ts'
import { expandLzw } from '../../../src/memberlist/lzw.ts'
import { readPushPull } from '../../../src/memberlist/messages.ts'
import { MsgpackReader } from '../../../src/memberlist/msgpack.ts'
import { decodePacket, type PacketState } from '../../../src/memberlist/packet.ts'
import { keyThatItNames, readingOf } from '../../../src/memberlist/reading.ts'
import { decodeStream, type StreamState } from '../../../src/memberlist/stream.ts'
import { bytes as hexBytes, recorded } from '../../memberlist/recorded.ts'
import { piecesOf, promise, type Target } from '../target.ts'

const KEY = Buffer.alloc(32, 'k')
const SEALING = { key: KEY, nonce: Buffer.alloc(12) }
const KEYS = new MemberlistKeys([Buffer.alloc(16, 'o'), KEY])
const NO_LABEL = new Uint8Array(0)

const TOKENS = [
  '\xdf\xff\xff\xff\xff',
  '\xdd\xff\xff\xff\xff',
  '\xdb\xff\xff\xff\xff',
  '\xc7\x00\x00',
  '\xcf\xff\xff\xff\xff\xff\xff\xff\xff',
  '\xd3\x80\x00\x00\x00\x00\x00\x00\x00',
  '\x81',
  '\x91',
  '\xa5Nodes',
  '\xa4Name',
  '\xa4Addr',
  '\xa3Buf',
  '\xa4Algo',
  '\xa3Vsn',
  '\xacUserStateLen',
  '\xa9__proto__',
]

function recordings(transport: 'tcp' | 'udp'): Buffer[] {
  return recorded(transport).map(({ response }) => Buffer.concat([Uint8Array.of(0), hexBytes(response)]))
}

/** The first byte chooses how the rest is wrapped, so that what lies under seal and compression is reached. */
export const memberlistStream: Target = {
  name: 'memberlist-stream',
  seeds: () => recordings('tcp'),
  tokens: TOKENS,
  run(input) {
    const [way = 0, body] = [input[0], input.subarray(1)]
    const message = way & 1 ? compressed(body) : body
    const bytes = way & 2 ? sealedFrame(message, { ...SEALING, version: way & 4 ? 0 : 1 }) : message
    const decode = (some: Uint8Array): StreamState => decodeStream(some, way & 8 ? NO_KEYS : KEYS, NO_LABEL)
    const [whole, inbox] = [decode(bytes), new Inbox(decode)]
    // the last piece that is wanted may hold more than the answer
    for (const piece of piecesOf(bytes)) if (inbox.take(piece)) break
    promise(kindOf(whole) === kindOf(inbox.close()), 'a stream in pieces reads otherwise')
    const ending = { how: 'closed' } as const
    const reading = readingOf({ ending, state: whole, spoke: true }, way % 2 === 0)
    if (reading.kind === 'view') promise(reading.members.length <= MAX_MEMBERS, 'too many members')
    keyThatItNames(whole)
    return `${way & 15}:${reading.kind}:${kindOf(whole)}`
  },
}

function kindOf(state: StreamState | PacketState): string {
  return state.kind === 'malformed' ? state.reason : state.kind
}

/** The same for packets: compressed, checksummed, compound, sealed. */
export const memberlistPacket: Target = {
  name: 'memberlist-packet',
  seeds: () => recordings('udp'),
  tokens: [...TOKENS, '\x07\xff', '\x09', '\xf4\x05label'],
  run(input) {
    const [way = 0, body] = [input[0], input.subarray(1)]
    let bytes = way & 1 ? compressed(body) : body
    if (way & 2 && bytes.length <= 0xffff) bytes = compound([bytes, bytes])
    if (way & 4) bytes = checksummed(bytes)
    if (way & 8) bytes = sealedPacket(bytes, SEALING)
    const state = decodePacket(bytes, way & 16 ? NO_KEYS : KEYS, way & 32 ? Buffer.from('label') : NO_LABEL)
    if (state.kind === 'packet') promise(state.messages.length <= MAX_PACKET_MESSAGES, 'too many messages')
    return `${way & 31}:${kindOf(state)}`
  },
}

export const msgpack: Target = {
  name: 'msgpack',
  seeds: () => recorded('tcp').map(({ requestPlain }) => hexBytes(requestPlain).subarray(1)),
  tokens: TOKENS,
  run(bytes) {
    const reader = new MsgpackReader(bytes)
    const fields = reader.fields()
    promise(reader.at <= bytes.length, 'read beyond the end')
    const list = [true, false].map((whole) => {
      const inner = new MsgpackReader(bytes)
      const { nodes } = readPushPull(inner, whole)
      promise(nodes.length <= MAX_MEMBERS, 'too many members')
      return inner.fault
    })
    const kinds = [...fields.values()].slice(0, 4).map((value) => (value === null ? 'nil' : typeof value))
    return [reader.fault, ...kinds, ...list].join()
  },
}

const MOST_EXPANDED = 1 << 20

/** What expands must be what packs to it again; the limit holds. */
export const lzw: Target = {
  name: 'lzw',
  seeds: () => ['', 'a', 'abababababab', 'x'.repeat(5000)].map((text) => packLzw(Buffer.from(text))),
  tokens: ['\x00\x01', '\x01\x02', '\xff\xff\xff'],
  run(bytes) {
    const expanded = expandLzw(bytes, MOST_EXPANDED)
    if (typeof expanded === 'string') return expanded
    promise(expanded.length <= MOST_EXPANDED, 'expanded beyond the limit')
    const again = expandLzw(packLzw(expanded.subarray(0, 4096)), 4096)
    promise(
      typeof again !== 'string' && Buffer.compare(again, expanded.subarray(0, 4096)) === 0,
      'what was packed again expands to something else',
    )
    return `expanded ${Math.min(12, Math.floor(Math.log2(expanded.length + 1)))}`
  },
}
