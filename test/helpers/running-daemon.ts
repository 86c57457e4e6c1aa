import { spawn, type ChildProcess } from 'node:child_process'
import type { TestContext } from 'node:test'
import type { ApiDouble } from '../../src/lab/api/double.ts'
import type { ApiObject } from '../../src/lab/api/kinds.ts'
import { doubleWith, file } from './double.ts'
import { homelab } from './homelab.ts'
import { PROGRAM } from './program.ts'

/** The built daemon, in a process of its own, against an API double of its own. */
export class RunningDaemon {
  readonly child: ChildProcess
  readonly double: ApiDouble
  /** Path of its file of settings. */
  readonly config: string
  readonly ended: Promise<number | null>
  readonly #port: number
  #log = ''

  private constructor(double: ApiDouble, kubeconfig: string, config: string, port: number) {
    this.double = double
    this.config = config
    this.#port = port
    const listen = ['--listen', `127.0.0.1:${port}`, '--health-listen', `127.0.0.1:${port + 1}`]
    const argv = ['daemon', '--config', config, '--kubeconfig', kubeconfig, ...listen]
    const { PATH = '' } = process.env
    this.child = spawn(process.execPath, [PROGRAM, ...argv], {
      env: { PATH, LANG: 'C.UTF-8' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stderr!.on('data', (chunk: Buffer) => (this.#log += chunk.toString()))
    this.ended = new Promise((resolve) => this.child.on('close', resolve))
  }

  /** It takes two ports of 127.0.0.1, from the one that is given. */
  static async start(
    t: TestContext,
    settings: string,
    port = 10806,
    objects: readonly ApiObject[] = homelab(),
  ): Promise<RunningDaemon> {
    const double = await doubleWith(t, objects)
    const kubeconfig = file(t, 'kubeconfig', double.adminKubeconfig)
    const daemon = new RunningDaemon(double, kubeconfig, file(t, 'arpcheck.yaml', settings), port)
    t.after(() => daemon.child.kill('SIGKILL'))
    return daemon
  }

  get log(): string {
    return this.#log
  }

  get port(): number {
    return this.#port
  }

  /** Empty where it does not answer. */
  async scrape(): Promise<string> {
    try {
      return await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text()
    } catch {
      return ''
    }
  }

  /** Scrapes until the line is there: the program's own time is real. */
  async metric(line: RegExp, withinMs = 30_000): Promise<void> {
    const deadline = performance.now() + withinMs
    for (;;) {
      const text = await this.scrape()
      if (line.test(text)) return
      if (performance.now() > deadline)
        throw new Error(`no metric like ${line.source} in ${ours(text)}\n${this.#log}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** SIGTERM; how long it took to end, in milliseconds, and with which status. */
  async terminate(): Promise<{ readonly ms: number; readonly status: number | null }> {
    const startMs = performance.now()
    this.child.kill('SIGTERM')
    const status = await this.ended
    return { ms: performance.now() - startMs, status }
  }
}

function ours(text: string): string {
  const lines = text.split('\n').filter((line) => /^arpcheck_(?:vip|members|probes)/.test(line))
  return lines.join('\n')
}
