import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readCaptureFile } from '../../src/capture/capturefile.ts'
import type { Capture, CaptureStatistics } from '../../src/capture/capture.ts'
import { CaptureFileReader } from '../../src/capture/pcapfile.ts'
import { interfaceBlock, sectionBlock } from '../../src/capture/pcapngblocks.ts'
import { recorded } from '../../src/capture/recorded.ts'
import { openRecorder, type Recorder } from '../../src/capture/recorder.ts'
import { framesOf, type CapturedFrame } from '../../src/core/arp.ts'
import { FakeClock } from '../helpers/clock.ts'
import { ownFolder } from '../helpers/folder.ts'
import { mac } from '../helpers/segment.ts'
import { replies, texts } from './contract.ts'

const ENO1 = { name: 'eno1', mac: mac('02:00:00:00:00:01'), addresses: [], comment: '' }
const EMPTY_BYTES = sectionBlock().length
const HEAD_BYTES = EMPTY_BYTES + interfaceBlock(ENO1).length
/** A frame of 60 bytes. */
const BLOCK_BYTES = 32 + 60

const COUNTED: CaptureStatistics = { received: 9, kernelDrops: 3, ringDrops: 2, sent: 4, sendErrors: 0 }

const MARK = 'ARPCHECK_TEST_RECORDS_TO'
if (process.env[MARK]) recordForEver(process.env[MARK])
else tests()

/** For the tests of what is left behind: records until it is killed or cannot any more, and says so. */
function recordForEver(path: string): void {
  const recorder = openRecorder(path, {
    onError: ({ code }) => process.stdout.write(code, () => process.exit()),
  })
  const track = recorder.track(ENO1)
  setInterval(() => {
    for (const frame of captured(100)) track.record(frame)
    setImmediate(() => process.stdout.write('.'))
  }, 1)
}

function captured(count: number): CapturedFrame[] {
  return replies(count).map((bytes, i) => ({ bytes, wireLength: 60, atNs: BigInt(i) }))
}

/** Records to `path` what `body` hands over. */
function record(path: string, body: (recorder: Recorder) => void): void {
  const recorder = openRecorder(path, { onError: assert.ifError })
  body(recorder)
  recorder.close()
}

function recordAll(recorder: Recorder, count: number): void {
  const track = recorder.track(ENO1)
  for (const frame of captured(count)) track.record(frame)
}

function interfacesIn(path: string) {
  const reader = new CaptureFileReader()
  reader.push(readFileSync(path))
  return reader.interfaces
}

function tests(): void {
  const folder = ownFolder()
  let files = 0
  const freshPath = () => join(folder, `${files++}.pcapng`)
  const endOfBurst = () => new Promise((resolve) => setImmediate(resolve))

  test('what is recorded is what is read', async () => {
    const path = freshPath()
    record(path, (recorder) => recordAll(recorder, 3))
    assert.deepEqual(texts((await readCaptureFile(path)).frames), texts(captured(3)))
  })

  test('after every burst the file is whole, without a close', async () => {
    const path = freshPath()
    const recorder = openRecorder(path, { onError: assert.ifError })
    const track = recorder.track(ENO1)
    for (let burst = 1; burst <= 3; burst++) {
      for (const frame of captured(5)) track.record(frame)
      await endOfBurst()
      const { frames, problem } = await readCaptureFile(path)
      // the same five, which are folded
      const count = frames.reduce((sum, frame) => sum + framesOf(frame), 0)
      assert.deepEqual([count, problem], [burst * 5, null])
    }
    recorder.close()
  })

  test('a burst larger than the buffer is written while it comes: memory stays bounded', () => {
    const path = freshPath()
    const recorder = openRecorder(path, { onError: assert.ifError })
    recordAll(recorder, 5000)
    assert.ok(statSync(path).size > 5000 * BLOCK_BYTES - 65_536)
    assert.equal((statSync(path).size - HEAD_BYTES) % BLOCK_BYTES, 0)
    recorder.close()
  })

  test('a file that nothing came for is an empty capture, at once', () => {
    const path = freshPath()
    const recorder = openRecorder(path, { onError: assert.ifError })
    assert.equal(statSync(path).size, EMPTY_BYTES)
    recorder.close()
    assert.equal(statSync(path).size, EMPTY_BYTES)
  })

  test('a new file is its owner’s alone; an old one becomes so and loses what it held', () => {
    const [fresh, old] = [freshPath(), freshPath()]
    writeFileSync(old, 'x'.repeat(1000))
    chmodSync(old, 0o644)
    for (const path of [fresh, old]) {
      openRecorder(path, { onError: assert.ifError }).close()
      const { mode, size } = statSync(path)
      assert.deepEqual([mode & 0o777, size], [0o600, EMPTY_BYTES])
    }
  })

  test('a frame without a stamp gets the time of its recording', async () => {
    const path = freshPath()
    const clock = new FakeClock()
    const recorder = openRecorder(path, { onError: assert.ifError, clock })
    recorder.track(ENO1).record({ ...captured(1)[0]!, atNs: null })
    recorder.close()
    assert.equal((await readCaptureFile(path)).frames[0]!.atNs, clock.wallNs())
  })

  test('two interfaces lie in one file, and are told apart', async () => {
    const path = freshPath()
    const [one, two] = captured(2)
    record(path, (recorder) => {
      const [eno1, eno2] = [ENO1, { ...ENO1, name: 'eno2' }].map((saved) => recorder.track(saved))
      eno1!.record(one!)
      eno2!.record(two!)
      eno1!.record(one!)
    })
    const heardOn = async (name: string) => (await readCaptureFile(path, { interface: name })).frames
    assert.deepEqual(texts(await heardOn('eno1')), texts([one!, one!]))
    assert.deepEqual(texts(await heardOn('eno2')), texts([two!]))
  })

  for (const [title, statistics, drops] of [
    ['kernel and ring drops together', COUNTED, 5],
    ['of an engine that does not count: not known', null, null],
  ] as const) {
    test(`the end of an interface: its time and what was lost, ${title}`, () => {
      const path = freshPath()
      const clock = new FakeClock()
      const recorder = openRecorder(path, { onError: assert.ifError, clock })
      const track = recorder.track(ENO1)
      track.end(statistics)
      track.end({ ...COUNTED, kernelDrops: 99 })
      recorder.close()
      const [found, ...more] = interfacesIn(path)
      assert.deepEqual([found!.endNs, found!.drops, more], [clock.wallNs(), drops, []])
    })
  }

  test('without its end an interface does not say what was lost', () => {
    const path = freshPath()
    record(path, (recorder) => recordAll(recorder, 1))
    assert.deepEqual(
      interfacesIn(path).map(({ drops, endNs }) => [drops, endNs]),
      [[null, null]],
    )
  })

  test('a capture that is recorded gives what it gives otherwise, and its end once', async () => {
    const path = freshPath()
    const played = captured(3)
    let closed = 0
    const capture: Capture = {
      engine: 'native',
      can: { statistics: true, timestamps: true, survivesDown: true },
      send: async () => {},
      drain: () => played.splice(0),
      statistics: () => COUNTED,
      close: () => void closed++,
    }
    record(path, (recorder) => {
      const same = recorded(capture, recorder.track(ENO1))
      assert.deepEqual(texts(same.drain()), texts(captured(3)))
      assert.deepEqual([same.engine, same.can, same.statistics()], ['native', capture.can, COUNTED])
      same.close()
      same.close()
    })
    const { frames, drops } = await readCaptureFile(path)
    assert.deepEqual([texts(frames), drops, closed], [texts(captured(3)), 5, 2])
  })

  test('closing twice is closing once, and a closed recorder takes nothing', () => {
    const path = freshPath()
    const recorder = openRecorder(path, { onError: assert.ifError })
    const track = recorder.track(ENO1)
    recorder.close()
    recorder.close()
    track.record(captured(1)[0]!)
    track.end(null)
    assert.equal(statSync(path).size, HEAD_BYTES)
  })

  for (const [title, path] of [
    ['in a folder that is not there', join(folder, 'none', 'a.pcap')],
    ['that is a folder', join(folder, 'folder')],
  ] as const) {
    test(`a path ${title} → usage, before anything is recorded`, () => {
      mkdirSync(join(folder, 'folder'), { recursive: true })
      assert.throws(() => openRecorder(path, { onError: assert.ifError }), { code: 'usage' })
    })
  }

  test('no room for a single byte → usage, before anything is recorded', () => {
    assert.throws(() => openRecorder('/dev/full', { onError: assert.ifError }), { code: 'usage' })
  })

  test('no room left while it records → recording-failed, once, and the file holds whole records', async () => {
    const path = freshPath()
    // 20 blocks of 512 bytes: the second burst ends in the middle of a record
    const child = spawn('sh', ['-c', `ulimit -f 20; exec "${process.execPath}" "${__filename}"`], {
      env: { ...process.env, [MARK]: path },
    })
    let said = ''
    child.stdout.on('data', (text) => (said += text))
    await once(child, 'close')
    assert.match(said, /^\.recording-failed$/)
    const { frames, problem } = await readCaptureFile(path)
    assert.deepEqual([frames.length, problem], [100, null])
  })

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    test(`a process that ends by ${signal} while it records leaves a file that can be read`, async () => {
      const path = freshPath()
      const child = spawn(process.execPath, [__filename], { env: { ...process.env, [MARK]: path } })
      await once(child.stdout, 'data')
      child.kill(signal)
      await once(child, 'exit')
      const { frames, problem } = await readCaptureFile(path)
      assert.ok(frames.length >= 100)
      assert.equal(problem, null)
      assert.equal((statSync(path).size - HEAD_BYTES) % BLOCK_BYTES, 0)
    })
  }
}
