import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { askVantage } from '../src/ask.ts'
import type { Capture, CaptureEvents } from '../src/capture/capture.ts'
import { openNative } from '../src/capture/native.ts'
import { systemClock, type Clock } from '../src/clock.ts'
import { ipv4Number, ipv4Of, parseIp } from '../src/core/ip.ts'
import { mergeEvidence } from '../src/core/rounds.ts'
import { planVantages } from '../src/core/vantage.ts'
import { readHostFacts } from '../src/host/facts.ts'
import type { CheckOptions } from '../src/options.ts'
import { crowd } from '../test/helpers/crowd.ts'
import { inNamespaces } from '../test/helpers/netns.ts'
import { costOf, isInstalled, publish, samplesInTurn, tell } from './measure.ts'

// From the first question to the last of 4,096 or 65,536 answers, by the code of a check whose sockets are open and whose
// JavaScript is warm; and what arp-scan and nmap need for the same at full speed, their start included, which is a few
// milliseconds. The other end is a kernel that answers for all. Nobody is pinned: three threads share two CPUs with it.

const ROUNDS = 5
const SWEEPS_TO_FIND_ALL = 50
/** After so many V8 has compiled what a sweep runs through. */
const WARM_SWEEPS = 20
const FIRST = ipv4Number(parseIp('10.20.0.0')!)
/** Set in the process that sweeps. */
const ROLE = 'ARPCHECK_BENCH_SWEEPER'
const NMAP = ['-sn', '-PR', '-n', '-T5', '--min-rate', '100000', '-e', 'eno1']

interface Swept {
  /** Until the last answer was heard. */
  readonly foundMs: number
  /** With the window for a second answer. */
  readonly wholeMs: number
  readonly found: number
  /** User and system, all threads; what the other end's kernel does in our calls is in it. */
  readonly cpuMs: number
  readonly memoryMb: number
}

if (process.env[ROLE] === undefined) inNamespaces(() => void measure())
else sweeper()

async function measure(): Promise<void> {
  crowd()
  await sweepsOf('sweep-4096', 4096, '10.20.0.0/20', '≤ 12 ms')
  await sweepsOf('sweep-65536', 65_536, '10.20.0.0/16', '≤ 200 ms')
}

async function sweepsOf(
  key: 'sweep-4096' | 'sweep-65536',
  count: number,
  network: string,
  goal: string,
): Promise<void> {
  // as a check runs: without maps of its source
  const child = fork(__filename, { execArgv: [], env: { ...process.env, [ROLE]: String(count) } })
  await once(child, 'message')
  for (let i = 0; i < WARM_SWEEPS; i++) await sweepBy(child)
  const peers: Record<string, () => Promise<number>> = {
    ...(isInstalled('arp-scan') && { 'arp-scan': () => scan(arpScan(network), count) }),
    ...(isInstalled('nmap') && { nmap: () => scan(['nmap', ...NMAP, network], count) }),
  }
  const swept: Swept[] = []
  const sweepOnce = async (): Promise<number> => swept[swept.push(await sweepBy(child)) - 1]!.foundMs
  const { ours, ...theirs } = await samplesInTurn(ROUNDS, { ours: sweepOnce, ...peers })
  publish({ key, unit: 'ms', goal, ours, peers: theirs })
  swept.shift() // the round that does not count
  tell({
    name: '  with the window for a second answer',
    unit: 'ms',
    samples: swept.map((one) => one.wholeMs),
  })
  tell({ name: '  our CPU time', unit: 'ms', samples: swept.map(({ cpuMs }) => cpuMs) })
  tell({ name: '  our memory', unit: 'MB', samples: swept.map(({ memoryMb }) => memoryMb) })
  await tellFound(child, count)
  child.disconnect()
}

/** 50 sweeps: who was not found. */
async function tellFound(child: ChildProcess, count: number): Promise<void> {
  const found: number[] = []
  for (let i = 0; i < SWEEPS_TO_FIND_ALL; i++) found.push((await sweepBy(child)).found)
  tell({
    name: '  found',
    unit: '%',
    samples: found.map((one) => (100 * one) / count),
    goal: '100 % in 50 of 50',
  })
}

async function sweepBy(child: ChildProcess): Promise<Swept> {
  child.send('sweep')
  const [swept] = (await once(child, 'message')) as [Swept]
  return swept
}

export function arpScan(network: string): string[] {
  return ['arp-scan', '--interface=eno1', '--retry=1', '--bandwidth=500M', '--quiet', network]
}

/** Milliseconds; throws where a peer did not find all. */
async function scan(command: readonly string[], count: number): Promise<number> {
  const { wallMs, stdout, stderr } = await costOf(command)
  const found = Number(/(\d+) responded|\((\d+) hosts up\)/.exec(stdout)?.slice(1).find(Boolean) ?? 0)
  if (found < count) process.stderr.write(`${command[0]} found ${found} of ${count} ${stderr}\n`)
  return wallMs
}

/** Sweeps once for each message. */
function sweeper(): void {
  const count = Number(process.env[ROLE])
  const targets = Array.from({ length: count }, (_, i) => ({ vip: ipv4Of(FIRST + i), macs: null }))
  const pace = {
    count: 1,
    intervalMs: 250,
    timeoutMs: 1000,
    rate: null,
    sender: 'auto',
    sweep: true,
  } as const
  const options: CheckOptions = { targets, mustBeFree: [], interfaces: ['eno1'], ...pace }
  const vips = targets.map(({ vip }) => vip)
  const openCapture = openOnce(count)
  const facts = readHostFacts()
  const plan = planVantages(vips, ['eno1'], facts)
  if ('code' in plan) throw new Error(plan.message)
  const [vantage] = plan.vantages
  process.on('message', () => void sweep())
  // an open capture keeps a process alive
  process.on('disconnect', () => process.exit())
  process.send!('ready')

  async function sweep(): Promise<void> {
    const [marks, before, startMs] = [[] as number[], process.cpuUsage(), performance.now()]
    const { past } = await askVantage({
      vantage: vantage!,
      options,
      edges: { clock: noting(marks), hostFacts: () => facts, openCapture },
      cluster: null,
      whole: () => Promise.resolve(null),
      ownMacs: new Set(),
      signal: new AbortController().signal,
    })
    const wholeMs = performance.now() - startMs
    const { user, system } = process.cpuUsage(before)
    const found = vips.filter((vip) => mergeEvidence(past, vip).answers.length > 0).length
    // the last wait is the window's
    const foundMs = marks.at(-1)! - startMs
    const memoryMb = process.memoryUsage.rss() / 2 ** 20
    globalThis.gc?.()
    process.send!({ foundMs, wholeMs, found, cpuMs: (user + system) / 1e3, memoryMb } satisfies Swept)
  }
}

/** When each wait began. */
function noting(marks: number[]): Clock {
  const sleep: Clock['sleep'] = (ms, signal) => {
    marks.push(performance.now())
    return systemClock.sleep(ms, signal)
  }
  return { ...systemClock, sleep }
}

/** One capture for all sweeps, as one that watches has it. */
function openOnce(count: number): (device: string, frames: number, events: CaptureEvents) => Capture {
  let now: CaptureEvents | undefined
  const capture = openNative(
    { device: 'eno1', ringFrames: Math.min(262_144, 4 * count) },
    { onFrames: () => now?.onFrames(), onTrouble: (error) => now?.onTrouble(error) },
  )
  return (_device, _frames, events) => {
    capture.drain()
    now = events
    return {
      engine: 'native',
      can: capture.can,
      send: (batch) => capture.send(batch),
      drain: () => capture.drain(),
      drainInPlace: (take, hear) => capture.drainInPlace!(take, hear),
      statistics: () => capture.statistics(),
      close: () => (now = undefined),
    }
  }
}
