import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { readCaptureFile, type CaptureFile } from '../../src/capture/capturefile.ts'
import { pcapHeader, pcapRecord } from '../../src/capture/pcap.ts'
import { openReplay } from '../../src/capture/replay.ts'
import type { CapturedFrame } from '../../src/core/arp.ts'
import { ArpcheckError } from '../../src/errors.ts'
import { ownFolder } from '../helpers/folder.ts'
import { captureContract, Listener, replies, texts } from './contract.ts'
import { asTcpdump } from './frames.ts'

const folder = ownFolder()
const fixture = (name: string) => join('test/fixtures/captures', name)

const UNSAID = { interface: null, mac: null, addresses: [], comment: null, drops: null, endNs: null }

function fileWith(frames: readonly Uint8Array[], change: Partial<CaptureFile> = {}): CaptureFile {
  const captured = frames.map((bytes, i) => ({ bytes, wireLength: bytes.length, atNs: BigInt(i) }))
  const whole = { path: 'a.pcap', ...UNSAID, ignored: {}, problem: null }
  return { ...whole, frames: captured, ...change }
}

captureContract({
  name: 'replay of a file without statistics',
  open: (incoming, events) => openReplay(fileWith(incoming), events),
})
captureContract({
  name: 'replay of a file with statistics',
  open: (incoming, events) => openReplay(fileWith(incoming, { drops: 0 }), events),
})

suite('what a replay can do', () => {
  for (const [title, change, statistics, timestamps] of [
    ['a pcap file has stamps and no statistics', {}, false, true],
    ['a pcapng file with its drops has both', { drops: 3 }, true, true],
    ['a file that was cut off knows no longer what is lost', { drops: 0, problem: 'truncated' }, false, true],
    [
      'a frame without a stamp: no round-trip times',
      { frames: [{ bytes: replies(1)[0]!, wireLength: 60, atNs: null }] },
      false,
      false,
    ],
  ] as const) {
    test(title, () => {
      const { can } = openReplay(fileWith(replies(1), change), new Listener())
      assert.deepEqual([can.statistics, can.timestamps], [statistics, timestamps])
    })
  }

  test('the file’s drops show once its frames are drained: a round around them has lost frames', () => {
    const capture = openReplay(fileWith(replies(2), { drops: 3 }), new Listener())
    assert.deepEqual([capture.statistics()!.received, capture.statistics()!.kernelDrops], [0, 0])
    capture.drain()
    assert.deepEqual([capture.statistics()!.received, capture.statistics()!.kernelDrops], [2, 3])
  })

  test('frames drained before they were announced are not announced', async () => {
    const listener = new Listener()
    openReplay(fileWith(replies(2)), listener).drain()
    await new Promise((resolve) => setTimeout(resolve, 5))
    assert.equal(listener.announced, 0)
  })
})

async function fails(path: string, options = {}): Promise<ArpcheckError> {
  const error: unknown = await readCaptureFile(path, options).then(
    () => 'it was read',
    (cause) => cause,
  )
  assert.ok(error instanceof ArpcheckError, String(error))
  return error
}

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

function pcapOf(frames: readonly CapturedFrame[]): Uint8Array {
  return Buffer.concat([pcapHeader(), ...frames.map(pcapRecord)])
}

suite('reading a file', () => {
  test('us.pcap: its ARP, no name, no statistics, all of it', async () => {
    const { frames, ...rest } = await readCaptureFile(fixture('us.pcap'))
    assert.equal(frames.length, 5)
    assert.deepEqual(rest, {
      path: fixture('us.pcap'),
      ...UNSAID,
      ignored: {},
      problem: null,
    })
  })

  test('one.pcapng: named, with its drops', async () => {
    const { frames, interface: name, drops } = await readCaptureFile(fixture('one.pcapng'))
    assert.deepEqual([frames.length, name, drops], [6, 'eno1', 0])
  })

  test('the name given by the user stands where the file has none', async () => {
    const file = await readCaptureFile(fixture('us.pcap'), { interface: 'eno1' })
    assert.deepEqual([file.frames.length, file.interface], [5, 'eno1'])
  })

  test('two.pcapng: one of two interfaces must be named', async () => {
    const { code, message, remedy } = await fails(fixture('two.pcapng'))
    assert.equal(code, 'usage')
    assert.match(message, /ARP of several interfaces: eno1, eno2/)
    assert.match(remedy[0]!, /--iface eno1/)
  })

  for (const [name, arp] of [
    ['eno1', 6],
    ['eno2', 2],
  ] as const) {
    test(`two.pcapng, ${name}: ${arp} ARP frames; others are counted as not-arp`, async () => {
      const { frames, ignored } = await readCaptureFile(fixture('two.pcapng'), { interface: name })
      assert.equal(frames.length, arp)
      assert.deepEqual(ignored, { 'not-arp': 8 })
    })
  }

  test('an interface that the file does not know → no-such-interface, with those that it knows', async () => {
    const { code, message } = await fails(fixture('two.pcapng'), { interface: 'wlan0' })
    assert.deepEqual([code, message.includes('eno1, eno2')], ['no-such-interface', true])
  })

  test('any.pcap → bad-capture-file, with the command that does better', async () => {
    const { code, message, remedy } = await fails(fixture('any.pcap'))
    assert.equal(code, 'bad-capture-file')
    assert.match(message, /no ARP frame \(set aside: 7 linux-cooked\)/)
    assert.match(remedy.join('\n'), /tcpdump -i eno1 -w FILE arp\n-i any loses/)
  })

  for (const [title, bytes, clause] of [
    ['an empty file', new Uint8Array(0), /neither a pcap nor a pcapng/],
    ['text', Buffer.from('hello, world\n'), /neither a pcap nor a pcapng/],
    ['a header without frames', pcapHeader(), /holds no ARP frame/],
  ] as const) {
    test(`${title} → bad-capture-file`, async () => {
      const { code, message } = await fails(written('bad.pcap', bytes))
      assert.equal(code, 'bad-capture-file')
      assert.match(message, clause)
    })
  }

  test('a file that is not there → bad-capture-file', async () => {
    assert.equal((await fails(join(folder, 'none.pcap'))).code, 'bad-capture-file')
  })

  test('a folder → bad-capture-file', async () => {
    mkdirSync(join(folder, 'folder.pcap'))
    assert.equal((await fails(join(folder, 'folder.pcap'))).code, 'bad-capture-file')
  })

  test('a file cut off → the frames so far and the reason', async () => {
    const whole = readFileSync(fixture('us.pcap'))
    const { frames, problem } = await readCaptureFile(
      written('cut.pcap', whole.subarray(0, whole.length - 1)),
    )
    assert.deepEqual([frames.length, problem], [4, 'truncated'])
  })

  test('frames out of step are put in the order of their stamps', async () => {
    const frames = [3n, 1n, 2n].map((atNs, i) => ({ bytes: replies(1, i)[0]!, wireLength: 60, atNs }))
    const file = await readCaptureFile(written('queues.pcap', pcapOf(frames)))
    assert.deepEqual(
      file.frames.map(({ atNs }) => atNs),
      [1n, 2n, 3n],
    )
  })

  test('VLAN-tagged ARP is kept for the decoder to judge, with its reason', async () => {
    const tagged = Buffer.from(replies(1)[0]!)
    const bytes = Buffer.concat([tagged.subarray(0, 12), Buffer.from([0x81, 0, 0, 7]), tagged.subarray(12)])
    const { frames } = await readCaptureFile(
      written('vlan.pcap', pcapOf([{ bytes, wireLength: 64, atNs: 0n }])),
    )
    assert.deepEqual(frames.map(asTcpdump), ['vlan-tagged'])
  })

  test('a frame longer than 128 bytes is kept to 128; its length on the wire stays', async () => {
    const bytes = Buffer.concat([replies(1)[0]!, Buffer.alloc(1440)])
    const { frames } = await readCaptureFile(
      written('long.pcap', pcapOf([{ bytes, wireLength: 1500, atNs: 0n }])),
    )
    assert.deepEqual(
      frames.map((frame) => [frame.bytes.length, frame.wireLength]),
      [[128, 1500]],
    )
  })

  test('a file of many pieces: every frame, in order', async () => {
    const list = Array.from({ length: 40_000 }, (_, i) => ({
      bytes: replies(1, i)[0]!,
      wireLength: 60,
      atNs: BigInt(i),
    }))
    const { frames, problem } = await readCaptureFile(written('many.pcap', pcapOf(list)))
    assert.equal(problem, null)
    assert.deepEqual(texts(frames), texts(list))
  })

  test('an abort ends the reading with its reason', async () => {
    const signal = AbortSignal.abort(new Error('interrupted'))
    await assert.rejects(readCaptureFile(fixture('us.pcap'), { signal }), /interrupted/)
  })
})
