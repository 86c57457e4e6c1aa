import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { suite, test } from 'node:test'
import { cable, inNamespaces, ipCommand } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'
import { rawCapture, smallOptions, type RawCapture } from './addon.ts'
import { questions, replies } from './contract.ts'

// Each method × each state of a capture. native-endings.test.ts: the environment ends.

const record = new Uint8Array(160)
const question = questions(1)[0]!
const CALLS = {
  open: (raw: RawCapture) => raw.open(smallOptions('near'), () => {}),
  drain: (raw: RawCapture) => raw.drain(record),
  ready: (raw: RawCapture) => raw.ready(),
  pending: (raw: RawCapture) => raw.pending(),
  send: (raw: RawCapture) => raw.send(question, Uint16Array.of(question.byteLength), 0),
  batchesDone: (raw: RawCapture) => raw.batchesDone(),
  stats: (raw: RawCapture) => raw.stats(),
  troubles: (raw: RawCapture) => raw.troubles(),
  close: (raw: RawCapture) => raw.close(),
}
type Method = keyof typeof CALLS

/** What a call in a state gives: a value, `throws`, or a check of its own. */
type Outcome = unknown
const THROWS = Symbol('throws')
const QUIET_TOTALS = { received: 0, kernelDrops: 0, ringDrops: 0, sent: 0, sendErrors: 0 }

function matrix(): void {
  const unopened = {
    drain: 0,
    ready: 0,
    pending: 0,
    send: false,
    batchesDone: 0,
    stats: null,
    troubles: [],
    close: undefined,
  }
  const spent = { ...unopened, open: THROWS, stats: QUIET_TOTALS }
  states('before open', () => rawCapture(), unopened)
  states('open', () => opened(), { ...unopened, open: THROWS, send: true, stats: QUIET_TOTALS })
  states('after an open that was refused', refused, spent)
  states('closed', () => closed(opened()), spent)
  states('closed twice', () => closed(closed(opened())), spent)
  states('closed before it was opened', () => closed(rawCapture()), unopened)

  test('a capture that was closed before it was opened opens', () => {
    const raw = closed(rawCapture())
    assert.equal(CALLS.open(raw).recordBytes, 160)
    raw.close()
  })
}

function states(state: string, make: () => RawCapture, outcomes: Partial<Record<Method, Outcome>>): void {
  suite(state, () => {
    for (const [name, outcome] of Object.entries(outcomes)) {
      test(`${name} → ${outcome === THROWS ? 'an error' : JSON.stringify(outcome)}`, () => {
        const raw = make()
        if (outcome === THROWS) assert.throws(() => CALLS[name as Method](raw))
        else assert.deepEqual(CALLS[name as Method](raw), outcome)
        raw.close()
      })
    }
  })
}

function opened(device = 'near'): RawCapture {
  const raw = rawCapture()
  raw.open(smallOptions(device), () => {})
  return raw
}

function refused(): RawCapture {
  const raw = rawCapture()
  assert.throws(() => raw.open(smallOptions('eno7'), () => {}))
  return raw
}

function closed(raw: RawCapture): RawCapture {
  raw.close()
  return raw
}

function misuse(): void {
  test('a method on another object → TypeError', () => {
    const raw = rawCapture()
    for (const receiver of [{}, null, new Uint8Array(8)]) {
      assert.throws(() => raw.drain.call(receiver, record), TypeError)
    }
  })

  test('arguments of the wrong shape → TypeError, and the capture works on', () => {
    const raw = opened()
    const [bytes, lengths] = [new Uint8Array(60), Uint16Array.of(60)]
    const wrong = [
      () => raw.drain(lengths as unknown as Uint8Array),
      () => raw.send(bytes, Uint16Array.of(61), 0),
      () => raw.send(bytes, Uint16Array.of(30, 31), 0),
      () => raw.send(new Uint8Array(13), Uint16Array.of(13), 0),
      () => raw.send(new Uint8Array(0), new Uint16Array(0), 0),
      () => raw.send(bytes, lengths, -1),
      () => raw.send(bytes, lengths, Number.NaN),
    ]
    for (const call of wrong) assert.throws(call, TypeError, String(call))
    assert.equal(raw.send(bytes, lengths, 0), true)
    raw.close()
  })

  test('a drain into too little room takes whole records and leaves the rest', async () => {
    const [raw, far] = [opened(), opened('far')]
    far.send(Buffer.concat(replies(5)), new Uint16Array(5).fill(60), 0)
    await until('5 frames', () => raw.pending() === 5)
    assert.equal(raw.drain(new Uint8Array(160 * 2 + 159)), 2)
    assert.equal(raw.pending(), 3)
    assert.equal(raw.drain(new Uint8Array(160 * 9)), 3)
    for (const each of [raw, far]) each.close()
  })

  test('what comes after ready() is not in the next drain, and is announced', async () => {
    const [raw, far] = [rawCapture(), opened('far')]
    let announced = 0
    raw.open(smallOptions('near'), () => announced++)
    far.send(Buffer.concat(replies(3)), new Uint16Array(3).fill(60), 0)
    await until('3 frames, announced', () => raw.pending() === 3 && announced === 1)
    assert.equal(raw.ready(), 3)
    far.send(Buffer.concat(replies(2)), new Uint16Array(2).fill(60), 0)
    await until('2 more, announced', () => raw.pending() === 5 && announced === 2)
    const room = new Uint8Array(160 * 9)
    assert.deepEqual([raw.drain(room), raw.drain(room), raw.drain(room)], [3, 2, 0])
    for (const each of [raw, far]) each.close()
  })

  test('a ring that is full drops the newest and counts them', async () => {
    const [raw, far] = [rawCapture(), opened('far')]
    raw.open({ ...smallOptions('near'), ringFrames: 3 }, () => {})
    far.send(Buffer.concat(replies(10)), new Uint16Array(10).fill(60), 0)
    await until('7 drops', () => raw.stats()?.['ringDrops'] === 7)
    const records = new Uint8Array(160 * 10)
    assert.equal(raw.drain(records), 3)
    assert.deepEqual(
      [0, 1, 2].map((i) => records[i * 160 + 32 + 31]),
      [0, 1, 2],
    )
    for (const each of [raw, far]) each.close()
  })

  test('more than 2^20 frames that wait are refused, and sending works on', async () => {
    const raw = opened()
    const many = 1 << 19
    const [bytes, lengths] = [new Uint8Array(many * 14), new Uint16Array(many).fill(14)]
    assert.deepEqual(
      [1, 2, 3].map(() => raw.send(bytes, lengths, 3_600_000_000_000)),
      [true, true, false],
    )
    raw.close()
  })

  test('two captures on one interface both see what comes', async () => {
    const both = [opened(), opened()]
    const far = opened('far')
    far.send(replies(1)[0]!, Uint16Array.of(60), 0)
    await until('a frame at both', () => both.every((raw) => raw.pending() === 1))
    for (const each of [...both, far]) each.close()
  })
}

function leaks(): void {
  test('sixty captures, opened and closed, leave no descriptor, thread or mapping behind', () => {
    closed(opened())
    const earlier = footprint()
    for (let i = 0; i < 60; i++) closed(opened())
    assert.deepEqual(footprint(), earlier)
  })

  test('an open that is refused leaves nothing behind', () => {
    ipCommand('link set far down')
    const earlier = footprint()
    for (let i = 0; i < 20; i++) assert.throws(() => opened())
    ipCommand('link set far up')
    for (let i = 0; i < 5; i++)
      assert.throws(() => rawCapture().open({ ...smallOptions('near'), filter: 'nonsense' }, () => {}))
    assert.deepEqual(footprint(), earlier)
  })
}

function footprint(): { descriptors: number; threads: number } {
  return { descriptors: readdirSync('/proc/self/fd').length, threads: readdirSync('/proc/self/task').length }
}

inNamespaces(() => {
  cable('near', 'far')
  matrix()
  misuse()
  leaks()
})
