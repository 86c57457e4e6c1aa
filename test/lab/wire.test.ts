import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { CaptureFileReader } from '../../src/capture/pcapfile.ts'
import { decodeArp, type ArpFrame, type CapturedFrame } from '../../src/core/arp.ts'
import { macAt } from '../../src/core/mac.ts'
import { CLIENT, hostsOf } from '../../src/lab/hosts.ts'
import { failures, keepingFolder, playStory, skipReason } from './lab.ts'

// Runs alone: it holds a rate against time.
// What leaves arpcheck, seen by tcpdump on the switch port of its host. Needs root: tcpdump gives up the rest.
const skip =
  process.getuid?.() === 0 ? skipReason('root') : 'tcpdump inside the lab needs root: run the tests as root'
const OUR_MAC = hostsOf({}).find(({ name }) => name === CLIENT)!.nics[0]!.mac

/** Frames that may come late and all at once: a machine that stood still for 0.2 s. */
const CAUGHT_UP = 20

suite('on the wire', { skip, concurrency: 1 }, () => {
  test('a round of addresses is (2 VIPs + 1 gateway) x 3 standard who-has, and nothing else of ours', async () => {
    const { sent, text } = await recorded('addresses')
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
    assert.match(text, /Request who-has 192\.168\.1\.60 tell 192\.168\.1\.50, length 28\n/)
  })

  test('60 VIPs at --rate 100 are about 100 who-has in any second at most, and 183 in all', async () => {
    const { sent } = await recorded(resolveFixture('rate-cap.yaml'))
    assert.equal(sent.length, (60 + 1) * 3)
    const times = sent.map(({ atNs }) => Number(atNs! / 1000n) / 1000)
    const most = Math.max(...times.map((at) => times.filter((ms) => ms >= at && ms < at + 1000).length))
    // 100 gaps of 10 ms are 101 frames; what a busy machine held back is made up for, so a few more are due
    assert.ok(most <= 101 + CAUGHT_UP, `${most} frames in one second`)
  })
})

/** Plays a story; returns our own frames as tcpdump recorded them, and tcpdump's words for all of them. */
async function recorded(story: string): Promise<{ sent: CapturedFrame[]; text: string }> {
  const result = await playStory('root', story, '--tcpdump', '--keep', keepingFolder())
  assert.ok(result.passed, failures(result))
  const pcap = join(result.keptIn!, 'tcpdump.pcap')
  const reader = new CaptureFileReader()
  const sent = reader.push(readFileSync(pcap)).filter(({ bytes }) => macAt(bytes, 6) === OUR_MAC)
  reader.end()
  assert.equal(reader.problem, null)
  const text = execFileSync('tcpdump', ['-nr', pcap], { encoding: 'utf8', stdio: 'pipe' })
  rmSync(result.keptIn!, { recursive: true })
  return { sent, text }
}

function resolveFixture(name: string): string {
  return join('test/fixtures/lab', name)
}
