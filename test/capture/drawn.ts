import * as fc from 'fast-check'
import type { FileFrame } from '../../src/capture/fileformat.ts'
import { openFold } from '../../src/capture/fold.ts'
import { CaptureFileReader } from '../../src/capture/pcapfile.ts'
import { encodeArp, type CapturedFrame } from '../../src/core/arp.ts'
import { ipv4Of } from '../../src/core/ip.ts'
import { BROADCAST_MAC, parseMac, ZERO_MAC } from '../../src/core/mac.ts'
import { evidenceOf, hear, openRound } from '../../src/core/round.ts'

// Frames of a few senders that fast-check draws, and what either of the two readers of a file makes of them.

export const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'].map((text) =>
  parseMac(text)!,
)
const [OWN] = MACS
export const IPS = [1, 2, 3].map((n) => ipv4Of(0x0a00_0000 + n))
const SENDER = ipv4Of(0x0a00_0064)

/** One frame of ARP, or another: which kind, about which address, from which MAC. */
export const frame = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(fc.constant('who-has' as const), fc.nat(2), fc.nat(2)) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('reply' as const), fc.nat(2), fc.nat(2)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('announcement' as const), fc.nat(2), fc.nat(2)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('other' as const), fc.nat(2), fc.nat(2)) },
)
export type Drawn = typeof frame extends fc.Arbitrary<infer One> ? One : never

export function bytesOf([kind, ip, mac]: Drawn): Uint8Array {
  const [vip, sha] = [IPS[ip]!, MACS[mac]!]
  if (kind === 'other') return new Uint8Array(60)
  if (kind === 'who-has')
    return encodeArp({
      op: kind,
      ethDst: BROADCAST_MAC,
      ethSrc: sha,
      sha,
      spa: SENDER,
      tha: ZERO_MAC,
      tpa: vip,
    })
  if (kind === 'announcement')
    return encodeArp({ op: 'reply', ethDst: BROADCAST_MAC, ethSrc: sha, sha, spa: vip, tha: sha, tpa: vip })
  return encodeArp({ op: kind, ethDst: OWN!, ethSrc: sha, sha, spa: vip, tha: OWN!, tpa: SENDER })
}

/** What a round makes of the frames. */
export function evidence(frames: readonly CapturedFrame[]): unknown {
  const senders = new Map(IPS.map((ip) => [ip, SENDER]))
  const round = openRound({ mac: OWN!, senders, timeoutNs: 1_000_000_000n })
  for (const one of frames) hear(round, one)
  return { of: IPS.map((ip) => evidenceOf(round, ip)), ignored: Object.fromEntries(round.ignored) }
}

/** What a reader makes of a file that comes in pieces; with `fold` the addon takes what it can. */
export function read(bytes: Uint8Array, pieceBytes: number, fold = openFold(1000)) {
  const reader = new CaptureFileReader(fold ?? undefined)
  const frames: FileFrame[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes)
    frames.push(...reader.push(bytes.slice(at, at + pieceBytes)))
  reader.end()
  return {
    frames: [...(fold?.frames() ?? []), ...frames],
    others: fold?.others() ?? 0,
    problem: reader.problem,
    ignored: Object.fromEntries(reader.ignored),
    interfaces: reader.interfaces,
  }
}
