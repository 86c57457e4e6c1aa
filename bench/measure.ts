import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** What one measurement gave; every sample is one run, in the order of the runs. */
export interface Row {
  readonly name: string
  readonly unit: string
  readonly samples: readonly number[]
  /** The row to compare with: sample by sample, so that a machine that slows down slows both. */
  readonly against?: string
  /** What to reach, in words: `≤ 1.3 ×`. */
  readonly goal?: string
}

/** One cell of the table that bench/README.md publishes: ours and the peers' samples of the same runs, in turn. */
export interface Cell {
  readonly key: CellKey
  readonly unit: string
  readonly ours: readonly number[]
  /** The first one is who the ratio is taken against: the best of them, or the one that the goal names. */
  readonly peers: Readonly<Record<string, readonly number[]>>
  readonly goal?: string
}
export type CellKey =
  | 'receive-cost'
  | 'receive-rate'
  | 'stall'
  | 'file'
  | 'sweep-4096'
  | 'sweep-65536'
  | 'process-4096'
  | 'send'
  | 'start'
  | 'rtt'
  | 'daemon-100'
  | 'daemon-10000'

/** Hands a row to bench/run.mjs, which prints it. */
export function tell(row: Row): void {
  process.stdout.write(`${JSON.stringify(row)}\n`)
}

/** Hands over a cell: printed as rows, and under its key by `--json`. */
export function publish(cell: Cell): void {
  process.stdout.write(`${JSON.stringify(cell)}\n`)
}

/** Runs each function once a round, in turn, after one round that does not count; gives their times in milliseconds. */
export function inTurn(rounds: number, subjects: readonly (() => void)[]): number[][] {
  const samples = subjects.map((): number[] => [])
  for (let round = -1; round < rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      const start = performance.now()
      subject()
      if (round >= 0) samples[i]!.push(performance.now() - start)
    }
  }
  return samples
}

/** Takes one sample of each subject a round, in turn, after one round that does not count. */
export async function samplesInTurn<Name extends string, Sample>(
  rounds: number,
  subjects: Readonly<Record<Name, () => Promise<Sample> | Sample>>,
): Promise<Record<Name, Sample[]>> {
  const names = Object.keys(subjects) as Name[]
  const samples = Object.fromEntries(names.map((name) => [name, []])) as unknown as Record<Name, Sample[]>
  for (let round = -1; round < rounds; round++)
    for (const name of names) {
      const sample = await subjects[name]()
      if (round >= 0) samples[name].push(sample)
    }
  return samples
}

/** What a program cost from exec to exit, by getrusage: all its threads, and the children that it waited for. */
export interface Cost {
  readonly wallMs: number
  readonly userMs: number
  readonly systemMs: number
  readonly memoryMb: number
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** A command that bench/run.mjs compiled from bench/native/NAME.c. */
export function nativeTool(name: string): string {
  return join(process.cwd(), 'build/bench', name)
}

/** Words before a command that keep it on one CPU. */
export function pinned(cpu: number): string[] {
  return ['taskset', '-c', String(cpu)]
}

/** Runs a command to its end and says what it cost. */
export function costOf(command: readonly string[]): Promise<Cost> {
  return startMeasured(command).ended
}

/** Starts a command; what it cost is told when it has ended. A signal to `child` is handed on to it. */
export function startMeasured(command: readonly string[]): { child: ChildProcess; ended: Promise<Cost> } {
  // its third file descriptor carries the figures
  const child = spawn(nativeTool('rusage'), command, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const streams = [child.stdout, child.stderr, child.stdio[3]] as NodeJS.ReadableStream[]
  const ended = Promise.all(streams.map((stream) => text(stream))).then(([stdout, stderr, figures]) => {
    if (figures === '') throw new Error(`${command.join(' ')} could not be run: ${stderr}`)
    return { ...(JSON.parse(figures!) as Omit<Cost, 'stdout' | 'stderr'>), stdout: stdout!, stderr: stderr! }
  })
  return { child, ended }
}

/** Whether a peer can be measured here; where it cannot, its rows are left out. */
export function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
