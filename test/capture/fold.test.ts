import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { openFold } from '../../src/capture/fold.ts'
import { pcapHeader, pcapRecord } from '../../src/capture/pcap.ts'
import { CaptureFileReader } from '../../src/capture/pcapfile.ts'
import { encodeArp, type CapturedFrame } from '../../src/core/arp.ts'
import { ipv4Of } from '../../src/core/ip.ts'
import { BROADCAST_MAC, parseMac, ZERO_MAC } from '../../src/core/mac.ts'
import { evidenceOf, hear, openRound } from '../../src/core/round.ts'

// The addon's reader and the one in TypeScript must tell the same of any file.

const MACS = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03'].map((text) => parseMac(text)!)
const [OWN] = MACS
const IPS = [1, 2, 3].map((n) => ipv4Of(0x0a00_0000 + n))
const SENDER = ipv4Of(0x0a00_0064)

const frame = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(fc.constant('who-has' as const), fc.nat(2), fc.nat(2)) },
  { weight: 6, arbitrary: fc.tuple(fc.constant('reply' as const), fc.nat(2), fc.nat(2)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('announcement' as const), fc.nat(2), fc.nat(2)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('other' as const), fc.nat(2), fc.nat(2)) },
)
type Drawn = typeof frame extends fc.Arbitrary<infer One> ? One : never

function alike(count: number): Drawn[] {
  return Array.from({ length: count }, (): Drawn => ['reply', 0, 1])
}

function bytesOf([kind, ip, mac]: Drawn): Uint8Array {
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

function fileOf(drawn: readonly Drawn[]): Uint8Array {
  const records = drawn.map((one, i) => {
    const bytes = bytesOf(one)
    return pcapRecord({ bytes, wireLength: bytes.length, atNs: 1_000_000_000n + BigInt(i) })
  })
  return Buffer.concat([pcapHeader(), ...records])
}

/** What a round makes of the frames. */
function evidence(frames: readonly CapturedFrame[]): unknown {
  const senders = new Map(IPS.map((ip) => [ip, SENDER]))
  const round = openRound({ mac: OWN!, senders, timeoutNs: 1_000_000_000n })
  for (const one of frames) hear(round, one)
  return { of: IPS.map((ip) => evidenceOf(round, ip)), ignored: Object.fromEntries(round.ignored) }
}

function read(bytes: Uint8Array, pieceBytes: number, fold = openFold(1000)) {
  const reader = new CaptureFileReader(fold?.take)
  const frames: CapturedFrame[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes)
    frames.push(...reader.push(bytes.slice(at, at + pieceBytes)))
  reader.end()
  return {
    frames: [...frames, ...(fold?.frames() ?? [])],
    others: fold?.others() ?? 0,
    problem: reader.problem,
  }
}

suite('a pcap file, folded', () => {
  test('the addon is there', () => assert.ok(openFold(1)))

  test('any file of questions, replies and announcements → the evidence of every frame of it', () => {
    const property = fc.property(
      fc.array(frame, { maxLength: 60 }),
      fc.integer({ min: 1, max: 200 }),
      (drawn, piece) => {
        const file = fileOf(drawn)
        const all = read(file, file.length, null).frames.filter(({ bytes }) => bytes[12] === 8)
        const folded = read(file, piece)
        assert.deepEqual(evidence(folded.frames), evidence(all))
        assert.equal(folded.others, drawn.filter(([kind]) => kind === 'other').length)
      },
    )
    fc.assert(property, { seed: 8, numRuns: 500 })
  })

  test('a thousand replies that say the same → two frames, which stand for all', () => {
    const { frames } = read(fileOf(alike(1000)), 1 << 20)
    assert.deepEqual(
      frames.map((one) => one.frames),
      [1, 999],
    )
  })

  test('either byte order and either unit → the same stamps', () => {
    const big = Buffer.alloc(24 + 16 + 42)
    big.writeUInt32BE(0xa1b2c3d4, 0)
    big.writeUInt16BE(2, 4)
    big.writeUInt16BE(4, 6)
    big.writeUInt32BE(1, 20)
    for (const [i, word] of [7, 5, 42, 60].entries()) big.writeUInt32BE(word, 24 + 4 * i)
    big.set(bytesOf(['reply', 0, 1]), 40)
    const [one] = read(big, big.length).frames
    assert.deepEqual([one!.atNs, one!.wireLength], [7_000_005_000n, 60])
  })

  test('a length that no frame has → the frames before it, and the reason', () => {
    const bytes = fileOf(alike(3))
    Buffer.from(bytes.buffer, bytes.byteOffset).writeUInt32LE(0xffff_fff0, 24 + 2 * 58 + 8)
    const { frames, problem } = read(bytes, bytes.length)
    assert.deepEqual([frames.length, problem], [2, 'bad-length'])
  })

  test('a file that is cut off → the frames before it, and the reason', () => {
    const bytes = fileOf(alike(3)).subarray(0, -1)
    const { frames, problem } = read(bytes, bytes.length)
    assert.deepEqual([frames.map((one) => one.frames), problem], [[1, 1], 'truncated'])
  })

  test('more records than there is room for → the rest is handed back, none is lost', () => {
    const drawn = IPS.flatMap((_, ip) => [1, 2].map((mac): Drawn => ['reply', ip, mac]))
    const { frames } = read(fileOf(drawn), 1 << 20, openFold(4))
    assert.equal(frames.length, 6)
  })

  test('any bytes → no crash', () => {
    const fold = openFold(100)!
    const dialect = { littleEndian: true, fractionNs: 1n }
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      assert.ok(fold.take(bytes, dialect) <= bytes.length)
    })
    fc.assert(property, { seed: 8, numRuns: 1000 })
  })
})
