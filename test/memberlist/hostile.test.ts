import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { parseIp } from '../../src/core/ip.ts'
import type { Reading } from '../../src/core/views.ts'
import { startMemberlistPeer, type MemberlistPeer } from '../../src/lab/memberlist-peer/peer.ts'
import { healthyPeer, type PeerScript } from '../../src/lab/memberlist-peer/script.ts'
import { MemberlistKeys } from '../../src/memberlist/keys.ts'
import { createObserver, OBSERVER_DEFAULTS } from '../../src/memberlist/observer.ts'

// What a hostile speaker costs whoever asks it, with and without our key: the deadline at most, and 64 MiB at most.
// Each question is asked by a process of its own, whose memory nobody else touches.

const MIB = 2 ** 20
const LOOPBACK = parseIp('127.0.0.1')!
const KEY = Buffer.alloc(32, 'k')
const ASK = 'ARPCHECK_TEST_ASK'

interface Cost {
  readonly reading: Reading['kind']
  readonly tookMs: number
  /** More memory than before the question, at the worst moment. */
  readonly peakBytes: number
}

if (process.env[ASK] === undefined) ordinaryTests()
else void askFromHere(JSON.parse(process.env[ASK]) as Question)

interface Question {
  readonly port: number
  readonly sealed: boolean
  readonly timeoutMs: number
}

/** What is late beyond its deadline because a busy machine wakes us late. */
const LATE_MS = 3000

function ordinaryTests(): void {
  const peers: MemberlistPeer[] = []
  after(() => Promise.all(peers.map((peer) => peer.close())))

  async function costOf(script: Partial<PeerScript>, timeoutMs: number): Promise<Cost> {
    const base = healthyPeer('nuc-1', [{ name: 'nuc-1', address: LOOPBACK }])
    const peer = await startMemberlistPeer({ ...base, ...script }, LOOPBACK, 0)
    peers.push(peer)
    const question: Question = { port: peer.port, sealed: script.key !== null, timeoutMs }
    const child = fork(process.argv[1]!, { env: { ...process.env, [ASK]: JSON.stringify(question) } })
    const [[cost], [code]] = (await Promise.all([once(child, 'message'), once(child, 'exit')])) as [
      [Cost],
      [number | null],
    ]
    assert.equal(code, 0)
    assert.ok(cost.peakBytes <= 64 * MIB, `${(cost.peakBytes / MIB).toFixed(1)} MiB`)
    assert.ok(cost.tookMs <= timeoutMs + LATE_MS, `${cost.tookMs} ms`)
    return cost
  }

  for (const [conduct, key, kind] of [
    ['silent', null, 'silent'],
    ['slow-drip', null, 'unfinished'],
    ['slow-drip', KEY, 'unfinished'],
    ['endless', null, 'malformed'],
    ['endless-bytes', null, 'malformed'],
    ['four-gib', KEY, 'malformed'],
    ['sealed-noise', KEY, 'wrong-key'],
    ['bomb', null, 'malformed'],
    ['bomb', KEY, 'malformed'],
    ['widest', null, 'malformed'],
    ['widest', KEY, 'malformed'],
    ['resetting', KEY, 'cut-short'],
  ] as const) {
    test(`${conduct}, ${key ? 'sealed' : 'plain'} → ${kind}, within its deadline and 64 MiB`, async () => {
      const timeoutMs = kind === 'silent' || kind === 'unfinished' ? 400 : 20_000
      assert.equal((await costOf({ conduct, key }, timeoutMs)).reading, kind)
    })
  }

  test('16,000 members with the longest names → a view, within 64 MiB', async () => {
    const members = Array.from({ length: 16_000 }, (_, i) => ({
      name: `${i}`.padEnd(253, 'n'),
      address: LOOPBACK,
    }))
    assert.equal((await costOf({ members, key: KEY }, 20_000)).reading, 'view')
  })
}

async function askFromHere({ port, sealed, timeoutMs }: Question): Promise<void> {
  const keys = new MemberlistKeys(sealed ? [Buffer.alloc(16, 'o'), KEY] : [])
  const observer = createObserver({ ...OBSERVER_DEFAULTS, keys, timeoutMs }, { clock: systemClock })
  const before = memory('VmRSS')
  const speaker = { name: 'nuc-1', address: LOOPBACK, port }
  const [first] = await observer.observe([speaker], new AbortController().signal)
  const peakBytes = memory('VmHWM') - before
  process.send!({ reading: first!.reading.kind, tookMs: first!.tookMs, peakBytes } satisfies Cost)
  process.disconnect()
}

/** The kernel's own count; getrusage would hand on the peak of the process that forked this one. */
function memory(line: 'VmRSS' | 'VmHWM'): number {
  const [, kilobytes] = new RegExp(`^${line}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync('/proc/self/status', 'utf8'),
  )!
  return Number(kilobytes) * 1024
}
