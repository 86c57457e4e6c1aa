import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock, type Clock } from '../../src/clock.ts'
import { parseIp } from '../../src/core/ip.ts'
import type { Reading, Speaker } from '../../src/core/views.ts'
import { startMemberlistPeer, type MemberlistPeer } from '../../src/lab/memberlist-peer/peer.ts'
import { healthyPeer, type PeerScript } from '../../src/lab/memberlist-peer/script.ts'
import { MemberlistKeys, NO_KEYS } from '../../src/memberlist/keys.ts'
import { createObserver, OBSERVER_DEFAULTS, type Observer } from '../../src/memberlist/observer.ts'
import { until } from '../helpers/until.ts'

// The observer against the lab's peer on loopback: what it makes of each conduct, and how sparingly it asks.
// Not covered: real memberlist (peers.test.ts), what a hostile peer costs (hostile.test.ts).

const LOOPBACK = parseIp('127.0.0.1')!
const LONG_KEY = Buffer.alloc(32, 'l')
const SHORT_KEY = Buffer.alloc(16, 's')
const VIEW = ['nuc-1', 'nuc-2', 'nuc-3'].map((name, i) => ({ name, address: parseIp(`10.0.0.${i + 1}`)! }))
const ALL_ALIVE = VIEW.map((member) => ({ ...member, port: 7946, state: 'alive' as const, incarnation: 1 }))
const never = new AbortController().signal

const peers: MemberlistPeer[] = []
after(() => Promise.all(peers.map((peer) => peer.close())))

async function peerThat(change: Partial<PeerScript>): Promise<MemberlistPeer> {
  const peer = await startMemberlistPeer({ ...healthyPeer('nuc-1', VIEW), ...change }, LOOPBACK, 0)
  peers.push(peer)
  return peer
}

function speakerAt({ port }: { readonly port: number }, name = 'nuc-1'): Speaker {
  return { name, address: LOOPBACK, port }
}

function observerWith(
  settings: {
    keys?: MemberlistKeys
    label?: string
    timeoutMs?: number
    gapMs?: number
    parallel?: number
  } = {},
  edges: { clock?: Clock; randomBytes?: (count: number) => Uint8Array } = {},
): Observer {
  return createObserver(
    { ...OBSERVER_DEFAULTS, keys: NO_KEYS, gapMs: 0, ...settings },
    { clock: systemClock, ...edges },
  )
}

async function reading(peer: { readonly port: number }, observer: Observer): Promise<Reading> {
  const [first] = await observer.observe([speakerAt(peer)], never)
  return first!.reading
}

const keyed = (...keys: Buffer[]) => new MemberlistKeys(keys)

for (const [what, script, keys, expected] of [
  ['plain', {}, NO_KEYS, { kind: 'view', members: ALL_ALIVE, keyIndex: null, unproven: false }],
  [
    'AES-256',
    { key: LONG_KEY },
    keyed(LONG_KEY),
    { kind: 'view', members: ALL_ALIVE, keyIndex: 0, unproven: false },
  ],
  [
    'AES-128',
    { key: SHORT_KEY },
    keyed(SHORT_KEY),
    { kind: 'view', members: ALL_ALIVE, keyIndex: 0, unproven: false },
  ],
  ['a key, we have none', { key: LONG_KEY }, NO_KEYS, { kind: 'sealed' }],
  ['another key than ours', { key: LONG_KEY }, keyed(SHORT_KEY), { kind: 'wrong-key' }],
  ['no key, we have one', {}, keyed(LONG_KEY), { kind: 'no-key' }],
  ['a label, we have none', { label: 'other' }, NO_KEYS, { kind: 'closed' }],
  ['a process that closes', { conduct: 'closing' }, NO_KEYS, { kind: 'closed' }],
  ['nothing that listens', { conduct: 'refused' }, NO_KEYS, { kind: 'refused' }],
  ['a stopped process', { conduct: 'silent' }, NO_KEYS, { kind: 'silent' }],
  ['a reset within the answer', { conduct: 'resetting' }, NO_KEYS, { kind: 'cut-short' }],
  ['a byte every 50 ms', { conduct: 'slow-drip' }, NO_KEYS, { kind: 'unfinished' }],
  ['members without end', { conduct: 'endless' }, NO_KEYS, { kind: 'malformed', text: 'too-long' }],
  ['a name without end', { conduct: 'endless-bytes' }, NO_KEYS, { kind: 'malformed', text: 'too-long' }],
  ['4 GiB', { conduct: 'four-gib' }, NO_KEYS, { kind: 'malformed', text: 'sealed-length' }],
  ['64 MiB in 30 KiB', { conduct: 'bomb' }, NO_KEYS, { kind: 'malformed', text: 'expands-too-far' }],
  ['-1 members', { conduct: 'negative-count' }, NO_KEYS, { kind: 'malformed', text: 'negative-count' }],
  [
    'more members than bytes',
    { conduct: 'huge-count' },
    NO_KEYS,
    { kind: 'malformed', text: 'count-beyond-bytes' },
  ],
  ['a web server', { conduct: 'garbage' }, NO_KEYS, { kind: 'malformed', text: 'unknown-type' }],
] as const satisfies readonly (readonly [string, Partial<PeerScript>, MemberlistKeys, Reading])[]) {
  test(`${what} → ${expected.kind}`, async () => {
    const peer = await peerThat(script)
    const timeoutMs = expected.kind === 'silent' || expected.kind === 'unfinished' ? 300 : 20_000
    assert.deepEqual(await reading(peer, observerWith({ keys, timeoutMs })), expected)
    if (peer.asked.length > 0) assert.deepEqual(peer.asked, [{ kind: 'member-list' }])
  })
}

test('a label on both sides, sealed → the view', async () => {
  const peer = await peerThat({ key: LONG_KEY, label: 'lab' })
  assert.equal((await reading(peer, observerWith({ keys: keyed(LONG_KEY), label: 'lab' }))).kind, 'view')
})

test('the second of our keys → the view by a second connection, and from then on by one', async () => {
  const peer = await peerThat({ key: SHORT_KEY })
  const observer = observerWith({ keys: keyed(LONG_KEY, SHORT_KEY) })
  const first = await reading(peer, observer)
  assert.equal(first.kind === 'view' && first.keyIndex, 1)
  assert.deepEqual(peer.refused, ['No installed keys could decrypt the message'])
  await reading(peer, observer)
  assert.deepEqual([peer.refused.length, peer.asked.length], [1, 2])
})

test('a wrong key, a missing key, a wrong label → one connection each, no second try', async () => {
  const [other, bare, labelled] = [
    await peerThat({ key: Buffer.alloc(32, 'x') }),
    await peerThat({}),
    await peerThat({ label: 'other' }),
  ]
  const observer = observerWith({ keys: keyed(LONG_KEY, SHORT_KEY) })
  const speakers = [other, bare, labelled].map((peer, i) => speakerAt(peer, `nuc-${i}`))
  const readings = await observer.observe(speakers, never)
  assert.deepEqual(
    readings.map((item) => item.reading.kind),
    ['wrong-key', 'no-key', 'closed'],
  )
  assert.deepEqual([other.refused.length, bare.refused.length, labelled.refused.length], [1, 1, 1])
})

for (const [incoming, outgoing, keys, expected] of [
  [false, true, NO_KEYS, { kind: 'sealed' }], // it is served, and cannot be read
  [false, false, NO_KEYS, { kind: 'view', members: ALL_ALIVE, keyIndex: null, unproven: false }],
  [true, false, NO_KEYS, { kind: 'wants-key' }],
  [false, true, keyed(LONG_KEY), { kind: 'view', members: ALL_ALIVE, keyIndex: 0, unproven: false }],
  [true, false, keyed(LONG_KEY), { kind: 'view', members: ALL_ALIVE, keyIndex: null, unproven: true }],
] as const) {
  const flags = `verify incoming ${incoming ? 'on' : 'off'}, outgoing ${outgoing ? 'on' : 'off'}`
  const unproven = expected.kind === 'view' && expected.unproven ? ' that nothing proves' : ''
  test(`${flags}, asked ${keys === NO_KEYS ? 'plain' : 'sealed'} → ${expected.kind}${unproven}`, async () => {
    const peer = await peerThat({ key: LONG_KEY, verifyIncoming: incoming, verifyOutgoing: outgoing })
    assert.deepEqual(await reading(peer, observerWith({ keys })), expected)
  })
}

test('one speaker asked five times at once → one connection at a time, the gap between them kept', async () => {
  const peer = await peerThat({})
  const clock = new GapClock()
  const observer = observerWith({ gapMs: 1000, parallel: 5 }, { clock })
  const speakers = Array.from({ length: 5 }, () => speakerAt(peer))
  const readings = await observer.observe(speakers, never)
  assert.ok(readings.every((item) => item.reading.kind === 'view'))
  assert.equal(clock.gaps.length, 4)
  assert.ok(clock.gaps.every((ms) => ms > 900 && ms <= 1000))
})

test('twenty speakers, eight at once → never more than eight connections, readings in the order asked', async () => {
  const all = await Promise.all(Array.from({ length: 20 }, () => peerThat({ conduct: 'silent' })))
  const observer = observerWith({ parallel: 8, timeoutMs: 60_000 })
  const stop = new AbortController()
  const speakers = all.map((peer, i) => speakerAt(peer, `nuc-${i}`))
  const observing = observer.observe(speakers, stop.signal)
  const asked = () => all.filter((peer) => peer.asked.length > 0).length
  await until('eight are asked', () => asked() === 8)
  await Promise.all(all.slice(0, 8).map((peer) => peer.close()))
  await until('the next eight are asked', () => asked() === 16)
  stop.abort()
  const readings = await observing
  assert.deepEqual(
    readings.map(({ speaker, reading: { kind } }) => [speaker.name, kind]),
    speakers.map(({ name }, i) => [name, i < 8 ? 'closed' : 'interrupted']),
  )
  assert.equal(asked(), 16)
})

test('aborted before it begins → interrupted, and nobody was asked', async () => {
  const peer = await peerThat({})
  const [first] = await observerWith().observe([speakerAt(peer)], AbortSignal.abort())
  assert.deepEqual([first!.reading.kind, peer.asked.length], ['interrupted', 0])
})

test('each request has a nonce of its own', async () => {
  const peer = await peerThat({ key: LONG_KEY })
  const drawn: number[] = []
  const observer = observerWith(
    { keys: keyed(LONG_KEY) },
    { randomBytes: (count) => Buffer.alloc(count, drawn.push(count)) },
  )
  await reading(peer, observer)
  await reading(peer, observer)
  assert.deepEqual(drawn, [12, 12])
})

test('keys that were wiped → nothing is sent with what is left of them', async () => {
  const peer = await peerThat({ key: LONG_KEY })
  const keys = keyed(LONG_KEY)
  const observer = observerWith({ keys })
  keys.wipe()
  await assert.rejects(reading(peer, observer), /these memberlist keys were wiped/)
  assert.equal(peer.asked.length + peer.refused.length, 0)
})

/** Real time, but a gap between two exchanges is only noted. */
class GapClock implements Clock {
  readonly gaps: number[] = []

  wallNs(): bigint {
    return systemClock.wallNs()
  }

  monotonicMs(): number {
    return systemClock.monotonicMs()
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms > OBSERVER_DEFAULTS.gapMs) return systemClock.sleep(ms, signal)
    this.gaps.push(ms)
    return Promise.resolve()
  }
}
