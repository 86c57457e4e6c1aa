import assert from 'node:assert/strict'
import { afterEach, suite, test } from 'node:test'
import type { Capture, CaptureEvents } from '../../src/capture/capture.ts'
import type { CapturedFrame } from '../../src/core/arp.ts'
import { until } from '../helpers/until.ts'

/** What a capture engine brings to be tested: run by every engine, so that none differs in what a caller may rely on. */
export interface Subject {
  readonly name: string
  /** A capture to which the wire, or the file, brings these frames once it is open. */
  readonly open: (incoming: readonly Uint8Array[], events: CaptureEvents) => Capture
  /** The far end of the cable; absent where nothing leaves the engine (a file). */
  readonly wire?: Wire
}

export interface Wire {
  /** The wire brings these frames now. */
  bring(frames: readonly Uint8Array[]): Promise<void>
  /** What has arrived at the far end since the last call. */
  arrived(): readonly Uint8Array[]
  setUp(up: boolean): void
}

/** Replies that differ in the last byte of the address, 60 bytes with their padding. */
export function replies(count: number, first = 0): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const frame = new Uint8Array(60)
    const n = first + i
    // prettier-ignore
    frame.set([
      0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x08, 0x06, // to the near end, from the far one, ARP
      0, 1, 8, 0, 6, 4, 0, 2, // Ethernet, IPv4, reply
      0x02, 0, 0, 0, 0, 2, 10, 9, n >> 8, n & 255, // 10.9.n is at 02:…:02
      0x02, 0, 0, 0, 0, 1, 10, 9, 255, 254,
    ])
    return frame
  })
}

/** Our questions, 42 bytes. */
export function questions(count: number): Uint8Array[] {
  return replies(count).map((reply) => {
    const frame = reply.slice(0, 42)
    frame.set([255, 255, 255, 255, 255, 255, 0x02, 0, 0, 0, 0, 1])
    frame[21] = 1
    frame.set([0x02, 0, 0, 0, 0, 1], 22)
    return frame
  })
}

/** Counts what an engine tells, and keeps what it is asked for. */
export class Listener implements CaptureEvents {
  announced = 0
  readonly troubles: string[] = []
  readonly onFrames = (): void => void this.announced++
  readonly onTrouble = (error: { code: string; message: string }): void => void this.troubles.push(error.code)
}

export function captureContract({ name, wire, ...subject }: Subject): void {
  suite(`${name}: the contract of a Capture`, () => {
    const captures: Capture[] = []
    // also after a failure, or the process would not end
    afterEach(() => captures.splice(0).forEach((capture) => capture.close()))
    function open(...args: Parameters<Subject['open']>): Capture {
      const capture = subject.open(...args)
      captures.push(capture)
      return capture
    }
    incoming(open)
    outgoing(open)
    ending(open)
    if (wire !== undefined) onTheWire(open, wire)
  })
}

function incoming(open: Subject['open']): void {
  test('frames that came are drained whole and in order, and only once', async () => {
    const capture = open(replies(5), new Listener())
    assert.deepEqual(texts(await drained(capture, 5)), texts(replies(5)))
    assert.deepEqual(capture.drain(), [])
  })

  test('frames are announced once before they are drained', async () => {
    const listener = new Listener()
    open(replies(200), listener)
    await until('an announcement', () => listener.announced > 0)
    await passed(20)
    assert.equal(listener.announced, 1)
  })

  test('drained bytes stay what they were while more frames come', async () => {
    const capture = open(replies(100), new Listener())
    const first = await drained(capture, 1)
    const before = texts(first)
    await drained(capture, 100 - first.length)
    assert.deepEqual(texts(first), before)
  })

  test('a frame says how long it was on the wire', async () => {
    const capture = open(replies(1), new Listener())
    assert.equal((await drained(capture, 1))[0]!.wireLength, 60)
  })

  test('stamps are there and never step back, or there are none and the engine says so', async () => {
    const capture = open(replies(10), new Listener())
    const stamps = (await drained(capture, 10)).map((frame) => frame.atNs)
    assert.ok(stamps.every((stamp, i) => i === 0 || stamp! >= stamps[i - 1]!))
    assert.ok(stamps.every((stamp) => (stamp !== null) === capture.can.timestamps))
  })

  test('statistics count what came, or there are none and the engine says so', async () => {
    const capture = open(replies(10), new Listener())
    await drained(capture, 10)
    const statistics = capture.statistics()
    assert.equal(statistics !== null, capture.can.statistics)
    if (statistics)
      assert.deepEqual([statistics.received, statistics.kernelDrops, statistics.ringDrops], [10, 0, 0])
  })
}

function outgoing(open: Subject['open']): void {
  test('an empty batch is sent at once', async () => {
    const capture = open([], new Listener())
    await capture.send({ frames: [], gapNs: 0 })
  })

  test('sending ends after the last frame, batch by batch', async () => {
    const capture = open([], new Listener())
    const ended: number[] = []
    await Promise.all(
      [1, 2, 3].map((n) => capture.send({ frames: questions(n), gapNs: 1000 }).then(() => ended.push(n))),
    )
    assert.deepEqual(ended, [1, 2, 3])
  })

  test('sending ends when the capture is closed', async () => {
    const capture = open([], new Listener())
    const sending = capture.send({ frames: questions(2), gapNs: 3_600_000_000_000 })
    const behind = capture.send({ frames: questions(1), gapNs: 0 })
    capture.close()
    await Promise.all([sending, behind])
  })
}

function ending(open: Subject['open']): void {
  test('closing twice is closing once', () => {
    const capture = open(replies(3), new Listener())
    capture.close()
    capture.close()
  })

  test('a closed capture brings nothing, sends nothing and still counts', async () => {
    const capture = open(replies(3), new Listener())
    capture.close()
    assert.deepEqual(capture.drain(), [])
    await capture.send({ frames: questions(1), gapNs: 0 })
    assert.equal(capture.statistics() !== null, capture.can.statistics)
  })

  test('nothing is told after closing', async () => {
    const listener = new Listener()
    const capture = open(replies(3), listener)
    capture.close()
    const told = listener.announced
    await passed(20)
    assert.equal(listener.announced, told)
  })

  test('closing from within an announcement is lawful', async () => {
    const listener = { closed: false, onTrouble: () => {}, onFrames: close }
    const capture = open(replies(3), listener)
    function close(): void {
      capture.close()
      listener.closed = true
    }
    await until('closed from within', () => listener.closed)
  })
}

function onTheWire(open: Subject['open'], wire: Wire): void {
  test('frames are announced again after a drain', async () => {
    const listener = new Listener()
    const capture = open(replies(1), listener)
    await until('the first', () => listener.announced === 1)
    await drained(capture, 1)
    await wire.bring(replies(1))
    await until('the second', () => listener.announced === 2)
  })

  test('a caller that drains only when it is told to misses no frame', async (t) => {
    let came = 0
    const onFrames = (): void => void (came += capture.drain().length)
    const capture = open([], { onFrames, onTrouble: () => {} })
    if (!capture.can.statistics) return t.skip('not here: this engine loses frames without a word')
    for (let round = 0; round < 20; round++) await wire.bring(replies(500))
    await until('10,000 frames', () => came === 10_000)
  })

  test('what is sent arrives as it was given, in order', async () => {
    const capture = open([], new Listener())
    wire.arrived()
    await capture.send({ frames: questions(100), gapNs: 0 })
    const arrived: Uint8Array[] = []
    await until('100 questions', () => arrived.push(...wire.arrived()) >= 100)
    assert.deepEqual(arrived.map(hex), questions(100).map(hex))
  })

  test('sent frames are counted, or there are no statistics', async () => {
    const capture = open([], new Listener())
    await capture.send({ frames: questions(7), gapNs: 0 })
    const statistics = capture.statistics()
    if (statistics) assert.deepEqual([statistics.sent, statistics.sendErrors], [7, 0])
  })

  test('an interface that goes down is told, and one that comes back brings frames again', async (t) => {
    const listener = new Listener()
    const capture = open([], listener)
    if (!capture.can.survivesDown) {
      capture.close()
      return t.skip('not here: this engine does not survive a link that goes down')
    }
    wire.setUp(false)
    await until('interface-down', () => listener.troubles.includes('interface-down'))
    wire.setUp(true)
    await until('interface-changed', () => listener.troubles.includes('interface-changed'))
    // The far end's carrier is back some time after ours: what it sends before that is lost.
    await until('frames again', () => {
      void wire.bring(replies(1))
      return capture.drain().length > 0
    })
  })
}

/** At least `count` frames, as they come. */
export async function drained(capture: Capture, count: number): Promise<CapturedFrame[]> {
  const frames: CapturedFrame[] = []
  await until(`${count} frames`, () => frames.push(...capture.drain()) >= count)
  return frames
}

export function texts(frames: readonly (CapturedFrame | Uint8Array)[]): string[] {
  return frames.map((frame) => hex(frame instanceof Uint8Array ? frame : frame.bytes))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Time in which something wrong would have happened; nothing waits for it to have passed. */
function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
