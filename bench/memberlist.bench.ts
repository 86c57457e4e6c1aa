import { spawn, type ChildProcess } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { systemClock } from '../src/clock.ts'
import { parseIp } from '../src/core/ip.ts'
import type { Speaker } from '../src/core/views.ts'
import { compressed, pushPullAnswer } from '../src/lab/memberlist-peer/frame.ts'
import { keysFromSecret, NO_KEYS } from '../src/memberlist/keys.ts'
import { createObserver, OBSERVER_DEFAULTS, type Observer } from '../src/memberlist/observer.ts'
import { decodeStream } from '../src/memberlist/stream.ts'
import { buildPeer } from '../test/peers/build.mjs'
import { tell } from './measure.ts'

// What it costs to read the views of three real speakers, sealed, and what it costs them; on loopback.

const SECRET = 'labsecret0123456789ABC'
const NAMES = ['node-1', 'node-2', 'node-3']
const RUNS = 15
const EXCHANGES = 200
const TICK_US = 10_000
const never = new AbortController().signal

void main()

async function main(): Promise<void> {
  decoding()
  const { program, skip } = buildPeer()
  if (program === undefined) return void process.stderr.write(`  not measured: ${skip}\n`)
  const port = await freePort()
  const speakers = NAMES.map((name, i) => ({ name, address: parseIp(`127.0.0.${i + 2}`)!, port }))
  const peers = speakers.map((speaker) => start(program, speaker, speakers))
  try {
    await reading(speakers, peers)
  } finally {
    for (const peer of peers) peer.kill('SIGKILL')
  }
}

async function reading(speakers: readonly Speaker[], peers: readonly ChildProcess[]): Promise<void> {
  const keys = keysFromSecret(Buffer.from(SECRET))
  const observer = createObserver({ ...OBSERVER_DEFAULTS, keys, gapMs: 0 }, { clock: systemClock })
  await untilJoined(observer, speakers)
  const runs = []
  for (let run = -1; run < RUNS; run++) {
    const measured = await measureRun(observer, speakers, peers)
    if (run >= 0) runs.push(measured)
  }
  for (const [name, unit, pick] of [
    ['3 speakers at once, p50', 'ms', 'p50'],
    ['3 speakers at once, p95', 'ms', 'p95'],
    ['CPU of the asker, 3 speakers', 'us', 'ownUs'],
    ['CPU of a speaker, one exchange', 'us', 'peerUs'],
  ] as const)
    tell({ name, unit, samples: runs.map((run) => run[pick]) })
}

async function measureRun(observer: Observer, speakers: readonly Speaker[], peers: readonly ChildProcess[]) {
  const [own, others] = [process.cpuUsage(), peerCpuUs(peers)]
  const times: number[] = []
  for (let i = 0; i < EXCHANGES; i++) {
    const start0 = performance.now()
    const readings = await observer.observe(speakers, never)
    times.push(performance.now() - start0)
    if (!readings.every(({ reading: { kind } }) => kind === 'view')) throw new Error('a speaker gave no view')
  }
  times.sort((a, b) => a - b)
  const { user, system } = process.cpuUsage(own)
  return {
    p50: times[Math.floor(EXCHANGES * 0.5)]!,
    p95: times[Math.floor(EXCHANGES * 0.95)]!,
    ownUs: (user + system) / EXCHANGES,
    peerUs: (peerCpuUs(peers) - others) / EXCHANGES / peers.length,
  }
}

/** An answer of 1,001 members as it comes from the wire, decoded on its own. */
function decoding(): void {
  const members = Array.from({ length: 1001 }, (_, i) => ({
    name: `node-${i}.example.internal`,
    address: parseIp(`10.${i >> 8}.${i & 255}.1`)!,
  }))
  const frame = compressed(pushPullAnswer(members))
  const samples: number[] = []
  for (let run = -20; run < 100; run++) {
    const start0 = performance.now()
    const state = decodeStream(frame, NO_KEYS, Buffer.alloc(0))
    if (run >= 0) samples.push(performance.now() - start0)
    if (state.kind !== 'answer') throw new Error(state.kind)
  }
  tell({ name: `decoding 1,001 members, ${frame.length} bytes`, unit: 'ms', samples })
}

function start(program: string, { name, address, port }: Speaker, all: readonly Speaker[]): ChildProcess {
  const join = all.map((speaker) => speaker.address).join(',')
  const args = ['-name', name, '-bind', address, '-port', String(port), '-secret', SECRET, '-join', join]
  return spawn(program, args, { stdio: 'ignore' })
}

async function untilJoined(observer: Observer, speakers: readonly Speaker[]): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const readings = await observer.observe(speakers, never)
    if (readings.every(({ reading: one }) => one.kind === 'view' && one.members.length === speakers.length))
      return
    if (performance.now() > deadline) throw new Error('the speakers did not join')
    await systemClock.sleep(100)
  }
}

/** User and system time of all peers, by the kernel's count of ticks. */
function peerCpuUs(peers: readonly ChildProcess[]): number {
  const ticks = peers.map(({ pid }) => {
    const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11, 13)
    return Number(user) + Number(system)
  })
  return ticks.reduce((sum, count) => sum + count, 0) * TICK_US
}

async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.2')
  await once(socket, 'listening')
  const { port } = socket.address()
  await once(socket.close(), 'close')
  return port
}
