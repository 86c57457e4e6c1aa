import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compressed, nodeState, pushPullAnswer, sealedFrame } from '../../src/lab/memberlist-peer/frame.ts'
import { packLzw, packLzwBomb } from '../../src/lab/memberlist-peer/lzw.ts'
import { flag, nil, raw, signed, struct, text, unsigned } from '../../src/lab/memberlist-peer/msgpack.ts'
import { MemberlistKeys, NO_KEYS } from '../../src/memberlist/keys.ts'
import { Inbox } from '../../src/memberlist/inbox.ts'
import { decodePacket } from '../../src/memberlist/packet.ts'
import { decodeStream, type StreamState } from '../../src/memberlist/stream.ts'
import { bytes, recorded } from './recorded.ts'

// Bytes that lie: each is refused with its reason, before anything is allocated for it, and none of them throws.

const MIB = 2 ** 20
const KEY = Buffer.alloc(32, 'k')
const NO_LABEL = Buffer.alloc(0)
const MEMBER = { name: 'nuc-1', address: null }
const NODE = {
  Name: text('nuc-1'),
  Addr: raw(Uint8Array.of(192, 168, 1, 11)),
  Port: unsigned(7946),
  Meta: nil(),
  Incarnation: unsigned(1),
  State: signed(0),
  Vsn: raw(Uint8Array.of(1, 5, 2, 0, 0, 0)),
}

for (const [what, message, reason] of [
  ['type 0x0a inside', Uint8Array.of(0x0a), 'nested'],
  ['compression inside', compressed(compressed(pushPullAnswer([]))), 'nested'],
  ['a user message', Uint8Array.of(8, 0x80), 'unknown-type'],
  ['a type that nobody has', Uint8Array.of(200), 'unknown-type'],
  ['nothing', new Uint8Array(0), 'empty'],
  ['a header that is no map', Uint8Array.of(6, 0x01), 'not-a-map'],
  ['a header of an array', Uint8Array.of(6, 0x93, 0xc2, 0x00, 0x00), 'not-a-map'],
  ['no header at all', Uint8Array.of(6), 'truncated'],
  ['-1 members', pushPullAnswer([], undefined, -1), 'negative-count'],
  ['-70000 members', pushPullAnswer([], undefined, -70_000), 'negative-count'],
  ['16385 members', pushPullAnswer([], undefined, 16_385), 'too-many-members'],
  ['2^31 members', pushPullAnswer([], undefined, 2 ** 31 - 1), 'too-many-members'],
  ['more members than bytes', pushPullAnswer([MEMBER], undefined, 200), 'count-beyond-bytes'],
  ['one member more than there are', pushPullAnswer([MEMBER, MEMBER], undefined, 3), 'truncated'],
  ['members counted in text', header({ Nodes: text('1') }), 'wrong-field'],
  ['user state of -1 bytes', header({ UserStateLen: signed(-1) }), 'bad-user-state-length'],
  ['user state beyond the end', header({ UserStateLen: signed(1) }), 'bad-user-state-length'],
  ['user state of 2 GiB', header({ UserStateLen: signed(2 ** 31 - 1) }), 'bad-user-state-length'],
  ['a name that is no UTF-8', node({ Name: raw(Uint8Array.of(0x6e, 0xff)) }), 'name-not-utf8'],
  ['a name with a lone surrogate', node({ Name: raw(bytes('eda080')) }), 'name-not-utf8'],
  ['an empty name', node({ Name: text('') }), 'name-missing'],
  ['a name that is a number', node({ Name: unsigned(1) }), 'wrong-field'],
  ['a name of 513 bytes', node({ Name: text('n'.repeat(513)) }), 'name-too-long'],
  ['an address of 5 bytes', node({ Addr: raw(new Uint8Array(5)) }), 'bad-address'],
  ['port 65536', node({ Port: unsigned(65_536) }), 'wrong-field'],
  ['port -1', node({ Port: signed(-1) }), 'wrong-field'],
  ['incarnation 2^32', node({ Incarnation: bytes('cf0000000100000000') }), 'wrong-field'],
  ['meta that is a flag', node({ Meta: flag(true) }), 'wrong-field'],
  ['a member of 65 fields', Buffer.concat([oneMember(), bytes('de0041')]), 'too-many-fields'],
  ['a member that never ends', Buffer.concat([oneMember(), bytes('dfffffffff')]), 'too-many-fields'],
  [
    'a field of 4097 values',
    node({ Extra: Buffer.concat([bytes('dc1001'), Buffer.alloc(4097)]) }),
    'too-many-values',
  ],
  ['a field of 2^32 values', node({ Extra: bytes('ddffffffff') }), 'too-many-values'],
  ['arrays a hundred thousand deep', node({ Extra: Buffer.alloc(100_000, 0x91) }), 'too-many-values'],
  ['maps a hundred thousand deep', node({ Extra: Buffer.alloc(100_000, 0x81) }), 'too-many-values'],
  ['the byte that msgpack never uses', node({ Extra: bytes('c1') }), 'bad-msgpack'],
] as const) {
  test(`${what} → ${reason}`, () => {
    assert.deepEqual(decode(sealedFrame(message, { key: KEY })), { kind: 'malformed', reason })
    assert.deepEqual(decode(compressed(message)), { kind: 'malformed', reason })
  })
}

for (const [what, frame, reason] of [
  ['a sealed length of 0xffffffff', bytes('0affffffff'), 'sealed-length'],
  ['a sealed length of 8 MiB and a byte', bytes('0a00800001'), 'sealed-length'],
  ['a sealed length of 28, less than nothing', bytes('0a0000001c'), 'sealed-length'],
  ['a sealed nothing', sealedFrame(new Uint8Array(0), { key: KEY }), 'empty'],
  ['sealing version 2', Buffer.concat([bytes('0a0000001d02'), Buffer.alloc(28)]), 'sealed-version'],
  ['padding of 17 bytes', paddedBy(17), 'bad-padding'],
  ['padding of no bytes', paddedBy(0), 'bad-padding'],
  ['a compressed nothing', compressed(new Uint8Array(0)), 'empty'],
  ['an unknown compression', bytes('0982a4416c676f01a3427566a100'), 'bad-compression'],
  ['compression without its bytes', bytes('0981a4416c676f00'), 'bad-compression'],
  ['compressed bytes without an end', bytes('0982a4416c676f00a3427566a100'), 'bad-compression'],
  ['41 MiB in 24 KiB', compressed(new Uint8Array(0), packLzwBomb(41 * MIB)), 'expands-too-far'],
  ['an open name of 2 GiB', Buffer.concat([oneMember(), bytes('81a44e616d65db7fffffff')]), 'too-long'],
  ['an open user state that may be', header({ UserStateLen: signed(22 * MIB) }), 'bad-user-state-length'],
  ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'unknown-type'],
] as const) {
  test(`${what} → ${reason}`, () => assert.deepEqual(decode(frame), { kind: 'malformed', reason }))
}

for (const [what, packedBytes, fits] of [
  ['20 MiB of compressed bytes that expand to 24 MiB', 20, 24],
  ['20 MiB of compressed bytes that expand to 25 MiB', 20, 25],
] as const) {
  const reason = fits === 24 ? 'truncated' : 'expands-too-far'
  test(`${what} → ${fits === 24 ? 'expanded' : reason}`, () => {
    const packed = Buffer.concat([packLzwBomb(fits * MIB - 4096), Buffer.alloc(packedBytes * MIB)])
    const frame = compressed(new Uint8Array(0), packed.subarray(0, packedBytes * MIB - 64))
    const state = decode(frame)
    // It expands to zeros: a ping, which nobody answers with.
    const expanded = { kind: 'malformed', reason: 'unknown-type' } as const
    assert.deepEqual(state, fits === 24 ? expanded : { kind: 'malformed', reason })
  })
}

test('control characters and right-to-left marks in a name → a name, which is escaped where it is shown', () => {
  const name = 'nuc\u001b[2J\u202e-1'
  const state = decode(node({ Name: text(name) }))
  assert.ok(state.kind === 'answer' && state.message.type === 'push-pull')
  assert.equal(state.message.nodes[0]?.name, name)
})

for (const [what, extra] of [
  ['a float', 'cb3ef2ad922dc50807'],
  ['an extension', 'd6ff00000000'],
  ['a long extension', 'c70203beef'],
  ['nested maps and arrays', '82a161930102c0a16281a16390'],
  ['text in the newer form', 'd903616263'],
  ['bytes in the newer form', 'c403616263'],
  ['a large number', 'cfffffffffffffffff'],
  ['a negative number', 'd3ffffffffffffffff'],
] as const) {
  test(`an unknown field that holds ${what} → read past`, () => {
    const state = decode(node({ Extra: bytes(extra) }))
    assert.equal(
      state.kind === 'answer' && state.message.type === 'push-pull' && state.message.nodes.length,
      1,
    )
  })
}

test('missing fields, nil fields and signed forms → zero, zero, the number, as in Go', () => {
  const sparse = [
    header({ Nodes: bytes('d30000000000000002') }),
    struct({ Name: text('a') }),
    struct({ Name: text('b'), Addr: nil(), Port: bytes('d10010'), State: nil() }),
  ]
  const state = decode(Buffer.concat(sparse))
  assert.ok(state.kind === 'answer' && state.message.type === 'push-pull')
  assert.deepEqual(
    state.message.nodes.map(({ name, address, port, state: number, versions }) => [
      name,
      address,
      port,
      number,
      versions,
    ]),
    [
      ['a', null, 0, 0, []],
      ['b', null, 16, 0, []],
    ],
  )
})

test('any bytes → no decoder throws', () => {
  const keys = [NO_KEYS, new MemberlistKeys([KEY, Buffer.alloc(16, 'k')])]
  fc.assert(
    fc.property(hostileBytes(), (input) => {
      for (const one of keys) {
        decodeStream(input, one, NO_LABEL)
        decodePacket(input, one, NO_LABEL)
        decodePacket(input, one, Buffer.from('label'))
      }
    }),
    { numRuns: 4000 },
  )
})

test('a recorded answer in any pieces → the same answer, as soon as it is whole', () => {
  const item = recorded('tcp').find(({ name }) => name === 'tcp-plain-uncompressed-user-state')!
  const whole = bytes(item.response)
  const decoded = decodeStream(whole, NO_KEYS, NO_LABEL)
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes) => {
      const inbox = new Inbox((input) => decodeStream(input, NO_KEYS, NO_LABEL))
      let at = 0
      for (const size of [...sizes, whole.length]) {
        const isWhole = inbox.take(whole.subarray(at, at + size))
        at = Math.min(whole.length, at + size)
        assert.equal(isWhole, at === whole.length)
      }
      assert.deepEqual(inbox.close(), decoded)
    }),
  )
})

/** Arbitrary bytes, and real ones with a few bytes changed, also within what is compressed or sealed. */
function hostileBytes(): fc.Arbitrary<Uint8Array> {
  const real = [...recorded('tcp'), ...recorded('udp')].filter(({ response }) => response !== '')
  const answers = [
    ...real.map(({ response }) => bytes(response)),
    pushPullAnswer([MEMBER, MEMBER]),
    Buffer.concat([pushPullAnswer([MEMBER]), nodeState(MEMBER)]),
  ]
  const change = fc.tuple(fc.nat(), fc.nat(255))
  const changed = fc
    .tuple(fc.constantFrom(...answers), fc.array(change, { maxLength: 4 }))
    .map(([answer, changes]) => {
      const copy = Uint8Array.from(answer)
      for (const [at, value] of changes) copy[at % copy.length] = value
      return copy
    })
  const wrapped = fc.tuple(changed, fc.constantFrom('compressed', 'sealed', 'both')).map(([inner, how]) => {
    const packed = how === 'sealed' ? inner : compressed(inner, packLzw(inner))
    return how === 'compressed' ? packed : sealedFrame(packed, { key: KEY })
  })
  return fc.oneof(fc.uint8Array({ maxLength: 400 }), changed, wrapped)
}

function decode(frame: Uint8Array): StreamState {
  return decodeStream(frame, frame[0] === 0x0a ? new MemberlistKeys([KEY]) : NO_KEYS, NO_LABEL)
}

/** A push/pull header with some fields replaced, and nothing behind it. */
function header(fields: Record<string, Uint8Array>): Uint8Array {
  const all = { Nodes: signed(0), UserStateLen: signed(0), Join: flag(false), ...fields }
  return Buffer.concat([Uint8Array.of(6), struct(all)])
}

/** The header of one member. */
function oneMember(): Uint8Array {
  return header({ Nodes: signed(1) })
}

/** One member with some fields replaced or added. */
function node(fields: Record<string, Uint8Array>): Uint8Array {
  return Buffer.concat([oneMember(), struct({ ...NODE, ...fields })])
}

/** Sealed in version 0, whose last byte claims `count` bytes of padding. */
function paddedBy(count: number): Uint8Array {
  const frame = sealedFrame(Buffer.alloc(16, count), { key: KEY })
  // The version is not authenticated: a frame of version 1 is one of version 0 with whatever it ends in as padding.
  frame[5] = 0
  return frame
}
