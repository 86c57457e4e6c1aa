import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import type { FileFrame, FileInterface } from '../../src/capture/fileformat.ts'
import { pcapHeader, pcapRecord } from '../../src/capture/pcap.ts'
import { CaptureFileReader } from '../../src/capture/pcapfile.ts'
import type { CapturedFrame } from '../../src/core/arp.ts'
import { hex } from '../helpers/hex.ts'
import { tcpdumpLines, tcpdumpMissing } from '../helpers/tcpdump.ts'
import { replies } from './contract.ts'
import { asTcpdump } from './frames.ts'

/** All that a reader makes of a file, in one piece or in pieces of `pieceBytes`. */
function read(bytes: Uint8Array, pieceBytes = Math.max(1, bytes.length)) {
  const reader = new CaptureFileReader()
  const frames: FileFrame[] = []
  for (let at = 0; at < bytes.length; at += pieceBytes)
    frames.push(...reader.push(bytes.slice(at, at + pieceBytes)))
  reader.end()
  const { interfaces, problem } = reader
  return { frames, interfaces, problem, ignored: Object.fromEntries(reader.ignored) }
}

const asNamed = ({ name, linkType, drops }: FileInterface) => ({ name, linkType, drops })
const fixture = (name: string) => readFileSync(`test/fixtures/captures/${name}`)

suite('files of other tools', () => {
  for (const [name, count, interfaces] of [
    ['us.pcap', 5, [{ name: null, linkType: 1, drops: null }]],
    ['ns.pcap', 5, [{ name: null, linkType: 1, drops: null }]],
    ['one.pcapng', 6, [{ name: 'eno1', linkType: 1, drops: 0 }]],
    [
      'two.pcapng',
      16,
      [
        { name: 'eno1', linkType: 1, drops: 0 },
        { name: 'eno2', linkType: 1, drops: 0 },
      ],
    ],
  ] as const) {
    test(`${name}: ${count} frames, whole`, () => {
      const { frames, ...rest } = read(fixture(name))
      assert.equal(frames.length, count)
      const named = { ...rest, interfaces: rest.interfaces.map(asNamed) }
      assert.deepEqual(named, { interfaces, problem: null, ignored: {} })
    })

    test(`${name}: ARP as tcpdump reads it`, { skip: tcpdumpMissing() }, () => {
      const theirs = tcpdumpLines(`test/fixtures/captures/${name}`).filter((line) => line.includes('ARP'))
      const ours = read(fixture(name))
        .frames.map(asTcpdump)
        .filter((line) => line.includes('ARP'))
      assert.deepEqual(ours, theirs)
      assert.ok(ours.length >= 5)
    })
  }

  test('frames of two interfaces are told apart', () => {
    const arp = read(fixture('two.pcapng')).frames.filter((frame) => asTcpdump(frame).includes('ARP'))
    assert.deepEqual(
      arp.map((frame) => frame.interface),
      [0, 0, 0, 0, 0, 1, 1, 0],
    )
  })

  test('any.pcap: each frame is set aside as linux-cooked', () => {
    const { frames, ignored, problem } = read(fixture('any.pcap'))
    assert.deepEqual([frames, ignored, problem], [[], { 'linux-cooked': 7 }, null])
  })
})

// A frame of four bytes, 60 on the wire, 2026-11-22 13:33:20 and 7 units.
const HEAD_BE = '0002 0004 00000000 00000000 00000080 00000001'
const HEAD_LE = '0200 0400 00000000 00000000 80000000 01000000'
const RECORD_BE = '6afd9e80 00000007 00000004 0000003c aabbccdd'
const RECORD_LE = '809efd6a 07000000 04000000 3c000000 aabbccdd'
const SECONDS = 1795006080n * 1_000_000_000n

suite('pcap', () => {
  for (const [title, bytes, atNs] of [
    ['big-endian, microseconds', `a1b2c3d4 ${HEAD_BE} ${RECORD_BE}`, SECONDS + 7000n],
    ['little-endian, microseconds', `d4c3b2a1 ${HEAD_LE} ${RECORD_LE}`, SECONDS + 7000n],
    ['big-endian, nanoseconds', `a1b23c4d ${HEAD_BE} ${RECORD_BE}`, SECONDS + 7n],
    ['little-endian, nanoseconds', `4d3cb2a1 ${HEAD_LE} ${RECORD_LE}`, SECONDS + 7n],
  ] as const) {
    test(`${title}: the frame and its stamp`, () => {
      const expected = { bytes: hex('aabbccdd'), wireLength: 60, atNs, interface: 0 }
      assert.deepEqual(read(hex(bytes)).frames, [expected])
    })
  }

  test('the checksum bits beside the link type are no part of it', () => {
    const bytes = hex(`a1b2c3d4 0002 0004 00000000 00000000 00000080 24000001 ${RECORD_BE}`)
    assert.equal(read(bytes).frames.length, 1)
  })

  for (const [linkType, reason] of [
    ['00000071', 'linux-cooked'],
    ['00000114', 'linux-cooked'],
    ['00000065', 'not-ethernet'],
    ['00000069', 'not-ethernet'],
  ] as const) {
    test(`link type 0x${linkType} → ${reason}, counted by frame`, () => {
      const bytes = hex(`a1b2c3d4 0002 0004 00000000 00000000 00000080 ${linkType} ${RECORD_BE} ${RECORD_BE}`)
      const { frames, ignored, problem } = read(bytes)
      assert.deepEqual([frames, ignored, problem], [[], { [reason]: 2 }, null])
    })
  }
})

// Blocks: type, length, body, length.
const SHB_LE = '0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000'
const SHB_BE = '0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c'
const IDB_LE = '01000000 14000000 0100 0000 00000000 14000000'
const idbWith = (options: string, bytes: string) =>
  `01000000 ${bytes} 0100 0000 00000000 ${options} 00000000 ${bytes}`
const epb = (stamp: string) => `06000000 24000000 00000000 ${stamp} 04000000 3c000000 aabbccdd 24000000`
/** 1,000,000 ticks. */
const EPB_LE = epb('00000000 40420f00')
const SPB_LE = '03000000 14000000 3c000000 aabbccdd 14000000'
const IDB_SNAP_4 = '01000000 14000000 0100 0000 04000000 14000000'

suite('pcapng', () => {
  for (const [title, bytes, atNs] of [
    ['microseconds unless said otherwise', `${IDB_LE} ${EPB_LE}`, 1_000_000_000n],
    ['if_tsresol 9: nanoseconds', `${idbWith('0900 0100 09000000', '20000000')} ${EPB_LE}`, 1_000_000n],
    ['if_tsresol 0: seconds', `${idbWith('0900 0100 00000000', '20000000')} ${EPB_LE}`, 10n ** 15n],
    [
      'if_tsresol 0x94: 2^20 ticks a second',
      `${idbWith('0900 0100 94000000', '20000000')} ${EPB_LE}`,
      953_674_316n,
    ],
    ['if_tsresol 127: no clock is that fine', `${idbWith('0900 0100 7f000000', '20000000')} ${EPB_LE}`, 0n],
    ['if_tsoffset −1 s', `${idbWith('0e00 0800 ffffffffffffffff', '24000000')} ${EPB_LE}`, 0n],
    ['a stamp before 1970 is none', `${idbWith('0e00 0800 feffffffffffffff', '24000000')} ${EPB_LE}`, null],
    ['a stamp beyond 2262 is none', `${IDB_LE} ${epb('ffffffff ffffffff')}`, null],
    ['a simple block has no stamp', `${IDB_SNAP_4} ${SPB_LE}`, null],
    [
      'an option of odd length leaves the default',
      `${idbWith('0900 0200 09090000', '20000000')} ${EPB_LE}`,
      1_000_000_000n,
    ],
    [
      'blocks of other kinds are skipped',
      `0a000000 10000000 01020304 10000000 ${IDB_LE} ${EPB_LE}`,
      1_000_000_000n,
    ],
  ] as const) {
    test(`${title} → ${atNs}`, () => {
      const { frames, problem } = read(hex(`${SHB_LE} ${bytes}`))
      assert.equal(problem, null)
      assert.deepEqual(frames, [{ bytes: hex('aabbccdd'), wireLength: 60, atNs, interface: 0 }])
    })
  }

  test('big-endian', () => {
    const idb = '00000001 00000014 0001 0000 00000000 00000014'
    const block = '00000006 00000024 00000000 00000000 000f4240 00000004 0000003c aabbccdd 00000024'
    const expected = { bytes: hex('aabbccdd'), wireLength: 60, atNs: 1_000_000_000n, interface: 0 }
    assert.deepEqual(read(hex(`${SHB_BE} ${idb} ${block}`)).frames, [expected])
  })

  test('a second section has interfaces and a byte order of its own', () => {
    const other = '00000001 00000014 0071 0000 00000000 00000014'
    const bytes = hex(`${SHB_LE} ${IDB_LE} ${EPB_LE} ${SHB_BE} ${other} ${SHB_LE} ${IDB_LE} ${EPB_LE}`)
    const { frames, interfaces, problem } = read(bytes)
    assert.deepEqual(
      interfaces.map(({ linkType }) => linkType),
      [1, 113, 1],
    )
    assert.deepEqual(
      frames.map((frame) => frame.interface),
      [0, 2],
    )
    assert.equal(problem, null)
  })

  test('drops: the interface’s and the system’s of the last statistics block', () => {
    const isb = (drops: string) =>
      `05000000 34000000 00000000 00000000 00000000 0500 0800 ${drops}00000000000000 0700 0800 0200000000000000 00000000 34000000`
    const { interfaces } = read(hex(`${SHB_LE} ${IDB_LE} ${isb('01')} ${isb('05')}`))
    assert.deepEqual(interfaces.map(asNamed), [{ name: null, linkType: 1, drops: 7 }])
  })

  for (const [title, options, bytes, expected] of [
    ['its MAC', '0600 0600 1c697aaa0310 0000', '24000000', { mac: '1c:69:7a:aa:03:10' }],
    ['a MAC of four bytes is none', '0600 0400 1c697aaa', '20000000', { mac: null }],
    [
      'each of its addresses, in the order of the wire',
      '0400 0800 c0a8010d ffffff00 0400 0800 0a000001 fffffffe',
      '30000000',
      {
        addresses: [
          { ip: '192.168.1.13', bits: 24 },
          { ip: '10.0.0.1', bits: 31 },
        ],
      },
    ],
    [
      'masks of 0 and 32 bits',
      '0400 0800 01020304 00000000 0400 0800 01020304 ffffffff',
      '30000000',
      {
        addresses: [
          { ip: '1.2.3.4', bits: 0 },
          { ip: '1.2.3.4', bits: 32 },
        ],
      },
    ],
    ['an address without its mask is none', '0400 0400 c0a8010d', '20000000', { addresses: [] }],
    ['its comment', '0100 0200 68690000', '20000000', { comment: 'hi' }],
  ] as const) {
    test(`an interface block tells ${title}`, () => {
      const [found] = read(hex(`${SHB_LE} ${idbWith(options, bytes)}`)).interfaces
      assert.deepEqual({ ...found, ...expected }, found)
    })
  }

  test('a statistics block tells when the capture ended, in the units of its interface', () => {
    const isb = '05000000 28000000 00000000 00000000 00000000 0300 0800 00000000 40420f00 00000000 28000000'
    const { interfaces } = read(hex(`${SHB_LE} ${IDB_LE} ${isb}`))
    assert.equal(interfaces[0]!.endNs, 1_000_000_000n)
  })

  for (const [title, bytes, reason] of [
    ['a frame of an interface that was not described', EPB_LE, 'unknown-interface'],
    ['a simple block without an interface', SPB_LE, 'unknown-interface'],
    [
      'a frame longer than its block',
      `${IDB_LE} 06000000 24000000 00000000 00000000 40420f00 09000000 3c000000 aabbccdd 24000000`,
      'bad-frame-length',
    ],
    ['a simple frame longer than its block', `${IDB_LE} ${SPB_LE}`, 'bad-frame-length'],
    [
      'a frame from a cooked interface',
      `01000000 14000000 7100 0000 00000000 14000000 ${EPB_LE}`,
      'linux-cooked',
    ],
    [
      'a packet block',
      `${IDB_LE} 02000000 20000000 0000 0000 00000000 40420f00 00000000 3c000000 20000000`,
      'obsolete-block',
    ],
  ] as const) {
    test(`${title} → ${reason}, and the reading goes on`, () => {
      const { frames, ignored, problem } = read(hex(`${SHB_LE} ${bytes} ${SHB_LE} ${IDB_LE} ${EPB_LE}`))
      assert.deepEqual([frames.length, ignored, problem], [1, { [reason]: 1 }, null])
    })
  }
})

suite('files that end badly give the frames so far and a reason', () => {
  const PCAP = `a1b2c3d4 ${HEAD_BE} ${RECORD_BE}`
  const NG = `${SHB_LE} ${IDB_LE} ${EPB_LE}`
  for (const [title, bytes, frames, problem] of [
    ['an empty file', '', 0, 'not-a-capture'],
    ['three bytes', 'a1b2c3', 0, 'not-a-capture'],
    ['text', '68656c6c6f2c20776f726c640a', 0, 'not-a-capture'],
    ['a gzipped file', '1f8b0800000000000003', 0, 'not-a-capture'],
    [
      'a section without its byte order',
      '0a0d0d0a 1c000000 00000000 0100 0000 ffffffffffffffff 1c000000',
      0,
      'not-a-capture',
    ],
    [
      'pcap 1.0',
      `a1b2c3d4 0001 0000 00000000 00000000 00000080 00000001 ${RECORD_BE}`,
      0,
      'unsupported-version',
    ],
    [
      'pcapng 2.0',
      '0a0d0d0a 1c000000 4d3c2b1a 0200 0000 ffffffffffffffff 1c000000',
      0,
      'unsupported-version',
    ],
    ['half a pcap header', 'a1b2c3d4 00020004', 0, 'truncated'],
    ['a pcap record without its frame', `${PCAP} 6afd9e80 00000007 00000004 0000003c aabb`, 1, 'truncated'],
    ['half a pcap record header', `${PCAP} 6afd9e80`, 1, 'truncated'],
    ['half a pcapng block', `${NG} ${EPB_LE.slice(0, 40)}`, 1, 'truncated'],
    ['a pcap frame of 262,145 bytes', `${PCAP} 6afd9e80 00000007 00040001 0000003c`, 1, 'bad-length'],
    ['a pcap frame of 4 GiB', `${PCAP} 6afd9e80 00000007 ffffffff 0000003c`, 1, 'bad-length'],
    ['a block of 11 bytes', `${NG} 0a000000 0b000000 00000000`, 1, 'bad-length'],
    ['a block of length 0: no endless loop', `${NG} 0a000000 00000000 00000000`, 1, 'bad-length'],
    ['a block of odd length', `${NG} 0a000000 0d000000 00000000`, 1, 'bad-length'],
    ['a block of more than 16 MiB', `${NG} 0a000000 04000001 00000000`, 1, 'bad-length'],
    ['a block whose lengths differ', `${NG} 0a000000 10000000 00000000 14000000`, 1, 'bad-length'],
    [
      'an enhanced block too short for its fields',
      `${NG} 06000000 10000000 00000000 10000000`,
      1,
      'bad-length',
    ],
    [
      'an interface block too short for its fields',
      `${NG} 01000000 10000000 01000000 10000000`,
      1,
      'bad-length',
    ],
  ] as const) {
    test(`${title} → ${frames} frames, ${problem}`, () => {
      const found = read(hex(bytes))
      assert.deepEqual([found.frames.length, found.problem], [frames, problem])
    })
  }

  test('an interface too many → too-many-interfaces', () => {
    const { interfaces, problem } = read(hex(SHB_LE + IDB_LE.repeat(4097)))
    assert.deepEqual([interfaces.length, problem], [4096, 'too-many-interfaces'])
  })

  test('after a problem more pieces bring nothing', () => {
    const reader = new CaptureFileReader()
    reader.push(hex(`${PCAP} 6afd9e80 00000007 ffffffff 0000003c`))
    assert.deepEqual(reader.push(hex(RECORD_BE)), [])
  })
})

suite('properties', () => {
  const starts = [`a1b2c3d4 ${HEAD_BE}`, `4d3cb2a1 ${HEAD_LE}`, SHB_LE, `${SHB_LE} ${IDB_LE}`, ''].map(hex)
  const files = fc
    .tuple(
      fc.constantFrom(...starts),
      fc.array(
        fc.oneof(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(hex(EPB_LE), hex(RECORD_LE), hex(SPB_LE))),
      ),
    )
    .map(([start, parts]) => Uint8Array.from([start, ...parts].flatMap((part) => [...part])))

  test('no bytes make the reader throw, and no frame is longer than the file', () => {
    fc.assert(
      fc.property(files, (bytes) => {
        for (const frame of read(bytes).frames) assert.ok(frame.bytes.length < bytes.length)
      }),
      { numRuns: 500 },
    )
  })

  test('the size of the pieces changes nothing', () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 40 }), (bytes, pieceBytes) => {
        assert.deepEqual(read(bytes, pieceBytes), read(bytes))
      }),
    )
  })

  const frames = fc.array(
    fc.record({
      bytes: fc.uint8Array({ maxLength: 200 }),
      more: fc.nat({ max: 2000 }),
      atNs: fc.bigInt({ min: 0n, max: (1n << 32n) * 1_000_000_000n - 1n }),
    }),
  )

  test('what is written is what is read', () => {
    fc.assert(
      fc.property(frames, (list) => {
        const written = list.map(({ bytes, more, atNs }) => ({
          bytes,
          wireLength: bytes.length + more,
          atNs,
        }))
        const found = read(fileOf(written))
        assert.deepEqual(
          found.frames,
          written.map((frame) => ({ ...frame, interface: 0 })),
        )
        assert.equal(found.problem, null)
      }),
    )
  })
})

function fileOf(frames: readonly CapturedFrame[]): Uint8Array {
  return new Uint8Array(Buffer.concat([pcapHeader(), ...frames.map(pcapRecord)]))
}

suite('what we write as pcap', () => {
  test('a header of ours: nanoseconds, little-endian, Ethernet, 262,144 bytes a frame', () => {
    const expected = hex('4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000')
    assert.deepEqual(pcapHeader(), expected)
  })

  test('tcpdump reads what we wrote, to the nanosecond', { skip: tcpdumpMissing() }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'arpcheck-'))
    try {
      const path = join(folder, 'ours.pcap')
      const frames = replies(3).map((bytes, i) => ({
        bytes,
        wireLength: 60,
        atNs: SECONDS + 123_456_789n + BigInt(i),
      }))
      writeFileSync(path, fileOf(frames))
      assert.deepEqual(tcpdumpLines(path), frames.map(asTcpdump))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
