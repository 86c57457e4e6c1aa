import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemberlistKeys, NO_KEYS } from '../../src/memberlist/keys.ts'
import { readingOf, type Ending } from '../../src/memberlist/reading.ts'
import { decodeStream, type StreamState } from '../../src/memberlist/stream.ts'
import { bytes, hex, recorded, type Expected, type Recorded } from './recorded.ts'

// What real peers answered on streams, decoded and classified. Not covered: how the bytes come in (exchange.test.ts).

const exchanges = recorded('tcp')

for (const item of exchanges) {
  test(`${item.name} → ${item.expected.kind}`, () =>
    assert.deepEqual(seen(item, keysOf(item.key)), item.expected))
  if (item.expectedWithPeerKey) {
    test(`${item.name}, with the peer's key → ${item.expectedWithPeerKey.kind}`, () =>
      assert.deepEqual(seen(item, keysOf(item.peerKey!)), item.expectedWithPeerKey))
  }
}

for (const item of exchanges.filter(({ response }) => response !== '')) {
  test(`${item.name}, cut after each byte → asks for more, and for no more than there was`, () => {
    const whole = bytes(item.response)
    for (let length = 0; length < whole.length; length++) {
      const state = decode(item, keysOf(item.key), whole.subarray(0, length))
      assert.equal(state.kind, 'more', `${length} of ${whole.length} bytes`)
      assert.ok(state.kind === 'more' && state.needed > length && state.needed <= whole.length)
    }
  })
}

for (const item of exchanges.filter(({ response, key }) => key !== null && response.startsWith('0a'))) {
  test(`${item.name}, one bit flipped anywhere behind its length → no key fits, or no version of sealing`, () => {
    for (let at = 5; at < item.response.length / 2; at++) {
      const flipped = bytes(item.response)
      flipped[at]! ^= 0x10
      const state = decode(item, keysOf(item.key), flipped)
      const kind = state.kind === 'malformed' ? state.reason : state.kind
      assert.equal(kind, at === 5 ? 'sealed-version' : 'no-key-fits', `byte ${at}`)
    }
  })
}

for (const [text, words] of [
  ['Remote state is encrypted and encryption is not configured', { kind: 'no-key' }],
  ['remote state is encrypted and encryption is not configured', { kind: 'no-key' }],
  ['Encryption is configured but remote state is not encrypted', { kind: 'wants-key' }],
  ['something new', { kind: 'remote-error', text: 'something new' }],
] as const) {
  test(`the error "${text}" → ${words.kind}`, () => {
    const message = { type: 'error', text } as const
    const layers = { keyIndex: null, sealVersion: null, compressedBytes: null, plainBytes: 1 }
    const state = { kind: 'answer', message, layers } as const
    assert.deepEqual(readingOf({ ending: { how: 'complete' }, state, spoke: true }, true), words)
  })
}

/** The exchange in the words of the fixtures. */
function seen(item: Recorded, keys: MemberlistKeys): Expected {
  const state = decode(item, keys, bytes(item.response))
  if (state.kind === 'answer') return answerSeen(state)
  const ending: Ending = { how: item.responseEnd === 'timeout' ? 'timeout' : 'closed' }
  const { kind } = readingOf({ ending, state, spoke: item.response !== '' }, item.key !== null)
  return { kind: KINDS[kind] ?? kind }
}

const KINDS: Readonly<Record<string, string>> = {
  closed: 'closed-without-answer',
  silent: 'no-answer',
  sealed: 'encrypted-no-key',
}

function answerSeen({ message, layers }: Extract<StreamState, { kind: 'answer' }>): Expected {
  const { keyIndex, sealVersion, compressedBytes, plainBytes } = layers
  const shown = {
    encrypted: keyIndex !== null,
    compressed: compressedBytes !== null,
    ...(keyIndex === null ? {} : { encVsn: sealVersion, keyIndex }),
    ...(compressedBytes === null ? {} : { compressedBytes }),
    plainBytes,
  }
  if (message.type === 'ack') return { kind: 'ack', seq: message.sequence, layers: shown }
  if (message.type === 'error') return { kind: 'remote-error', error: message.text, layers: shown }
  const states = ['alive', 'suspect', 'dead', 'left']
  return {
    kind: 'view',
    layers: shown,
    join: message.join,
    nodes: message.nodes.map(({ address, state, meta, versions, ...node }) => ({
      ...node,
      addr: address,
      state: states[state],
      meta: hex(meta),
      vsn: versions,
    })),
    userState: hex(message.userState),
  }
}

function decode({ label }: Recorded, keys: MemberlistKeys, response: Uint8Array): StreamState {
  return decodeStream(response, keys, Buffer.from(label))
}

function keysOf(key: string | null): MemberlistKeys {
  return key === null ? NO_KEYS : new MemberlistKeys([bytes(key)])
}
