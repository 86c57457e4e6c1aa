import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { readCaptureFile } from '../../src/capture/capturefile.ts'
import type { FileFrame } from '../../src/capture/fileformat.ts'
import { openFold } from '../../src/capture/fold.ts'
import { ownFolder } from '../helpers/folder.ts'
import { bytesOf, evidence, frame, read, type Drawn } from './drawn.ts'

// The addon's reader of pcapng and the one in TypeScript must tell the same of any stream of blocks.

const [INTERFACE, PACKET, SIMPLE, STATISTICS, ENHANCED, UNKNOWN] = [1, 2, 3, 5, 6, 0x0bad]
const SECTION = 0x0a0d0d0a
const NS_PER_SECOND = 1_000_000_000n
const BEGUN_NS = 100n * NS_PER_SECOND

const unit = fc.constantFrom<number | null>(null, 0, 3, 6, 9, 12, 127, 0x80 | 20, 0x80 | 70)
const described = fc.record({
  kind: fc.constant('interface' as const),
  unit,
  offset: fc.constantFrom(0n, 0n, -1n, 90n, -200n, 2n ** 62n),
  linkType: fc.constantFrom(1, 1, 1, 1, 113, 105),
  snapLength: fc.constantFrom(0, 128, 42, 20),
})
const packet = fc.record({
  kind: fc.constant('enhanced' as const),
  drawn: frame,
  by: fc.constantFrom(0, 0, 0, 1, 2, 9),
  padding: fc.constantFrom(0, 0, 18),
  optionBytes: fc.constantFrom(0, 0, 12),
  stepNs: fc.constantFrom<bigint>(0n, 1n, 1000n, NS_PER_SECOND),
})
const simple = fc.record({ kind: fc.constant('simple' as const), drawn: frame })
const other = fc.constantFrom(
  { kind: 'packet' as const },
  { kind: 'unknown' as const },
  { kind: 'statistics' as const },
)
const section = fc.record({ kind: fc.constant('section' as const), littleEndian: fc.boolean() })
/** A block whose length, or whose frame's length, says what is not so. */
const lie = fc.record({
  kind: fc.constant('lie' as const),
  of: fc.constantFrom(UNKNOWN, ENHANCED),
  length: fc.constantFrom(0, 12, 28, 31, 32, 32, 32, 33, 16 << 20, (16 << 20) + 4, 0xffff_fffc),
  again: fc.boolean(),
})
const longFrame = fc.record({
  kind: fc.constant('long' as const),
  captured: fc.constantFrom(45, 262_145, 0xffff_ffff),
})
const block = fc.oneof(
  { weight: 2, arbitrary: section },
  { weight: 4, arbitrary: described },
  { weight: 60, arbitrary: packet },
  { weight: 1, arbitrary: simple },
  { weight: 3, arbitrary: other },
  { weight: 1, arbitrary: lie },
  { weight: 1, arbitrary: longFrame },
)
type Block = typeof block extends fc.Arbitrary<infer One> ? One : never
type Packet = typeof packet extends fc.Arbitrary<infer One> ? One : never
type Described = typeof described extends fc.Arbitrary<infer One> ? One : never

/** Writes blocks as the section that they are in words them. */
class Writer {
  readonly parts: Uint8Array[] = []
  #littleEndian = true
  #interfaces: Described[] = []
  #clockNs = BEGUN_NS

  write(one: Block): void {
    if (one.kind === 'section') this.#section(one.littleEndian)
    else if (one.kind === 'interface') this.#interface(one)
    else if (one.kind === 'enhanced') this.#enhanced(one)
    else if (one.kind === 'simple') this.#simple(one.drawn)
    else if (one.kind === 'packet') this.#block(PACKET, new Uint8Array(24))
    else if (one.kind === 'unknown') this.#block(UNKNOWN, new Uint8Array(20))
    else if (one.kind === 'statistics') this.#block(STATISTICS, new Uint8Array(12))
    else if (one.kind === 'long') this.#block(ENHANCED, this.#words(0, 0, 0, one.captured, 60, 0, 0, 0))
    else if (one.kind === 'lie')
      this.parts.push(this.#words(one.of, one.length, 0, 0, 0, 0, 0, one.again ? one.length : 36))
  }

  #section(littleEndian: boolean): void {
    this.#littleEndian = littleEndian
    this.#interfaces = []
    this.#block(SECTION, this.#words(0x1a2b3c4d, littleEndian ? 1 : 0x1_0000, 0xffff_ffff, 0xffff_ffff))
  }

  #interface(one: Described): void {
    const body = new DataView(new ArrayBuffer(8 + 8 + 12))
    body.setUint16(0, one.linkType, this.#littleEndian)
    body.setUint32(4, one.snapLength, this.#littleEndian)
    body.setUint16(8, one.unit === null ? 77 : 9, this.#littleEndian)
    body.setUint16(10, 1, this.#littleEndian)
    body.setUint8(12, one.unit ?? 0)
    body.setUint16(16, 14, this.#littleEndian)
    body.setUint16(18, 8, this.#littleEndian)
    body.setBigInt64(20, one.offset, this.#littleEndian)
    this.#block(INTERFACE, new Uint8Array(body.buffer))
    this.#interfaces.push(one)
  }

  #enhanced({ drawn, by, padding, optionBytes, stepNs }: Packet): void {
    this.#clockNs += stepNs
    const bytes = bytesOf(drawn)
    const ticks = this.#ticks(this.#interfaces[by])
    const [upper, lower] = [Number(ticks >> 32n), Number(ticks & 0xffff_ffffn)]
    const head = this.#words(by, upper, lower, bytes.length, bytes.length + padding)
    this.#block(ENHANCED, Buffer.concat([head, bytes, new Uint8Array((-bytes.length & 3) + optionBytes)]))
  }

  #simple(drawn: Drawn): void {
    const bytes = bytesOf(drawn)
    const body = [this.#words(bytes.length), bytes, new Uint8Array(-bytes.length & 3)]
    this.#block(SIMPLE, Buffer.concat(body))
  }

  #ticks(by: Described | undefined): bigint {
    const value = by?.unit ?? 6
    const each = value & 0x80 ? 1n << BigInt(value & 0x7f) : 10n ** BigInt(value)
    return BigInt.asUintN(64, ((this.#clockNs - (by?.offset ?? 0n) * NS_PER_SECOND) * each) / NS_PER_SECOND)
  }

  #block(type: number, body: Uint8Array): void {
    const length = body.length + 12
    this.parts.push(Buffer.concat([this.#words(type, length), body, this.#words(length)]))
  }

  #words(...values: readonly number[]): Uint8Array {
    const view = new DataView(new ArrayBuffer(4 * values.length))
    for (const [i, value] of values.entries()) view.setUint32(4 * i, value, this.#littleEndian)
    return new Uint8Array(view.buffer)
  }
}

function fileOf(blocks: readonly Block[]): Uint8Array {
  const writer = new Writer()
  writer.write({ kind: 'section', littleEndian: true })
  for (const one of blocks) writer.write(one)
  return Buffer.concat(writer.parts)
}

/** What is known of each interface, in the order in which a capture is judged. */
function told({ frames, problem, ignored, interfaces }: ReturnType<typeof read>) {
  const arp = frames.filter(({ bytes }) => bytes[12] === 8)
  const of = interfaces.map((_, index) => evidence(inOrder(arp.filter((one) => one.interface === index))))
  return { of, problem, ignored, interfaces }
}

function inOrder(frames: readonly FileFrame[]): readonly FileFrame[] {
  if (frames.some(({ atNs }) => atNs === null)) return frames
  return frames.toSorted((a, b) => Number(a.atNs! - b.atNs!))
}

const ETHERNET: Described = { kind: 'interface', unit: 9, offset: 0n, linkType: 1, snapLength: 0 }
const REPLY = {
  kind: 'enhanced',
  drawn: ['reply', 0, 1],
  by: 0,
  padding: 0,
  optionBytes: 0,
  stepNs: 1n,
} as const satisfies Block

function countOf(blocks: readonly Block[], fold = openFold(1000)) {
  return read(fileOf(blocks), 1 << 20, fold).frames.map((one) => [one.interface, one.frames])
}

suite('a pcapng file, folded', () => {
  test('any blocks, whose stamps do not go back → the evidence, the counts and the reason of the reader in TypeScript', () => {
    const property = fc.property(
      fc.array(block, { maxLength: 60 }),
      fc.integer({ min: 1, max: 500 }),
      fc.constantFrom(0, 0, 0, 1, 3, 40),
      (blocks, piece, cut) => {
        const whole = fileOf([ETHERNET, ...blocks])
        const file = whole.subarray(0, whole.length - cut)
        const [all, folded] = [read(file, file.length, null), read(file, piece)]
        assert.deepEqual(told(folded), told(all))
        const isOther = ({ bytes }: FileFrame) => bytes[12] !== 8
        assert.equal(folded.others + folded.frames.filter(isOther).length, all.frames.filter(isOther).length)
      },
    )
    fc.assert(property, { seed: 8, numRuns: 2000 })
  })

  test('a thousand replies that say the same, with blocks of other kinds between → two frames, which stand for all', () => {
    const blocks = Array.from({ length: 500 }, () => [REPLY, { kind: 'unknown' } as const, REPLY]).flat()
    for (const littleEndian of [true, false])
      assert.deepEqual(countOf([{ kind: 'section', littleEndian }, ETHERNET, ...blocks]), [
        [0, 1],
        [0, 999],
      ])
  })

  test('the same reply on two interfaces → counted for each', () => {
    const both = [REPLY, { ...REPLY, by: 1 }] as const
    assert.deepEqual(countOf([ETHERNET, ETHERNET, ...both, ...both]), [
      [0, 1],
      [1, 1],
      [0, 1],
      [1, 1],
    ])
  })

  test('a stamp that goes back → a frame of its own, between the others', () => {
    const file = fileOf([ETHERNET, REPLY, { ...REPLY, stepNs: -5n }, { ...REPLY, stepNs: 9n }])
    const { frames } = read(file, file.length)
    assert.deepEqual(
      frames.map(({ atNs, frames: count }) => [Number(atNs! - BEGUN_NS), count]),
      [
        [-4, 1],
        [1, 1],
        [5, 1],
      ],
    )
  })

  test('a frame without a stamp → it and all after it in the order of the file', () => {
    const blocks = [ETHERNET, REPLY, REPLY, { kind: 'simple', drawn: REPLY.drawn } as const, REPLY]
    assert.deepEqual(
      read(fileOf(blocks), 1 << 20).frames.map(({ atNs, frames = 1 }) => [atNs === null, frames]),
      [
        [false, 1],
        [false, 1],
        [true, 1],
        [false, 1],
      ],
    )
  })

  test('the same, read as --replay reads it → the order of the file, whoever read a frame', async () => {
    const path = join(ownFolder(), 'simple.pcapng')
    const drawn: Drawn = ['who-has', 0, 0]
    writeFileSync(
      path,
      fileOf([ETHERNET, { ...REPLY, drawn }, { kind: 'simple', drawn: REPLY.drawn }, REPLY]),
    )
    const { frames, interface: name } = await readCaptureFile(path)
    assert.deepEqual(
      frames.map(({ atNs, bytes }) => [atNs === null, bytes[21]]),
      [
        [false, 1],
        [true, 2],
        [false, 2],
      ],
    )
    assert.equal(name, null)
  })

  test('more records than there is room for → the rest is handed back, none is lost', () => {
    const blocks = [0, 1, 2].flatMap((ip) =>
      [1, 2].map((mac) => ({ ...REPLY, drawn: ['reply', ip, mac] as Drawn })),
    )
    assert.equal(countOf([ETHERNET, ...blocks], openFold(4)).length, 6)
  })
})
