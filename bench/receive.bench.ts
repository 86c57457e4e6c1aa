import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openCap } from '../src/capture/cap.ts'
import { openNative } from '../src/capture/native.ts'
import type { Capture, CaptureEvents } from '../src/capture/capture.ts'
import { encodeArp } from '../src/core/arp.ts'
import { ipv4Of } from '../src/core/ip.ts'
import { parseMac } from '../src/core/mac.ts'
import { cable, inNamespaces, ipCommand, MACS } from '../test/helpers/netns.ts'
import { tell } from './measure.ts'

// What a reply costs the process that receives it, user and system time of all its threads, up to JavaScript: replies
// come over a veth pair at a steady rate, and each engine drains them in a process of its own, in turn.

const ENGINES = ['native', 'cap'] as const
type Engine = (typeof ENGINES)[number]
const RATES = [2_000, 50_000, 200_000]
const SECONDS = 1
const ROUNDS = 3
/** Set in the process that receives. */
const ROLE = 'ARPCHECK_BENCH_RECEIVER'
const [OURS, THEIRS] = [parseMac(MACS.near)!, parseMac(MACS.far)!]

interface Received {
  readonly frames: number
  readonly cpuUs: number
}

if (process.env[ROLE] === undefined) inNamespaces(() => void measure())
else receive(process.env[ROLE] as Engine)

async function measure(): Promise<void> {
  cable('near', 'far')
  // libpcap warns of an interface without one
  ipCommand('address add 10.0.0.1/24 dev near')
  const sender = openNative({ device: 'far', filter: 'less 1' }, { onFrames: () => {}, onTrouble: () => {} })
  for (const rate of RATES) {
    const runs: Record<Engine, Received[]> = { native: [], cap: [] }
    for (let round = 0; round < ROUNDS; round++)
      for (const engine of ENGINES) runs[engine].push(await oneRun(engine, sender, rate))
    for (const engine of ENGINES) tellEngine(engine, rate, runs[engine])
  }
  sender.close()
}

function tellEngine(engine: Engine, rate: number, runs: readonly Received[]): void {
  const name = (by: Engine) => `${by}, ${rate} replies/s`
  const costs = runs.map(({ frames, cpuUs }) => cpuUs / frames)
  tell({ name: name(engine), unit: 'us', samples: costs, against: name('cap') })
  const losses = runs.map(({ frames }) => 100 * (1 - frames / (rate * SECONDS)))
  tell({ name: '  lost', unit: '%', samples: losses })
}

async function oneRun(engine: Engine, sender: Capture, rate: number): Promise<Received> {
  const child: ChildProcess = fork(__filename, { env: { ...process.env, [ROLE]: engine } })
  await once(child, 'message')
  const frames = Array.from({ length: rate * SECONDS }, (_, i) => reply(i))
  await sender.send({ frames, gapNs: 1e9 / rate })
  child.send('sent')
  const [received] = (await once(child, 'message')) as [Received]
  await once(child, 'exit')
  return received
}

function receive(engine: Engine): void {
  let frames = 0
  const events: CaptureEvents = { onFrames: () => (frames += capture.drain().length), onTrouble: () => {} }
  const capture: Capture =
    engine === 'native'
      ? openNative({ device: 'near' }, events)
      : openCap({ device: 'near', frames: 1600 }, events)
  const begun = process.cpuUsage()
  process.once('message', () =>
    // the last burst may wait a millisecond
    setTimeout(() => {
      frames += capture.drain().length
      const { user, system } = process.cpuUsage(begun)
      capture.close()
      process.send!({ frames, cpuUs: user + system } satisfies Received, () => process.exit())
    }, 50),
  )
  process.send!('listens')
}

function reply(i: number): Uint8Array {
  const bytes = new Uint8Array(60)
  const spa = ipv4Of(0x0a14_0000 + (i & 0xffff))
  bytes.set(
    encodeArp({
      op: 'reply',
      ethDst: OURS,
      ethSrc: THEIRS,
      sha: THEIRS,
      spa,
      tha: OURS,
      tpa: ipv4Of(0x0a00_0001),
    }),
  )
  return bytes
}
