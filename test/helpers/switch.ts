import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { folder } from './double.ts'
import { pause, run } from './fleet.ts'
import { until } from './until.ts'

// What a switch counts: ARP that comes in at each of its ports, by tcpdump on all ports of a bridge at once. On these
// ports a switch that inspects ARP has its limit, too.

export interface SwitchFrame {
  readonly atMs: number
  readonly port: string
  readonly kind: 'broadcast' | 'unicast' | 'reply'
}

export interface Tap {
  /** What came in so far; ends the counting. */
  readonly stop: () => Promise<readonly SwitchFrame[]>
}

export async function tap(t: TestContext, bridge: string): Promise<Tap> {
  const path = join(folder(t), 'switch.pcap')
  const argv = [
    '-i',
    'any',
    '-Q',
    'in',
    '-y',
    'LINUX_SLL2',
    '-B',
    '16384',
    '-U',
    '-Z',
    'root',
    '-w',
    path,
    'arp',
  ]
  const child = spawn('tcpdump', argv, { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let text = ''
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await until('tcpdump listens', () => text.includes('listening on'), 10_000)
  const links = JSON.parse(run('ip', '-j', 'link', 'show', 'master', bridge)) as {
    ifindex: number
    ifname: string
  }[]
  const ports = new Map(links.map(({ ifindex, ifname }) => [ifindex, ifname]))
  const ended = new Promise((resolve) => child.once('close', resolve))
  return {
    stop: async () => {
      await pause(300)
      child.kill('SIGINT')
      await ended
      if (!/\n0 packets dropped by kernel/.test(text)) throw new Error(text)
      return framesIn(readFileSync(path), ports)
    },
  }
}

const FILE_HEADER = 24
const RECORD_HEADER = 16
const SLL2_HEADER = 20
const BROADCAST = 1
const REPLY = 2

/** A capture file of microseconds in this machine's order, link type SLL2. */
function framesIn(bytes: Buffer, ports: ReadonlyMap<number, string>): SwitchFrame[] {
  const frames: SwitchFrame[] = []
  for (let at = FILE_HEADER; at + RECORD_HEADER <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 8)
    const frame = at + RECORD_HEADER
    const port = ports.get(bytes.readUInt32BE(frame + 4))
    const atMs = bytes.readUInt32LE(at) * 1000 + bytes.readUInt32LE(at + 4) / 1000
    const isReply = bytes.readUInt16BE(frame + SLL2_HEADER + 6) === REPLY
    const kind = isReply ? 'reply' : bytes[frame + 10] === BROADCAST ? 'broadcast' : 'unicast'
    if (port !== undefined) frames.push({ atMs, port, kind })
    at = frame + length
  }
  return frames.toSorted((a, b) => a.atMs - b.atMs)
}

export interface Count {
  readonly seconds: number
  /** A second, in the mean, on all ports together. */
  readonly all: number
  readonly broadcasts: number
  readonly unicasts: number
  readonly replies: number
  /** A second, in the mean, of the port with the most. */
  readonly meanOfWorstPort: number
  /** Replies a second, in the mean, of the port with the most. */
  readonly repliesOfWorstPort: number
  /** In any one second, and in any ten, on one port. */
  readonly worstSecond: number
  readonly worstTen: number
  /** Of all seconds of all ports, those with more than 15. */
  readonly over15: number
  readonly worstPort: string
}

/** Between two moments, of these ports. */
export function count(
  frames: readonly SwitchFrame[],
  fromMs: number,
  toMs: number,
  ports: readonly string[],
): Count {
  const seconds = (toMs - fromMs) / 1000
  const inside = frames.filter(({ atMs, port }) => atMs >= fromMs && atMs < toMs && ports.includes(port))
  const byPort = ports.map((port) => inside.filter((frame) => frame.port === port))
  const most = (pick: (of: readonly SwitchFrame[]) => number): number => Math.max(0, ...byPort.map(pick))
  const each = (kind: SwitchFrame['kind'], of: readonly SwitchFrame[] = inside): number => of.filter((frame) => frame.kind === kind).length / seconds // prettier-ignore
  const worstSecond = most((of) => worstWindow(of, 1000))
  return {
    seconds,
    all: inside.length / seconds,
    broadcasts: each('broadcast'),
    unicasts: each('unicast'),
    replies: each('reply'),
    meanOfWorstPort: most((of) => of.length / seconds),
    repliesOfWorstPort: most((of) => each('reply', of)),
    worstSecond,
    worstTen: most((of) => worstWindow(of, 10_000)),
    over15: byPort.reduce((sum, of) => sum + secondsAbove(of, 15), 0),
    worstPort: ports[byPort.findIndex((of) => worstWindow(of, 1000) === worstSecond)]!,
  }
}

/** The most frames in any span of that length, wherever it begins. */
export function worstWindow(frames: readonly SwitchFrame[], ms: number): number {
  let [from, worst] = [0, 0]
  for (const [to, { atMs }] of frames.entries()) {
    while (frames[from]!.atMs <= atMs - ms) from++
    worst = Math.max(worst, to - from + 1)
  }
  return worst
}

function secondsAbove(frames: readonly SwitchFrame[], limit: number): number {
  const perSecond = new Map<number, number>()
  for (const { atMs } of frames) {
    const second = Math.floor(atMs / 1000)
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1)
  }
  return [...perSecond.values()].filter((of) => of > limit).length
}

/** The same intervals without a budget or a division of the work: everybody asks for everything, and is answered. */
export function naive(daemons: number, vips: number, sweepMs = 30_000, unicastMs = 5000): number {
  return 2 * (daemons - 1) * vips * (1000 / sweepMs + 1000 / unicastMs)
}

export const HEADING =
  '| phase | s | frames/s | broadcasts/s | unicast/s | replies/s | replies/s of the busiest node | frames/s of the busiest port | its worst second | worst 10 s | port-seconds above 15 |'

export function rowOf(name: string, one: Count): string {
  const cells = [
    one.all,
    one.broadcasts,
    one.unicasts,
    one.replies,
    one.repliesOfWorstPort,
    one.meanOfWorstPort,
  ]
  const words = [name, one.seconds.toFixed(0), ...cells.map((cell) => cell.toFixed(1))]
  return `| ${[...words, one.worstSecond, one.worstTen, one.over15].join(' | ')} |`
}
