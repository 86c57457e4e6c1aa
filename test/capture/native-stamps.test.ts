import assert from 'node:assert/strict'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openNative } from '../../src/capture/native.ts'
import type { CapturedFrame } from '../../src/core/arp.ts'
import { cable, inNamespaces } from '../helpers/netns.ts'
import { until } from '../helpers/until.ts'
import { questions, replies, texts } from './contract.ts'

const quiet = { onFrames: () => {}, onTrouble: () => {} }

function skipReason(): string | false {
  if (spawnSync('tcpdump', ['--version']).status !== 0) return 'needs tcpdump: apt-get install tcpdump'
  // tcpdump sets its groups before it listens, which the root of a user namespace may not.
  const mayNot = readFileSync('/proc/self/setgroups', 'utf8').trim() === 'deny'
  return mayNot && 'tcpdump needs the real root: run the tests as root'
}

inNamespaces(() => {
  cable('near', 'far')

  test(
    'our who-has and the replies carry the stamps that tcpdump writes for the same frames, to the nanosecond',
    { skip: skipReason() },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'arpcheck-stamps-'))
      const tcpdump = await startTcpdump(join(folder, 'near.pcap'))
      const [capture, far] = [openNative({ device: 'near' }, quiet), openNative({ device: 'far' }, quiet)]
      const ours: CapturedFrame[] = []
      for (let i = 0; i < 20; i++) {
        await capture.send({ frames: [questions(20)[i]!], gapNs: 0 })
        await far.send({ frames: replies(3, i * 3), gapNs: 10_000 })
      }
      await until('80 frames', () => ours.push(...capture.drain()) >= 80)
      await stop(tcpdump)
      assert.deepEqual(stamped(ours), stamped(readPcap(readFileSync(join(folder, 'near.pcap')))))
      for (const each of [capture, far]) each.close()
      rmSync(folder, { recursive: true })
    },
  )
})

async function startTcpdump(file: string): Promise<ChildProcess> {
  const args = [
    '-i',
    'near',
    '--immediate-mode',
    '--time-stamp-precision=nano',
    '-U',
    '-Z',
    'root',
    '-w',
    file,
    'arp',
  ]
  const child = spawn('tcpdump', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  await until('tcpdump listens', () => said.includes('listening on'))
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGINT')
  await until('tcpdump ends', () => child.exitCode !== null)
}

function stamped(frames: readonly CapturedFrame[]): string[] {
  return texts(frames).map((text, i) => `${frames[i]!.atNs} ${text}`)
}

/** Enough of the pcap format for what tcpdump has just written here: nanoseconds, this machine's byte order. */
function readPcap(file: Buffer): CapturedFrame[] {
  assert.equal(file.readUInt32LE(0), 0xa1b23c4d)
  const frames: CapturedFrame[] = []
  for (let at = 24; at < file.length;) {
    const length = file.readUInt32LE(at + 8)
    frames.push({
      bytes: file.subarray(at + 16, at + 16 + length),
      wireLength: file.readUInt32LE(at + 12),
      atNs: BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4)),
    })
    at += 16 + length
  }
  return frames
}
