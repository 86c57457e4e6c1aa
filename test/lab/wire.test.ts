import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { decodeArp, type ArpFrame } from '../../src/core/arp.ts'
import { CLIENT, hostsOf } from '../../src/lab/hosts.ts'
import { failures, keepingFolder, playStory, skipReason } from './lab.ts'

// What leaves arpcheck, seen by tcpdump on the switch port of its host. Needs root: tcpdump gives up the rest.
const skip =
  process.getuid?.() === 0 ? skipReason('root') : 'tcpdump inside the lab needs root: run the tests as root'
const OUR_MAC = hostsOf({}).find(({ name }) => name === CLIENT)!.mac

interface Sent {
  readonly atMs: number
  readonly bytes: Uint8Array
}

suite('on the wire', { skip, concurrency: 1 }, () => {
  test('a healthy round is (2 VIPs + 1 gateway) x 3 standard who-has, and nothing else of ours', async () => {
    const { sent, folder } = await recorded('healthy')
    assert.equal(sent.length, (2 + 1) * 3)
    const asked = new Map<string, number>()
    for (const { bytes } of sent) {
      const { op, ethDst, ethSrc, sha, spa, tha, tpa } = decodeArp(bytes) as ArpFrame
      assert.deepEqual(
        { op, ethDst, ethSrc, sha, spa, tha },
        {
          op: 'who-has',
          ethDst: 'ff:ff:ff:ff:ff:ff',
          ethSrc: OUR_MAC,
          sha: OUR_MAC,
          spa: '192.168.1.50',
          tha: '00:00:00:00:00:00',
        },
      )
      asked.set(tpa, (asked.get(tpa) ?? 0) + 1)
    }
    assert.deepEqual([...asked.keys()].sort(), ['192.168.1.1', '192.168.1.60', '192.168.1.62'])
    assert.deepEqual([...asked.values()], [3, 3, 3])
    assert.match(asTcpdumpSays(folder), /Request who-has 192\.168\.1\.60 tell 192\.168\.1\.50, length 28\n/)
  })

  test('60 VIPs at --rate 100 are never more than 100 who-has in any second', async () => {
    const { sent } = await recorded(resolveFixture('rate-cap.yaml'))
    assert.equal(sent.length, (60 + 1) * 3)
    const most = Math.max(
      ...sent.map(
        ({ atMs }) => sent.filter((later) => later.atMs >= atMs && later.atMs < atMs + 1000).length,
      ),
    )
    assert.ok(most <= 101, `${most} frames in one second`)
  })
})

/** Plays a story and returns our own frames of its recording. */
async function recorded(story: string): Promise<{ sent: Sent[]; folder: string }> {
  const result = await playStory('root', story, '--keep', keepingFolder())
  assert.ok(result.passed, failures(result))
  const folder = result.keptIn!
  const sent = readPcap(readFileSync(join(folder, 'client.pcap'))).filter(
    ({ bytes }) => Buffer.from(bytes.subarray(6, 12)).toString('hex') === OUR_MAC.replaceAll(':', ''),
  )
  return { sent, folder }
}

function asTcpdumpSays(folder: string): string {
  return execFileSync('tcpdump', ['-nr', join(folder, 'client.pcap')], { encoding: 'utf8', stdio: 'pipe' })
}

function resolveFixture(name: string): string {
  return join('test/fixtures/lab', name)
}

/** tcpdump's own file: microseconds, this machine's byte order, whole frames. */
function readPcap(file: Buffer): Sent[] {
  assert.equal(file.readUInt32LE(0), 0xa1b2c3d4)
  const sent: Sent[] = []
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
    const atMs = file.readUInt32LE(at) * 1000 + file.readUInt32LE(at + 4) / 1000
    sent.push({ atMs, bytes: file.subarray(at + 16, at + 16 + file.readUInt32LE(at + 8)) })
  }
  return sent
}
