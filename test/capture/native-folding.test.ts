import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import type { Capture } from '../../src/capture/capture.ts'
import { openNative } from '../../src/capture/native.ts'
import { decodeArp, framesOf, type CapturedFrame } from '../../src/core/arp.ts'
import { cable, inNamespaces } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'
import { questions, replies } from './contract.ts'

// What says the same is folded where nobody has drained it yet: so each test brings all of it before it drains.

const [FIRST, SECOND] = ['02:00:00:00:00:02', '02:00:00:00:00:03']
const captures: Capture[] = []

inNamespaces(() => {
  cable('near', 'far')
  const far = openNative({ device: 'far', filter: 'less 1' }, { onFrames: () => {}, onTrouble: () => {} })
  after(() => far.close())
  afterEach(() => captures.splice(0).forEach((capture) => capture.close()))

  let announced = 0
  function open(everyFrame = false): Capture {
    announced = 0
    const events = { onFrames: () => void announced++, onTrouble: () => {}, everyFrame }
    const capture = openNative({ device: 'near', foldRepeats: true }, events)
    captures.push(capture)
    return capture
  }

  async function bring(capture: Capture, frames: readonly Uint8Array[], from = far): Promise<void> {
    const before = capture.statistics()!.received
    await from.send({ frames, gapNs: 0 })
    await until('all came', () => capture.statistics()!.received === before + frames.length)
  }

  test('five replies that say the same → the first, and the last, which stands for four', async () => {
    const capture = open()
    await bring(capture, Array(5).fill(replies(1)[0]!))
    const [first, last, ...more] = await drained(capture, 5)
    assert.deepEqual([said(first!), said(last!), more], [`${FIRST} × 1`, `${FIRST} × 4`, []])
    assert.ok(first!.atNs! < last!.atNs!)
  })

  test('replies that differ in the address, the MAC or the length → each', async () => {
    const capture = open()
    const [reply, other] = replies(2) as [Uint8Array, Uint8Array]
    await bring(capture, [reply, other, by(SECOND, reply), reply.subarray(0, 42)])
    assert.equal((await drained(capture, 4)).length, 4)
  })

  test('two that answer in turn → the last word of each, in their order', async () => {
    const capture = open()
    const reply = replies(1)[0]!
    const both = [reply, by(SECOND, reply)]
    await bring(capture, [...both, ...both, ...both])
    const told = (await drained(capture, 6)).map(said)
    assert.deepEqual(told, [`${FIRST} × 1`, `${SECOND} × 1`, `${FIRST} × 2`, `${SECOND} × 2`])
  })

  test('a question between two replies → the second one is an answer of its own', async () => {
    const capture = open()
    const reply = replies(1)[0]!
    await bring(capture, [reply, reply])
    await bring(capture, [questionFor(reply)], capture)
    await bring(capture, [reply, reply])
    const ops = (await drained(capture, 5)).map(({ bytes }) => bytes[21])
    assert.deepEqual(ops, [2, 2, 1, 2, 2])
  })

  test('a question for another address changes nothing for this one', async () => {
    const capture = open()
    const reply = replies(1)[0]!
    await bring(capture, [reply])
    await bring(capture, [questionFor(replies(2)[1]!)], capture)
    await bring(capture, [reply, reply])
    assert.deepEqual((await drained(capture, 4)).map(framesOf), [1, 1, 2])
  })

  test('what repeats a drained reply → one frame that stands for all, and it is announced', async () => {
    const capture = open()
    const reply = replies(1)[0]!
    await bring(capture, [reply])
    assert.equal((await drained(capture, 1)).length, 1)
    await until('it was announced', () => announced === 1)
    await bring(capture, Array(7).fill(reply))
    await until('it is announced again', () => announced === 2)
    assert.deepEqual((await drained(capture, 7)).map(framesOf), [7])
  })

  test('nine that answer for one address → those that find no place are told one by one, and none is lost', async () => {
    const capture = open()
    const reply = replies(1)[0]!
    const all = Array.from({ length: 9 }, (_, i) => by(`02:00:00:00:01:0${i}`, reply))
    await bring(capture, [...all, ...all])
    const told = await drained(capture, 18)
    assert.equal(new Set(told.map(({ bytes }) => (decodeArp(bytes) as { sha: string }).sha)).size, 9)
  })

  test('questions of others are never folded: each is owed an answer', async () => {
    const capture = openNative(
      { device: 'near', filter: 'arp', foldRepeats: true },
      { onFrames: () => {}, onTrouble: () => {} },
    )
    captures.push(capture)
    await bring(capture, Array(3).fill(questions(1)[0]!))
    assert.deepEqual((await drained(capture, 3)).map(framesOf), [1, 1, 1])
  })

  test('who wants every frame gets every frame', async () => {
    const capture = open(true)
    await bring(capture, Array(5).fill(replies(1)[0]!))
    assert.deepEqual((await drained(capture, 5)).map(framesOf), [1, 1, 1, 1, 1])
  })
})

/** Drains until `count` frames of the wire are accounted for, in one piece where they had all come. */
async function drained(capture: Capture, count: number): Promise<CapturedFrame[]> {
  const frames: CapturedFrame[] = []
  const total = (): number => frames.reduce((sum, frame) => sum + framesOf(frame), 0)
  // the thread takes them out of the kernel a moment after the kernel has counted them
  await new Promise((resolve) => setTimeout(resolve, 20))
  await until('all are accounted for', () => {
    frames.push(...capture.drain())
    return total() >= count
  })
  assert.equal(total(), count)
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
