import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readCaptureFile } from '../../src/capture/capturefile.ts'
import { openRecorder } from '../../src/capture/recorder.ts'
import type { CapturedFrame } from '../../src/core/arp.ts'
import type { ArpcheckError } from '../../src/errors.ts'
import { FakeClock } from '../helpers/clock.ts'
import { ownFolder } from '../helpers/folder.ts'
import { replies, texts } from './contract.ts'

const MARK = 'ARPCHECK_TEST_RECORDS_TO'
if (process.env[MARK]) recordForEver(process.env[MARK])
else tests()

/** For the tests of what is left behind: records until it is killed or cannot any more, and says so. */
function recordForEver(path: string): void {
  const recorder = openRecorder(path, {
    onError: ({ code }) => process.stdout.write(code, () => process.exit()),
  })
  setInterval(() => {
    for (const frame of captured(100)) recorder.record(frame, 'eno1')
    setImmediate(() => process.stdout.write('.'))
  }, 1)
}

function captured(count: number): CapturedFrame[] {
  return replies(count).map((bytes, i) => ({ bytes, wireLength: 60, atNs: BigInt(i) }))
}

function tests(): void {
  const folder = ownFolder()
  let files = 0
  const freshPath = () => join(folder, `${files++}.pcap`)
  const endOfBurst = () => new Promise((resolve) => setImmediate(resolve))

  test('what is recorded is what is read', async () => {
    const path = freshPath()
    const recorder = openRecorder(path, { onError: assert.ifError })
    for (const frame of captured(3)) recorder.record(frame, 'eno1')
    recorder.close()
    assert.deepEqual(texts((await readCaptureFile(path)).frames), texts(captured(3)))
  })

  test('after every burst the file is whole, without a close', async () => {
    const path = freshPath()
    const recorder = openRecorder(path, { onError: assert.ifError })
    for (let burst = 1; burst <= 3; burst++) {
      for (const frame of captured(5)) recorder.record(frame, 'eno1')
      await endOfBurst()
      const { frames, problem } = await readCaptureFile(path)
      assert.deepEqual([frames.length, problem], [burst * 5, null])
    }
    recorder.close()
  })

  test('a burst larger than the buffer is written while it comes: memory stays bounded', () => {
    const path = freshPath()
    const recorder = openRecorder(path, { onError: assert.ifError })
    for (const frame of captured(5000)) recorder.record(frame, 'eno1')
    const record = 16 + 60
    assert.ok(statSync(path).size > 5000 * record - 65_536)
    assert.equal((statSync(path).size - 24) % record, 0)
    recorder.close()
  })

  test('a file that nothing came for is an empty capture, at once', () => {
    const path = freshPath()
    const recorder = openRecorder(path, { onError: assert.ifError })
    assert.equal(statSync(path).size, 24)
    recorder.close()
    assert.equal(statSync(path).size, 24)
  })

  test('a new file is its owner’s alone; an old one becomes so and loses what it held', () => {
    const [fresh, old] = [freshPath(), freshPath()]
    writeFileSync(old, 'x'.repeat(1000))
    chmodSync(old, 0o644)
    for (const path of [fresh, old]) {
      openRecorder(path, { onError: assert.ifError }).close()
      const { mode, size } = statSync(path)
      assert.deepEqual([mode & 0o777, size], [0o600, 24])
    }
  })

  test('a frame without a stamp gets the time of its recording', async () => {
    const path = freshPath()
    const clock = new FakeClock()
    const recorder = openRecorder(path, { onError: assert.ifError, clock })
    recorder.record({ ...captured(1)[0]!, atNs: null }, 'eno1')
    recorder.close()
    assert.equal((await readCaptureFile(path)).frames[0]!.atNs, clock.wallNs())
  })

  test('a second interface gets a file of its own beside the first', async () => {
    const path = freshPath()
    const recorder = openRecorder(path, { onError: assert.ifError })
    const [one, two] = captured(2)
    recorder.record(one!, 'eno1')
    recorder.record(two!, 'eno2')
    recorder.record(one!, 'eno1')
    recorder.close()
    const other = path.replace('.pcap', '-eno2.pcap')
    assert.deepEqual(texts((await readCaptureFile(path)).frames), texts([one!, one!]))
    assert.deepEqual(texts((await readCaptureFile(other)).frames), texts([two!]))
  })

  test('closing twice is closing once, and a closed recorder takes nothing', () => {
    const path = freshPath()
    const recorder = openRecorder(path, { onError: assert.ifError })
    recorder.close()
    recorder.close()
    recorder.record(captured(1)[0]!, 'eno1')
    assert.equal(statSync(path).size, 24)
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

  test('a second file that cannot be made → recording-failed, once, and the first is whole', async () => {
    const path = freshPath()
    mkdirSync(path.replace('.pcap', '-eno2.pcap'))
    const errors: ArpcheckError[] = []
    const recorder = openRecorder(path, { onError: (error) => errors.push(error) })
    recorder.record(captured(1)[0]!, 'eno1')
    for (const frame of captured(2)) recorder.record(frame, 'eno2')
    await endOfBurst()
    recorder.close()
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['recording-failed'],
    )
    assert.deepEqual((await readCaptureFile(path)).frames.length, 1)
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
      assert.equal((readFileSync(path).length - 24) % 76, 0)
    })
  }
}
