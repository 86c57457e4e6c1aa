import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNative } from '../src/capture/native.ts'
import { decodeArp, type CapturedFrame } from '../src/core/arp.ts'
import { ipv4Of, type Ip } from '../src/core/ip.ts'
import { BROADCAST_MAC, parseMac } from '../src/core/mac.ts'
import { whoHasFrames } from '../src/core/questions.ts'
import { evidenceOf, hear, openRound } from '../src/core/round.ts'
import { crowd } from '../test/helpers/crowd.ts'
import { inNamespaces, MACS, type Machine } from '../test/helpers/netns.ts'
import { until } from '../test/helpers/until.ts'
import { costOf, isInstalled, median, publish, samplesInTurn, tell } from './measure.ts'

// The round-trip time that is printed, less the time between the stamps of tcpdump on the responder: what is left is the way
// there and back (two ends of one cable, so next to nothing), and the error. The responder is another machine's kernel, which
// answers at once. Ours, arping and arp-scan take turns: on a quiet machine, and with a process that spins on each CPU; ours
// also with its event loop blocked for 50 ms at a time.

const QUESTIONS = 200
const ROUNDS = 5
const FIRST = 0x0a14_0100
const VIPS = Array.from({ length: QUESTIONS }, (_, i) => ipv4Of(FIRST + i))
const LAST = VIPS.at(-1)!
const PCAP_HEADER = 24

/** What was printed, microseconds, in the order of the questions. */
type Printed = readonly { readonly ip: Ip; readonly us: number }[]

if (process.argv[2] === 'ask') void ask(Number(process.argv[3]))
else inNamespaces(() => void measure())

async function measure(): Promise<void> {
  const other = crowd()
  const idle = await errorsInTurn(other)
  const { ours, ...peers } = medians(idle)
  publish({ key: 'rtt', unit: 'us', goal: '≤ 0.1 × arping', ours: ours!, peers })
  tellAll('idle', idle)
  const spinners = [0, 1].map(() => spawn('sh', ['-c', 'while :; do :; done']))
  tellAll('under load', await errorsInTurn(other))
  for (const spinner of spinners) spinner.kill('SIGKILL')
}

type Errors = Readonly<Record<string, number[][]>>

/** Sizes of the errors, of each subject and each round, in microseconds. */
function errorsInTurn(other: Machine): Promise<Errors> {
  const own = (blockMs: number) => [process.execPath, process.argv[1]!, 'ask', String(blockMs)]
  const subjects: Record<string, () => Promise<number[]>> = {
    ours: () => errorsOf(other, own(0), JSON.parse),
    ...(isInstalled('arping') && { arping: () => errorsOf(other, arping(), readArping) }),
    ...(isInstalled('arp-scan') && { 'arp-scan': () => errorsOf(other, arpScan(), readArpScan) }),
    'ours, event loop blocked': () => errorsOf(other, own(50), JSON.parse),
  }
  return samplesInTurn(ROUNDS, subjects)
}

function medians(errors: Errors): Record<string, number[]> {
  const told = Object.entries(errors).filter(([name]) => !name.includes(','))
  return Object.fromEntries(told.map(([name, rounds]) => [name, rounds.map(median)]))
}

function tellAll(when: string, errors: Errors): void {
  for (const [name, rounds] of Object.entries(errors))
    for (const share of [0.5, 0.99])
      tell({
        name: `  ${when}: ${name}, p${share * 100}`,
        unit: 'us',
        samples: rounds.map((one) => quantile(one, share)),
      })
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!
}

function arping(): string[] {
  return ['arping', '-I', 'eno1', '-c', '4', LAST]
}

function arpScan(): string[] {
  return ['arp-scan', '--interface=eno1', '--rtt', '--retry=1', '--interval=1000u', `${VIPS[0]}-${LAST}`]
}

function readArping(text: string): Printed {
  return [...text.matchAll(/\]\s+([\d.]+)ms/g)].map(([, ms]) => ({ ip: LAST, us: Number(ms) * 1e3 }))
}

function readArpScan(text: string): Printed {
  return [...text.matchAll(/^([\d.]+)\t.*RTT=([\d.]+) ms/gm)].map(([, ip, ms]) => ({
    ip: ip as Ip,
    us: Number(ms) * 1e3,
  }))
}

async function errorsOf(
  other: Machine,
  command: readonly string[],
  read: (printed: string) => Printed,
): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'arpcheck-bench-'))
  const file = join(folder, 'far.pcap')
  const recorder = await record(other, file)
  const { stdout, stderr } = await costOf(command)
  await stop(recorder)
  const took = responderTimes(framesOfPcap(readFileSync(file)))
  rmSync(folder, { recursive: true })
  const errors = read(stdout).flatMap(({ ip, us }) => {
    const responderUs = took.get(ip)?.shift()
    return responderUs === undefined ? [] : [Math.abs(us - responderUs)]
  })
  if (errors.length === 0) throw new Error(`${command.join(' ')} printed no time: ${stdout} ${stderr}`)
  return errors
}

async function record(other: Machine, file: string): Promise<ChildProcess> {
  const words = ['-i', 'far', '--immediate-mode', '-U', '--time-stamp-precision=nano', '-w', file, 'arp']
  const recorder = other.start('tcpdump', ...words)
  await once(recorder.stderr!, 'data') // listening on …
  return recorder
}

async function stop(recorder: ChildProcess): Promise<void> {
  const ended = once(recorder, 'exit')
  recorder.kill('SIGINT')
  await ended
}

/** Frames of a pcap file with stamps in nanoseconds, in this machine's byte order, as tcpdump just wrote it. */
function framesOfPcap(file: Buffer): CapturedFrame[] {
  const frames: CapturedFrame[] = []
  for (let at = PCAP_HEADER; at + 16 <= file.length;) {
    const length = file.readUInt32LE(at + 8)
    const atNs = BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4))
    frames.push({ bytes: file.subarray(at + 16, at + 16 + length), wireLength: length, atNs })
    at += 16 + length
  }
  return frames
}

/** Microseconds from each question coming in to its answer going out, by address, in order. */
function responderTimes(frames: readonly CapturedFrame[]): Map<Ip, number[]> {
  const asked = new Map<Ip, bigint>()
  const took = new Map<Ip, number[]>()
  for (const { bytes, atNs } of frames) {
    const frame = decodeArp(bytes)
    if (typeof frame === 'string') continue
    if (frame.op === 'who-has') asked.set(frame.tpa, atNs!)
    else if (asked.has(frame.spa))
      took.set(frame.spa, [...(took.get(frame.spa) ?? []), Number(atNs! - asked.get(frame.spa)!) / 1e3])
  }
  return took
}

/** Asks a millisecond apart and prints what the round says. */
async function ask(blockMs: number): Promise<void> {
  const mac = parseMac(MACS.near)!
  const sender = ipv4Of(0x0a15_0001)
  const plan = { mac, senders: new Map(VIPS.map((vip) => [vip, sender])), timeoutNs: 10_000_000_000n }
  const round = openRound(plan)
  const prober = openNative({ device: 'eno1' }, { onFrames: () => {}, onTrouble: () => {} })
  const questions = VIPS.map((ip) => ({ ip, to: BROADCAST_MAC }))
  const sent = prober.send(whoHasFrames(questions, plan, 1_000_000))
  const blocker = setInterval(() => block(blockMs), 60)
  await sent
  block(blockMs)
  const answered = (): boolean => {
    for (const frame of prober.drain()) hear(round, frame)
    return VIPS.every((vip) => evidenceOf(round, vip).answers.length > 0)
  }
  await until('all are answered', answered)
  clearInterval(blocker)
  prober.close()
  const printed = VIPS.map((ip) => ({ ip, us: Number(evidenceOf(round, ip).answers[0]!.rttNs!) / 1e3 }))
  process.stdout.write(JSON.stringify(printed))
}

function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
