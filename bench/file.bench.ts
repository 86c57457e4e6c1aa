import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { readCaptureFile } from '../src/capture/capturefile.ts'
import { pcapHeader, pcapRecord } from '../src/capture/pcap.ts'
import { encodeArp } from '../src/core/arp.ts'
import { askerOf } from '../src/core/asker.ts'
import { ipv4Of, type Ip } from '../src/core/ip.ts'
import { BROADCAST_MAC, parseMac, ZERO_MAC } from '../src/core/mac.ts'
import { evidenceOf, hear, openRound } from '../src/core/round.ts'
import { costOf, isInstalled, publish, samplesInTurn, tell } from './measure.ts'

// Replies a second, from a pcap file to what is known of each address; the file is in the page cache. tcpdump copies it to
// /dev/null and parses nothing; arp-scan and tshark read a tenth of it.

const ROUNDS = 5
const ADDRESSES = 4096
const [REPLIES, FEW] = [10_000_000, 1_000_000]
const FOLDER = 'build/bench/captures'
const [LARGE, SMALL] = [`${FOLDER}/large.pcap`, `${FOLDER}/small.pcap`]
const ROLE = 'ARPCHECK_BENCH_FILE'
const [OURS, THEIRS] = [parseMac('02:00:00:00:00:01')!, parseMac('02:00:00:00:00:02')!]
const SENDER = ipv4Of(0x0a00_0001)
const BEGUN_NS = 1_790_000_000_000_000_000n

if (process.env[ROLE] === undefined) start(measureAll())
else start(readOne(process.env[ROLE]))

function start(work: Promise<void>): void {
  work.catch((error: unknown) => {
    console.error(error)
    process.exitCode = 1
  })
}

async function measureAll(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  writeCapture(LARGE, REPLIES)
  writeCapture(SMALL, FEW)
  const peers = {
    'tcpdump -w': () => rateOf(REPLIES, ['tcpdump', '-r', LARGE, '-w', '/dev/null']),
    'arp-scan': () =>
      rateOf(FEW, ['arp-scan', `--readpktfromfile=${SMALL}`, '--interface=lo', '10.20.0.0/20']),
    tshark: () => rateOf(FEW, ['tshark', '-r', SMALL, '-T', 'fields', '-e', 'arp.src.proto_ipv4']),
  }
  const present = Object.entries(peers).filter(([name]) => isInstalled(name.split(' ')[0]!))
  const { ours, ...theirs } = await samplesInTurn(ROUNDS, { ours: readOurs, ...Object.fromEntries(present) })
  rmSync(FOLDER, { recursive: true })
  const samples = ours as readonly { inside: number; whole: number }[]
  const goal = '≥ 14.88 Mpps'
  publish({
    key: 'file',
    unit: 'Mpps',
    ours: samples.map(({ inside }) => inside),
    peers: theirs,
    goal,
  })
  tell({ name: '  ours, with the start of Node', unit: 'Mpps', samples: samples.map(({ whole }) => whole) })
}

/** Millions of replies a second, of a whole process on two CPUs. */
async function rateOf(replies: number, command: readonly string[]): Promise<number> {
  const { wallMs, status, stderr } = await costOf(['taskset', '-c', '0,1', ...command])
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`)
  return replies / wallMs / 1000
}

/** From the call to the evidence, and from exec to exit. */
async function readOurs(): Promise<{ inside: number; whole: number }> {
  process.env[ROLE] = LARGE
  const { wallMs, status, stdout, stderr } = await costOf([
    'taskset',
    '-c',
    '0,1',
    process.execPath,
    __filename,
  ])
  delete process.env[ROLE]
  if (status !== 0) throw new Error(stderr)
  const { ms, replies } = JSON.parse(stdout) as { ms: number; replies: number }
  if (replies !== REPLIES) throw new Error(`${replies} replies were read, not ${REPLIES}`)
  return { inside: REPLIES / ms / 1000, whole: REPLIES / wallMs / 1000 }
}

/** In a process of its own: the file, who asked in it, and what answered. */
async function readOne(path: string): Promise<void> {
  const begun = performance.now()
  const { frames } = await readCaptureFile(path)
  const targets = addresses()
  const asker = askerOf(frames, targets)
  if ('problem' in asker) throw new Error(asker.problem)
  const round = openRound({ mac: asker.mac, senders: asker.senders, timeoutNs: 3_600_000_000_000n })
  for (const frame of frames) hear(round, frame)
  const answers = targets.flatMap((ip) => evidenceOf(round, ip).answers)
  const ms = performance.now() - begun
  const replies = answers.reduce((sum, answer) => sum + answer.replies, 0)
  process.stdout.write(JSON.stringify({ ms, replies }))
}

/** A question for each address, then replies of all in turn, a microsecond apart. */
function writeCapture(path: string, replies: number): void {
  const file = openSync(path, 'w')
  writeSync(file, pcapHeader())
  const questions = addresses().map((tpa, i) => record(i, { op: 'who-has', tpa, spa: SENDER }))
  writeSync(file, Buffer.concat(questions))
  const block = Buffer.concat(
    addresses().map((spa, i) => record(ADDRESSES + i, { op: 'reply', tpa: SENDER, spa })),
  )
  const size = block.length / ADDRESSES
  for (let written = 0; written < replies; written += ADDRESSES) {
    const count = Math.min(ADDRESSES, replies - written)
    for (let i = 0; i < count; i++) stamp(block, i * size, ADDRESSES + written + i)
    writeSync(file, block, 0, count * size)
  }
  closeSync(file)
}

function addresses(): Ip[] {
  return Array.from({ length: ADDRESSES }, (_, i) => ipv4Of(0x0a14_0000 + i))
}

function record(us: number, { op, spa, tpa }: { op: 'who-has' | 'reply'; spa: Ip; tpa: Ip }): Uint8Array {
  const ends =
    op === 'reply'
      ? { ethDst: OURS, tha: OURS, ethSrc: THEIRS }
      : { ethDst: BROADCAST_MAC, tha: ZERO_MAC, ethSrc: OURS }
  const bytes = encodeArp({ op, spa, tpa, sha: ends.ethSrc, ...ends })
  return pcapRecord({ bytes, wireLength: bytes.length, atNs: BEGUN_NS + BigInt(us) * 1000n })
}

function stamp(block: Buffer, at: number, us: number): void {
  block.writeUInt32LE(1_790_000_000 + Math.floor(us / 1e6), at)
  block.writeUInt32LE((us % 1e6) * 1000, at + 4)
}
