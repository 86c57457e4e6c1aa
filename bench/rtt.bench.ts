import { openNative } from '../src/capture/native.ts'
import { decodeArp, encodeArp, type ArpFrame, type CapturedFrame } from '../src/core/arp.ts'
import { ipv4Of, type Ip } from '../src/core/ip.ts'
import { BROADCAST_MAC, parseMac, ZERO_MAC } from '../src/core/mac.ts'
import { evidenceOf, hear, openRound, type Round } from '../src/core/round.ts'
import { cable, inNamespaces, MACS } from '../test/helpers/netns.ts'
import { until } from '../test/helpers/until.ts'
import { tell } from './measure.ts'

// The round-trip time that we print, less the time that the responder took by its own kernel's stamps: what is left is
// the way there and back (two ends of one cable, so next to nothing), and our error.

const QUESTIONS = 500
const [OURS, THEIRS] = [parseMac(MACS.near)!, parseMac(MACS.far)!]
const SENDER = ipv4Of(0x0a00_0001)
const VIPS = Array.from({ length: QUESTIONS }, (_, i) => ipv4Of(0x0a14_0000 + i))
const quiet = { onFrames: () => {}, onTrouble: () => {} }

inNamespaces(() => void measure())

async function measure(): Promise<void> {
  cable('near', 'far')
  tell({ name: 'idle', unit: 'us', samples: await errors(0) })
  tell({ name: 'event loop blocked for 50 ms at a time', unit: 'us', samples: await errors(50) })
}

/** Microseconds, one for each question. */
async function errors(blockMs: number): Promise<number[]> {
  const seen: CapturedFrame[] = []
  const round = openRound({
    mac: OURS,
    senders: new Map(VIPS.map((vip) => [vip, SENDER])),
    timeoutNs: 10_000_000_000n,
  })
  const responder = openNative({ device: 'far', filter: 'arp' }, { ...quiet, onFrames: respond })
  const prober = openNative({ device: 'near' }, quiet)
  let answered = 0

  function respond(): void {
    const frames = responder.drain()
    seen.push(...frames)
    const replies = frames.flatMap(({ bytes }) => replyTo(decodeArp(bytes)))
    answered += replies.length
    if (replies.length > 0) void responder.send({ frames: replies, gapNs: 0 })
  }

  await prober.send({ frames: VIPS.map(question), gapNs: 1_000_000 })
  block(blockMs)
  await until('all are answered', () => answered === QUESTIONS)
  block(blockMs)
  await until('all have come back', () => drainInto(round, prober.drain()) === QUESTIONS)
  await until('all replies were seen to leave', () => seen.push(...responder.drain()) >= 2 * QUESTIONS)
  for (const capture of [prober, responder]) capture.close()
  const took = responderTimes(seen)
  return VIPS.map((vip) => Number(evidenceOf(round, vip).answers[0]!.rttNs! - took.get(vip)!) / 1e3)
}

function drainInto(round: Round, frames: readonly CapturedFrame[]): number {
  for (const frame of frames) hear(round, frame)
  return VIPS.filter((vip) => evidenceOf(round, vip).answers.length > 0).length
}

/** By the responder's kernel: from the question coming in to the reply going out. */
function responderTimes(frames: readonly CapturedFrame[]): ReadonlyMap<Ip, bigint> {
  const asked = new Map<Ip, bigint>()
  const took = new Map<Ip, bigint>()
  for (const { bytes, atNs } of frames) {
    const frame = decodeArp(bytes)
    if (typeof frame === 'string') continue
    if (frame.op === 'who-has') asked.set(frame.tpa, atNs!)
    else took.set(frame.spa, atNs! - asked.get(frame.spa)!)
  }
  return took
}

function question(tpa: Ip): Uint8Array {
  return encodeArp({
    op: 'who-has',
    ethDst: BROADCAST_MAC,
    ethSrc: OURS,
    sha: OURS,
    spa: SENDER,
    tha: ZERO_MAC,
    tpa,
  })
}

function replyTo(frame: ArpFrame | string): Uint8Array[] {
  if (typeof frame === 'string' || frame.op !== 'who-has') return []
  return [
    encodeArp({
      op: 'reply',
      ethDst: OURS,
      ethSrc: THEIRS,
      sha: THEIRS,
      spa: frame.tpa,
      tha: OURS,
      tpa: SENDER,
    }),
  ]
}

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
