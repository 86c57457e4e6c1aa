import { spawn, type ChildProcess } from 'node:child_process'
import { ArpcheckError } from '../errors.ts'
import { changesOf, countTrue, readSeries, type Condition, type Series } from './exposition.ts'
import type { Fault } from './faults.ts'
import type { LabHost } from './hosts.ts'
import type { DaemonTold, Told } from './protocol.ts'
import { onHost } from './segment.ts'

const PORT = 10806
const SCRAPE_EVERY_MS = 200
const SCRAPE_MS = 1000
const UNTIL_MS = 60_000
const STOP_MS = 5000
const LOG_CHARACTERS = 4_000_000
const NAMESPACE = 'arpcheck'
/** After these a daemon cannot be reached; after those it can again. */
const LEAVES: readonly string[] = ['power-off', 'unplug', 'isolate', 'interface-down']
const RETURNS: readonly string[] = ['plug', 'interface-up']

export interface DaemonOptions {
  /** dist/arpcheck.js. */
  readonly arpcheck: string
  /** Behind `arpcheck daemon`. */
  readonly args: readonly string[]
  readonly kubeconfig: string
  readonly tell: (told: Told) => Promise<void>
}

interface Sample {
  readonly atMs: number
  readonly series: Series
}

interface Running {
  readonly host: LabHost
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  log: string
  /** Without power, or without a cable. */
  isAway: boolean
  sample: Sample | null
}

/** The unmodified `arpcheck daemon` on hosts, and all that their metrics say, as a Prometheus on the switch sees it. */
export class Daemons {
  readonly #running: readonly Running[]
  readonly #options: DaemonOptions
  readonly #stop = new AbortController()
  readonly #waiting = new Set<() => void>()

  constructor(hosts: readonly LabHost[], options: DaemonOptions) {
    this.#options = options
    this.#running = hosts.map((host) => start(host, options))
    for (const one of this.#running) void this.#follow(one)
  }

  /** Resolves when it holds by what was scraped since now. */
  async until(condition: Condition): Promise<void> {
    const sinceMs = Date.now()
    const deadline = AbortSignal.timeout(UNTIL_MS)
    while (!this.#holds(condition, sinceMs)) {
      if (deadline.aborted)
        throw new ArpcheckError(
          'lab-unavailable',
          `Not within ${UNTIL_MS / 1000} s: ${this.#said(condition)}`,
        )
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  /** Once it has happened to the host. */
  befall({ verb, host: name }: Fault): void {
    const one = this.#running.find(({ host }) => host.name === name)
    if (!one) return
    if (LEAVES.includes(verb)) one.isAway = true
    if (RETURNS.includes(verb)) one.isAway = false
    if (verb === 'power-off') one.child.kill('SIGKILL')
  }

  /** Ends them, and tells how they ended and what they said last. */
  async stop(): Promise<void> {
    const last = await Promise.all(this.#running.map((one) => lastWords(one)))
    this.#stop.abort()
    await Promise.all(
      this.#running.map(async (one, i) => {
        const beganMs = performance.now()
        one.child.kill('SIGTERM')
        const timer = setTimeout(() => one.child.kill('SIGKILL'), STOP_MS)
        const exit = await one.ended
        clearTimeout(timer)
        const stopMs = Math.round(performance.now() - beganMs)
        const told: DaemonTold = { host: one.host.name, exit, stopMs, log: one.log, ...last[i]! }
        await this.#options.tell({ told: 'daemon', ...told })
      }),
    )
  }

  async #follow(one: Running): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const before = one.sample?.series ?? new Map<string, number>()
      const text = one.isAway ? null : await get(one.host, '/metrics')
      const atMs = Date.now()
      one.sample = text === null ? null : { atMs, series: readSeries(text) }
      const changed = changesOf(before, one.sample?.series ?? new Map())
      if (Object.keys(changed).length > 0 && !signal.aborted)
        await this.#options.tell({ told: 'scraped', host: one.host.name, atMs, changed })
      for (const wake of this.#waiting) wake()
      this.#waiting.clear()
      await new Promise((resolve) => setTimeout(resolve, SCRAPE_EVERY_MS))
    }
  }

  #holds(condition: Condition, sinceMs: number): boolean {
    const { who } = condition
    const asked = this.#running.filter(({ host, isAway }) => !isAway && (isOfAll(who) || host.name === who))
    const counts = asked.map(({ sample }) =>
      sample && sample.atMs > sinceMs ? countTrue(condition, sample.series) : null,
    )
    const right = counts.some((count) => count !== null && count.right > 0)
    return right && (who !== 'every' || counts.every((count) => count !== null && count.right === count.all))
  }

  /** For whoever must find out why it never came. */
  #said({ who, metric }: Condition): string {
    const lines = this.#running.flatMap(({ host, sample }) =>
      [...(sample?.series ?? [])]
        .filter(([key, value]) => key.startsWith(metric) && value !== 0)
        .map(([key, value]) => `${host.name} ${key} ${value}`),
    )
    return `${who} ${metric}; ${lines.slice(0, 40).join('; ') || 'nobody says anything of it'}`
  }
}

function isOfAll(who: string): boolean {
  return who === 'any' || who === 'every'
}

function start(host: LabHost, { arpcheck, args, kubeconfig }: DaemonOptions): Running {
  const [program = '', ...rest] = onHost(host.name, process.execPath, [arpcheck, 'daemon', ...args])
  const child = spawn(program, rest, {
    env: { ...process.env, KUBECONFIG: kubeconfig, NODE_NAME: host.name, POD_NAMESPACE: NAMESPACE },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
    child.once('error', () => resolve(null))
  })
  const one: Running = { host, child, ended, log: '', isAway: false, sample: null }
  child.stderr.on('data', (bytes: Buffer) => (one.log = (one.log + bytes).slice(-LOG_CHARACTERS)))
  return one
}

async function lastWords({ host, isAway }: Running): Promise<Pick<DaemonTold, 'metrics' | 'report'>> {
  const [metrics, report] = isAway
    ? [null, null]
    : await Promise.all([get(host, '/metrics'), get(host, '/api/v1/report')])
  return { metrics, report: report === null ? null : JSON.parse(report) }
}

/** Null where nobody answers in time. */
async function get({ address }: LabHost, path: string): Promise<string | null> {
  try {
    const response = await fetch(`http://${address}:${PORT}${path}`, {
      signal: AbortSignal.timeout(SCRAPE_MS),
    })
    return response.ok ? await response.text() : null
  } catch {
    return null
  }
}
