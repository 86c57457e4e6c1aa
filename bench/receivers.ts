import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openCap } from '../src/capture/cap.ts'
import type { Capture, CaptureEvents } from '../src/capture/capture.ts'
import { openNative, type NativeOptions } from '../src/capture/native.ts'
import { decodeArp, framesOf } from '../src/core/arp.ts'
import { cable, inNamespaces, ipCommand } from '../test/helpers/netns.ts'
import { costOf, nativeTool, pinned, startMeasured } from './measure.ts'

// Replies arrive at the link `near`, offered by bench/native/generator.c on one CPU; whoever receives them runs on the
// other, in a process of its own, and says how many it got and what they cost it.

export const RECEIVERS = ['low-latency', 'high-rate', 'cap', 'tcpdump'] as const
export type Receiver = (typeof RECEIVERS)[number]

/** What is offered. */
export interface Offer {
  readonly replies: number
  /** 0: as fast as the generator goes. */
  readonly perSecond: number
  /** So many addresses take turns. */
  readonly addresses: number
  /** At most so long. */
  readonly seconds?: number
  /** What happens to the receiver meanwhile. */
  readonly stall?: 'javascript-blocked' | 'process-stopped'
  readonly options?: Partial<NativeOptions>
}

export interface Received {
  readonly offered: number
  readonly offeredPerSecond: number
  readonly frames: number
  /** User and system time of the receiving process alone; softirqs run beside the generator. */
  readonly cpuUs: number
  /** Frames that the receiver itself counts as lost; null: it counts none. */
  readonly drops: number | null
}

const ROLE = 'ARPCHECK_BENCH_RECEIVER'
const [OUR_CPU, GENERATOR_CPU] = [0, 1]
const BLOCKED_MS = 1000
const STOPPED_MS = 300
/** The last block, and what only repeats, may wait so long. */
const SETTLE_MS = 300
/** JavaScript is compiled meanwhile, and memory touched. */
const WARM_UP_SECONDS = 0.5
/** Of an offer without a rate. */
const WARM_UP_RATE = 200_000

/** Runs a benchmark over a cable of its own; in a process that receives, receives. */
export function benchReceivers(measureAll: () => Promise<void>): void {
  if (receivesHere()) return
  inNamespaces(() => {
    cable('near', 'far')
    ipCommand('address add 10.0.0.1/24 dev near')
    void measureAll()
  })
}

/** True in a process that receives: it has begun to. */
function receivesHere(): boolean {
  const role = process.env[ROLE]
  if (role === undefined) return false
  const { receiver, options } = JSON.parse(role) as { receiver: Receiver; options?: Partial<NativeOptions> }
  receive(receiver, options)
  return true
}

export function measure(receiver: Receiver, offer: Offer): Promise<Received> {
  return receiver === 'tcpdump' ? byTcpdump(offer) : byOurs(receiver, offer)
}

export function lossOf({ offered, frames }: Received): number {
  return offered - frames
}

async function generate({
  replies,
  perSecond,
  addresses,
}: Offer): Promise<{ frames: number; seconds: number }> {
  const words = ['near', replies, perSecond, addresses].map(String)
  const { status, stdout, stderr } = await costOf([
    ...pinned(GENERATOR_CPU),
    nativeTool('generator'),
    ...words,
  ])
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as { frames: number; seconds: number }
}

async function byOurs(receiver: Receiver, offer: Offer): Promise<Received> {
  const [taskset, ...words] = pinned(OUR_CPU)
  const env = { ...process.env, [ROLE]: JSON.stringify({ receiver, options: offer.options }) }
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
  const child = spawn(taskset!, [...words, process.execPath, __filename], { env, stdio: [...stdio] })
  const next = async (): Promise<unknown> => ((await once(child, 'message')) as unknown[])[0]
  await next()
  const perSecond = Math.min(offer.perSecond || WARM_UP_RATE, WARM_UP_RATE)
  await generate({ ...offer, perSecond, replies: perSecond * WARM_UP_SECONDS })
  await delay(SETTLE_MS)
  child.send(offer.stall ?? 'begin')
  await next()
  if (offer.stall === 'process-stopped') child.kill('SIGSTOP')
  const waking =
    offer.stall === 'process-stopped' ? delay(STOPPED_MS).then(() => child.kill('SIGCONT')) : null
  const { frames, seconds } = await generate(offer)
  await waking
  child.send('end')
  const received = (await next()) as Pick<Received, 'frames' | 'cpuUs' | 'drops'>
  await once(child, 'exit')
  return { offered: frames, offeredPerSecond: frames / seconds, ...received }
}

function receive(receiver: Receiver, options: Partial<NativeOptions> = {}): void {
  let frames = 0
  const drain = (): void => {
    for (const captured of capture.drain()) {
      // cap is not charged with our decoder
      if (receiver === 'cap' || typeof decodeArp(captured.bytes) !== 'string') frames += framesOf(captured)
    }
  }
  const capture = open(receiver, options, { onFrames: drain, onTrouble: (error) => console.error(error) })
  let begun = process.cpuUsage()
  let before = drops(capture)
  const begin = (): void => {
    drain()
    frames = 0
    before = drops(capture)
    begun = process.cpuUsage()
    process.send!('begun')
  }
  const end = (): void => {
    drain()
    const { user, system } = process.cpuUsage(begun)
    const lost = drops(capture)
    capture.close()
    const told = { frames, cpuUs: user + system, drops: lost === null ? null : lost - before! }
    process.send!(told, () => process.exit())
  }
  process.on('message', (word) => {
    if (word === 'end') setTimeout(end, SETTLE_MS)
    else begin()
    if (word === 'javascript-blocked') setTimeout(block, 20)
  })
  process.send!('listens')
}

function open(receiver: Receiver, options: Partial<NativeOptions>, events: CaptureEvents): Capture {
  if (receiver === 'cap') return openCap({ device: 'near', frames: CAP_FRAMES }, events)
  const mode = receiver as 'low-latency' | 'high-rate'
  return openNative({ device: 'near', mode, foldRepeats: true, ...options }, events)
}

/** 100 MB, as its fastest setting in practice; each frame takes 65,616 bytes there. */
const CAP_FRAMES = 1600

function drops(capture: Capture): number | null {
  const statistics = capture.statistics()
  return statistics && statistics.kernelDrops + statistics.ringDrops
}

function block(): void {
  const end = performance.now() + BLOCKED_MS
  while (performance.now() < end);
}

/** Writes what it captures to nowhere: it parses nothing. */
async function byTcpdump(offer: Offer): Promise<Received> {
  const words = '-i near -n -Z root -s 128 -B 16384 -w /dev/null'.split(' ')
  const filter = 'arp and arp[6:2] = 2'
  const { child, ended } = startMeasured([...pinned(OUR_CPU), 'tcpdump', ...words, filter])
  await new Promise<void>((resolve) => {
    child.stderr!.on('data', (data: Buffer) => data.includes('listening') && resolve())
  })
  const { frames, seconds } = await generate(offer)
  await delay(SETTLE_MS + 1000)
  child.kill('SIGINT')
  const { userMs, systemMs, stderr } = await ended
  const counted = (what: string): number => Number(new RegExp(`(\\d+) packets? ${what}`).exec(stderr)![1])
  return {
    offered: frames,
    offeredPerSecond: frames / seconds,
    frames: counted('captured'),
    cpuUs: (userMs + systemMs) * 1000,
    drops: counted('dropped by kernel'),
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
