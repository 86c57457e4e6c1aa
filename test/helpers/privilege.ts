import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROGRAM } from './program.ts'
import { until } from './until.ts'

/** What the kernel says of one thread. */
export interface Thread {
  readonly name: string
  readonly CapPrm: string
  readonly CapEff: string
  readonly NoNewPrivs: string
  readonly Seccomp: string
}

const LINES = ['CapPrm', 'CapEff', 'NoNewPrivs', 'Seccomp'] as const

export function threadsOf(pid: number): Thread[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => {
    const status = readFileSync(`/proc/${pid}/task/${id}/status`, 'utf8')
    const line = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)$`, 'm').exec(status)?.[1] ?? ''
    return {
      name: line('Name'),
      ...Object.fromEntries(LINES.map((name) => [name, line(name)])),
    } as unknown as Thread
  })
}

/** What all of its threads have in common: one line where the promise holds. */
export function rights(pid: number): string[] {
  const lines = threadsOf(pid).map((thread) => LINES.map((name) => `${name} ${thread[name]}`).join(' '))
  return [...new Set(lines)]
}

export const NO_RIGHT = ['CapPrm 0000000000000000 CapEff 0000000000000000 NoNewPrivs 1 Seccomp 2']
export const RAW_SOCKETS_ALONE = ['CapPrm 0000000000002000 CapEff 0000000000002000 NoNewPrivs 1 Seccomp 2']

/** The built program with test/privilege/probe.cjs in it. */
export class Probed {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  stdout = ''
  stderr = ''
  readonly #tried: string

  constructor(argv: readonly string[], folder: string, env: Readonly<Record<string, string>> = {}) {
    this.#tried = join(folder, 'tried.json')
    const { PATH = '' } = process.env
    const told = {
      ARPCHECK_TEST_ADDON: join(process.cwd(), 'dist/arpcheck.node'),
      ARPCHECK_TEST_TRIED: this.#tried,
    }
    const probe = join(process.cwd(), 'test/privilege/probe.cjs')
    this.child = spawn(process.execPath, ['--require', probe, PROGRAM, ...argv], {
      env: { PATH, LANG: 'C.UTF-8', ...told, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout!.on('data', (chunk: Buffer) => (this.stdout += chunk.toString()))
    this.child.stderr!.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()))
    this.ended = new Promise((resolve) => this.child.on('close', resolve))
  }

  /** When every thread has what was promised and nothing else. */
  async has(promised: readonly string[]): Promise<void> {
    const now = (): string =>
      this.child.exitCode === null ? rights(this.child.pid!).join('\n') : this.stderr
    await until(`every thread: ${promised.join()}`, () => now() === promised.join('\n'), 20_000)
  }

  /** What a program of arpcheck's own can do still. */
  async tries(): Promise<object> {
    this.child.kill('SIGUSR2')
    await until('it has tried', () => existsSync(this.#tried))
    return JSON.parse(readFileSync(this.#tried, 'utf8')) as object
  }
}
