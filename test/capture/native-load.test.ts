import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import type { Capture } from '../../src/capture/capture.ts'
import { PROBER_FILTER } from '../../src/capture/filter.ts'
import { openNative, type NativeOptions } from '../../src/capture/native.ts'
import type { CapturedFrame } from '../../src/core/arp.ts'
import { cable, inNamespaces } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'
import { ADDON, rawCapture, smallOptions, type RawCapture } from './addon.ts'
import { startNode, type Child } from './child.ts'
import { replies } from './contract.ts'

// Runs alone: a load beside it would take the processor that its frames need.
// Frames come from the engine's own sender over veth, which offers 0.2 to 0.4 million a second here; higher rates are
// the benchmark's. Stops are of the whole process, so those run in a child. A stop at 200,000 frames/s fills three
// quarters of the kernel's buffer in 300 ms: on a busy machine stops last longer, so the rate here is half of that.

const quiet = { onFrames: () => {}, onTrouble: () => {} }
const RATE = 200_000
const captures: Capture[] = []
const children: Child[] = []

function open(device: string, filter = PROBER_FILTER, sizes: Partial<NativeOptions> = {}): Capture {
  const capture = openNative({ device, filter, ...sizes }, quiet)
  captures.push(capture)
  return capture
}

function start(program: string): Child {
  const child = startNode(program, { ADDON })
  children.push(child)
  return child
}

inNamespaces(() => {
  cable('near', 'far')
  const far = rawCapture()
  far.open({ ...smallOptions('far'), filter: 'ether src 02:00:00:00:00:ee' }, () => {})
  after(() => far.close())
  // also after a failure, or the process would not end
  afterEach(() => {
    for (const capture of captures.splice(0)) capture.close()
    for (const child of children.splice(0)) child.end()
  })

  test(`JavaScript is busy for 500 ms while ${RATE} frames/s come → none is lost`, async (t) => {
    const capture = open('near')
    const sending = flood(far, RATE * 0.8, RATE)
    let drained = 0
    block(500)
    await until('all are sent', sending.ended, 20_000)
    await until('all came', () => (drained += capture.drain().length) >= RATE * 0.8)
    const { received, kernelDrops, ringDrops } = capture.statistics()!
    t.diagnostic(`offered ${sending.rate()} frames/s`)
    assert.deepEqual([drained, received, kernelDrops, ringDrops], [RATE * 0.8, RATE * 0.8, 0, 0])
  })

  test(`the process is stopped for 300 ms while ${RATE / 2} frames/s come → none is lost`, async (t) => {
    const child = start(RECEIVER)
    await until('it listens', () => child.said().includes('ready'))
    const sending = flood(far, RATE * 0.3, RATE / 2)
    await until('frames come', () => far.stats()!['sent']! > 1000)
    await stopFor(child, 300)
    await until('all are sent', sending.ended, 20_000)
    t.diagnostic(`offered ${sending.rate()} frames/s`)
    assert.deepEqual(await totalsOf(child), { drained: RATE * 0.3, kernelDrops: 0, ringDrops: 0 })
  })

  test('buffers that are too small → what is lost is counted, in the kernel and in the ring', async () => {
    const capture = open('near', PROBER_FILTER, { kernelBufferBytes: 65_536, ringFrames: 1000 })
    const sending = flood(far, 50_000, RATE)
    block(200)
    await until('all are sent', sending.ended, 20_000)
    const counted = (): number => {
      const { kernelDrops, ringDrops } = capture.statistics()!
      return kernelDrops + ringDrops
    }
    let drained = 0
    await until('all are accounted for', () => (drained += capture.drain().length) + counted() >= 50_000)
    assert.equal(drained + counted(), 50_000)
    assert.ok(drained >= 1000 && counted() > 0, `${drained} drained, ${counted()} lost`)
  })

  test('a sender that was stopped for 300 ms catches up by 20 ms of its rate, not by all', async () => {
    const capture = open('near', 'outbound and arp')
    const child = start(SENDER)
    const frames: CapturedFrame[] = []
    await until('it sends', () => frames.push(...capture.drain()) > 50)
    await stopFor(child, 300)
    await until('it has sent 600', () => frames.push(...capture.drain()) >= 600)
    // twice 20, should the machine hold the thread back between looking at the clock and sending
    const most = mostWithin(frames, 5_000_000n)
    assert.ok(most <= 2 * 20 + 5 + 1, `${most} within 5 ms`)
  })

  test('200 frames at 1 ms are never closer together than their gap allows', async () => {
    const capture = open('near', 'inbound and arp')
    const frames: CapturedFrame[] = []
    far.send(Buffer.concat(replies(200)), new Uint16Array(200).fill(60), 1_000_000)
    await until('200 frames', () => frames.push(...capture.drain()) >= 200)
    const lasted = frames.at(-1)!.atNs! - frames[0]!.atNs!
    assert.ok(
      lasted >= (199n - 20n) * 1_000_000n,
      `${lasted} ns for 199 gaps of 1 ms, 20 ms of which may be caught up`,
    )
  })
})

/** Sends replies at a rate, from a thread of the addon. */
function flood(
  from: RawCapture,
  count: number,
  perSecond: number,
): { ended: () => boolean; rate: () => number } {
  const before = from.batchesDone()
  const began = performance.now()
  let tookMs = 0
  from.send(Buffer.concat(replies(count)), new Uint16Array(count).fill(60), 1e9 / perSecond)
  return {
    ended: () => {
      if (from.batchesDone() > before) tookMs ||= performance.now() - began
      return tookMs > 0
    },
    rate: () => Math.round((count / tookMs) * 1000),
  }
}

function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

async function stopFor(child: Child, ms: number): Promise<void> {
  child.signal('SIGSTOP')
  await new Promise((resolve) => setTimeout(resolve, ms))
  child.signal('SIGCONT')
}

async function totalsOf(child: Child): Promise<unknown> {
  child.signal('SIGUSR2')
  await until('its totals', () => child.said().includes('}'), 20_000)
  child.end()
  return JSON.parse(child.said().split('\n')[1]!)
}

/** The most frames in any stretch of `ns`. */
function mostWithin(frames: readonly CapturedFrame[], ns: bigint): number {
  return Math.max(
    ...frames.map(({ atNs }) => frames.filter((f) => f.atNs! >= atNs! && f.atNs! < atNs! + ns).length),
  )
}

const LOAD = `
  const holder = { exports: {} }
  process.dlopen(holder, process.env.ADDON)
  const capture = new holder.exports.Capture()
  const options = { device: 'near', filter: 'arp', etherType: 3, snapLength: 128, kernelBufferBytes: 16 << 20, ringFrames: 262144, highRate: 0, foldRepeats: 0 }
`
const RECEIVER = `${LOAD}
  const into = new Uint8Array(160 * 4096)
  let drained = 0
  capture.open(options, () => { let got; while ((got = capture.drain(into)) > 0) drained += got })
  // once all that passed the filter is accounted for
  process.on('SIGUSR2', () => setInterval(() => {
    const { received, kernelDrops, ringDrops } = capture.stats()
    if (drained + kernelDrops + ringDrops < received) return
    console.log(JSON.stringify({ drained, kernelDrops, ringDrops }))
    process.exit()
  }, 2))
  console.log('ready')
`
const SENDER = `${LOAD}
  capture.open(options, () => {})
  const frames = Buffer.concat(Array(2000).fill(Buffer.from('020000000002020000000001' + '0806' + '0001080006040002'.padEnd(92, '0'), 'hex')))
  capture.send(frames, new Uint16Array(2000).fill(60), 1_000_000)
`
