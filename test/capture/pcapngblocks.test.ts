import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { frameBlock, interfaceBlock, sectionBlock, statisticsBlock } from '../../src/capture/pcapngblocks.ts'
import { OPTION, optionsIn } from '../../src/capture/pcapngoptions.ts'
import { CaptureFileReader } from '../../src/capture/pcapfile.ts'
import type { CapturedFrame } from '../../src/core/arp.ts'
import { ipv4Of } from '../../src/core/ip.ts'
import { ownFolder } from '../helpers/folder.ts'
import { hex } from '../helpers/hex.ts'
import { ip, mac } from '../helpers/segment.ts'
import { tcpdumpLines, tcpdumpMissing } from '../helpers/tcpdump.ts'
import { replies } from './contract.ts'
import { asTcpdump } from './frames.ts'

const ENO1 = {
  name: 'eno1',
  mac: mac('1c:69:7a:aa:03:10'),
  addresses: [{ ip: ip('192.168.1.13'), bits: 24 }],
  comment: 'hi',
}

suite('the bytes of a block', () => {
  test('a section: little-endian, 1.0, of unknown length, by arpcheck', () =>
    assert.deepEqual(
      sectionBlock(),
      hex(
        '0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff 0400 0800 61727063 6865636b 00000000 2c000000',
      ),
    ))

  test('an interface: Ethernet, 262,144 bytes a frame, comment, name, address, MAC, nanoseconds', () =>
    assert.deepEqual(
      interfaceBlock(ENO1),
      hex(`01000000 48000000 0100 0000 00000400
           0100 0200 68690000  0200 0400 656e6f31  0400 0800 c0a8010d ffffff00
           0600 0600 1c697aaa 03100000  0900 0100 09000000  00000000 48000000`),
    ))

  test('a frame: its interface, stamp, both lengths, padding', () =>
    assert.deepEqual(
      frameBlock(1, 0x0000_0001_0000_0002n, { bytes: hex('aabbccddee'), wireLength: 60, atNs: null }),
      hex('06000000 28000000 01000000 01000000 02000000 05000000 3c000000 aabbccdd ee000000 28000000'),
    ))

  test('statistics: the end, frames received, frames dropped', () =>
    assert.deepEqual(
      statisticsBlock(0, 0x0000_0001_0000_0002n, { received: 9, dropped: 3 }),
      hex(`05000000 40000000 00000000 01000000 02000000  0300 0800 01000000 02000000
           0400 0800 0900000000000000  0500 0800 0300000000000000  00000000 40000000`),
    ))

  test('statistics of an engine that does not count: the end alone', () =>
    assert.deepEqual(
      statisticsBlock(0, 2n, null),
      hex('05000000 28000000 00000000 00000000 02000000 0300 0800 00000000 02000000 00000000 28000000'),
    ))

  test('a comment too long for an option is left out', () =>
    assert.deepEqual(
      interfaceBlock({ ...ENO1, comment: 'x'.repeat(65_536) }).length,
      interfaceBlock(ENO1).length - 8,
    ))
})

function read(...blocks: Uint8Array[]) {
  const reader = new CaptureFileReader()
  const frames = reader.push(Buffer.concat(blocks))
  reader.end()
  return { frames, interfaces: reader.interfaces, problem: reader.problem }
}

suite('what is written is what is read', () => {
  const address = fc
    .tuple(fc.nat(), fc.integer({ min: 0, max: 32 }))
    .map(([n, bits]) => ({ ip: ipv4Of(n), bits }))
  const described = fc.record(
    {
      name: fc.string({ unit: 'binary', minLength: 1, maxLength: 15 }),
      mac: fc
        .array(fc.nat({ max: 255 }), { minLength: 6, maxLength: 6 })
        .map((bytes) => mac(Buffer.from(bytes).toString('hex'))),
      addresses: fc.array(address, { maxLength: 5 }),
      comment: fc.string({ unit: 'binary' }),
    },
    { noNullPrototype: true },
  )
  const stamp = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n })

  test('interfaces', () =>
    fc.assert(
      fc.property(described, (saved) => {
        const { interfaces, problem } = read(sectionBlock(), interfaceBlock(saved))
        assert.deepEqual([interfaces, problem], [[{ ...saved, linkType: 1, drops: null, endNs: null }], null])
      }),
    ))

  test('frames', () => {
    const frame = fc.record({
      bytes: fc.uint8Array({ maxLength: 200 }),
      more: fc.nat({ max: 2000 }),
      atNs: stamp,
    })
    fc.assert(
      fc.property(fc.array(frame), (list) => {
        const frames = list.map(({ bytes, more, atNs }) => ({ bytes, wireLength: bytes.length + more, atNs }))
        const blocks = frames.map((one, i) => frameBlock(i % 2, one.atNs, one))
        const found = read(sectionBlock(), interfaceBlock(ENO1), interfaceBlock(ENO1), ...blocks)
        assert.deepEqual(
          found.frames.map(({ bytes, ...rest }) => ({ bytes: new Uint8Array(bytes), ...rest })),
          frames.map((one, i) => ({ ...one, interface: i % 2 })),
        )
        assert.equal(found.problem, null)
      }),
    )
  })

  test('statistics', () =>
    fc.assert(
      fc.property(stamp, fc.nat(), fc.nat(), (endNs, received, dropped) => {
        const statistics = statisticsBlock(0, endNs, { received, dropped })
        const [found] = read(sectionBlock(), interfaceBlock(ENO1), statistics).interfaces
        assert.deepEqual([found!.endNs, found!.drops], [endNs, dropped])
      }),
    ))
})

suite('other tools', () => {
  const folder = ownFolder()

  test('tcpdump reads frames of two interfaces, to the nanosecond', { skip: tcpdumpMissing() }, () => {
    const path = join(folder, 'ours.pcapng')
    const frames: CapturedFrame[] = replies(3).map((bytes, i) => ({
      bytes,
      wireLength: 60,
      atNs: 1_795_006_080_123_456_789n + BigInt(i),
    }))
    const blocks = frames.map((frame, i) => frameBlock(i % 2, frame.atNs!, frame))
    const ends = [0, 1].map((index) => statisticsBlock(index, frames[2]!.atNs!, { received: 3, dropped: 1 }))
    const interfaces = [ENO1, { ...ENO1, name: 'eno2' }].map(interfaceBlock)
    writeFileSync(path, Buffer.concat([sectionBlock(), ...interfaces, ...blocks, ...ends]))
    assert.deepEqual(tcpdumpLines(path), frames.map(asTcpdump))
  })
})

suite('options that would fill memory', () => {
  const many = (type: number) => {
    const view = new DataView(new ArrayBuffer(1_000_000))
    for (let at = 0; at < view.byteLength; at += 4) view.setUint16(at, type, true)
    return optionsIn(view, true)
  }

  test('250,000 of a type that nobody reads → none is kept', () => assert.equal(many(77).size, 0))

  test('250,000 of one type → 256 are kept', () =>
    assert.equal(many(OPTION.comment).get(OPTION.comment)?.length, 256))

  test('600 interfaces with comments of 64 KiB → 16 MiB of them are kept', () => {
    const reader = new CaptureFileReader()
    reader.push(sectionBlock())
    const block = interfaceBlock({ ...ENO1, name: 'eno1', comment: 'x'.repeat(65_000) })
    for (let i = 0; i < 600; i++) reader.push(block)
    const kept = reader.interfaces.reduce((sum, { comment }) => sum + (comment?.length ?? 0), 0)
    assert.ok(kept > 15 * 2 ** 20 && kept <= 2 ** 24, `${kept}`)
    assert.equal(reader.problem, null)
  })
})
