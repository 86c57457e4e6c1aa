import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { openNative } from '../../src/capture/native.ts'
import { framesIn } from '../../src/capture/records.ts'
import { decodeArp, framesOf, type CapturedFrame } from '../../src/core/arp.ts'
import { cable, inNamespaces } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'
import { rawCapture, smallOptions, type RawCapture } from './addon.ts'
import { questions, replies } from './contract.ts'

// What says the same is folded where nobody has drained it yet: so each test brings all of it before it drains.

const [FIRST, SECOND] = ['02:00:00:00:00:02', '02:00:00:00:00:03']
const RECORD_BYTES = 160
const captures: RawCapture[] = []

inNamespaces(() => {
  cable('near', 'far')
  const far = rawCapture()
  far.open({ ...smallOptions('far'), filter: 'less 1' }, () => {})
  after(() => far.close())
  afterEach(() => captures.splice(0).forEach((capture) => capture.close()))

  let announced = 0
  function open(options = {}): RawCapture {
    const capture = rawCapture()
    announced = 0
    capture.open({ ...smallOptions('near'), foldRepeats: 1, ...options }, () => announced++)
    captures.push(capture)
    return capture
  }

  /** Sends them, and waits until they lie in the ring. */
  async function bring(capture: RawCapture, frames: readonly Uint8Array[], from = far): Promise<void> {
    const before = capture.pending()
    from.send(
      Buffer.concat(frames),
      Uint16Array.from(frames, ({ length }) => length),
      0,
    )
    await until('all came', () => capture.pending() === before + frames.length)
  }

  test('five replies that say the same → the first, and the last, which stands for four', async () => {
    const capture = open()
    await bring(capture, Array(5).fill(replies(1)[0]!))
    const [first, last, ...more] = drained(capture, 5)
    assert.deepEqual([said(first!), said(last!), more], [`${FIRST} × 1`, `${FIRST} × 4`, []])
    assert.ok(first!.atNs! < last!.atNs!)
  })

  test('replies that differ in the address, the MAC or the length → each', async () => {
    const capture = open()
    const [reply, other] = replies(2) as [Uint8Array, Uint8Array]
    await bring(capture, [reply, other, by(SECOND, reply), reply.subarray(0, 42)])
    assert.equal(drained(capture, 4).length, 4)
  })

  test('two that answer in turn → the last word of each, in their order', async () => {
    const capture = open()
    const reply = replies(1)[0]!
    const both = [reply, by(SECOND, reply)]
    await bring(capture, [...both, ...both, ...both])
    const told = drained(capture, 6).map(said)
    assert.deepEqual(told, [`${FIRST} × 1`, `${SECOND} × 1`, `${FIRST} × 2`, `${SECOND} × 2`])
  })

  test('a question between two replies → the second one is an answer of its own', async () => {
    const capture = open()
    const reply = replies(1)[0]!
    await bring(capture, [reply, reply])
    await bring(capture, [questionFor(reply)], capture)
    await bring(capture, [reply, reply])
    const ops = drained(capture, 5).map(({ bytes }) => bytes[21])
    assert.deepEqual(ops, [2, 2, 1, 2, 2])
  })

  test('a question for another address changes nothing for this one', async () => {
    const capture = open()
    const reply = replies(1)[0]!
    await bring(capture, [reply])
    await bring(capture, [questionFor(replies(2)[1]!)], capture)
    await bring(capture, [reply, reply])
    assert.deepEqual(drained(capture, 4).map(framesOf), [1, 1, 2])
  })

  test('what repeats a drained reply → one frame that stands for all, and it is announced', async () => {
    const capture = open()
    const reply = replies(1)[0]!
    await bring(capture, [reply])
    assert.equal(drained(capture, 1).length, 1)
    await until('it was announced', () => announced === 1)
    await bring(capture, Array(7).fill(reply))
    await until('it is announced again', () => announced === 2)
    assert.deepEqual(drained(capture, 7).map(framesOf), [7])
  })

  test('nine that answer for one address → those that find no place are told one by one, and none is lost', async () => {
    const capture = open()
    const reply = replies(1)[0]!
    const all = Array.from({ length: 9 }, (_, i) => by(`02:00:00:00:01:0${i}`, reply))
    await bring(capture, [...all, ...all])
    const told = drained(capture, 18)
    assert.equal(new Set(told.map(({ bytes }) => (decodeArp(bytes) as { sha: string }).sha)).size, 9)
  })

  test('questions of others are never folded: each is owed an answer', async () => {
    const capture = open()
    await bring(capture, Array(3).fill(questions(1)[0]!))
    assert.deepEqual(drained(capture, 3).map(framesOf), [1, 1, 1])
  })

  test('who wants every frame gets every frame', async () => {
    const events = { onFrames: () => {}, onTrouble: () => {}, everyFrame: true }
    const capture = openNative({ device: 'near', foldRepeats: true }, events)
    const frames: CapturedFrame[] = []
    far.send(Buffer.concat(Array(5).fill(replies(1)[0]!)), new Uint16Array(5).fill(60), 0)
    await until('five frames', () => frames.push(...capture.drain()) >= 5)
    capture.close()
    assert.deepEqual(frames.map(framesOf), [1, 1, 1, 1, 1])
  })
})

/** All that waits; it stands for `count` frames of the wire. */
function drained(capture: RawCapture, count: number): CapturedFrame[] {
  const records = new Uint8Array(capture.ready() * RECORD_BYTES)
  capture.drain(records)
  const frames = framesIn(records, RECORD_BYTES)
  assert.equal(
    frames.reduce((sum, frame) => sum + framesOf(frame), 0),
    count,
  )
  return frames
}

function said(frame: CapturedFrame): string {
  const arp = decodeArp(frame.bytes)
  return typeof arp === 'string' ? arp : `${arp.sha} × ${framesOf(frame)}`
}

/** Our who-has for the address that the reply is of. */
function questionFor(reply: Uint8Array): Uint8Array {
  const question = questions(1)[0]!
  question.set(reply.subarray(38, 42), 28)
  question.set(reply.subarray(28, 32), 38)
  return question
}

function by(mac: string, reply: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from(reply)
  const octets = mac.split(':').map((octet) => Number.parseInt(octet, 16))
  bytes.set(octets, 6)
  bytes.set(octets, 22)
  return bytes
}
