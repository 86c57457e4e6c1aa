import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { ArpcheckError } from '../errors.ts'
import { linksOf, type LabHost } from './hosts.ts'
import type { ResponderOrder } from './responder.ts'
import type { SpeakerState } from './speaker.ts'

const ANSWER_MS = 10_000

export interface SpeakerOptions {
  /** dist/lab.js, started once more on each host that has a speaker. */
  readonly program: string
  readonly seed: number
  readonly timeScale: number
}

/** The responder on one host; its state changes one order at a time. */
export class Speaker {
  readonly #child: ChildProcess
  readonly #host: string
  #state: SpeakerState
  #number = 0
  #words = ''

  /** Starts it; `change` with nothing resolves when it answers. */
  constructor(host: LabHost, state: SpeakerState, { program }: SpeakerOptions) {
    this.#host = host.name
    this.#state = state
    this.#child = spawn('ip', ['netns', 'exec', host.name, process.execPath, program, 'respond'], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr!.on('data', (bytes: Buffer) => (this.#words += bytes))
    this.#child.on('error', () => {})
  }

  get state(): SpeakerState {
    return this.#state
  }

  /** Takes effect before it resolves. */
  async change(patch: Partial<SpeakerState>, start: Partial<ResponderOrder> = {}): Promise<void> {
    this.#state = { ...this.#state, ...patch }
    const number = ++this.#number
    this.#child.send({ number, state: this.#state, ...start } satisfies ResponderOrder, () => {})
    await this.#answered(number)
  }

  /** Gone at once, as when the power fails. */
  async kill(): Promise<void> {
    const exited = this.#child.exitCode === null && once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  #answered(number: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const failed = () => reject(this.#silence())
      const timer = setTimeout(failed, ANSWER_MS)
      this.#child.once('exit', failed)
      const hear = (answered: number) => {
        if (answered !== number) return
        clearTimeout(timer)
        this.#child.off('exit', failed)
        this.#child.off('message', hear)
        resolve()
      }
      this.#child.on('message', hear)
    })
  }

  #silence(): ArpcheckError {
    const why =
      this.#words
        .trim()
        .split('\n')
        .findLast((line) => /Error/.test(line)) ?? 'it did not answer'
    return new ArpcheckError('lab-unavailable', `The speaker of ${this.#host} failed: ${why}`)
  }
}

/** Starts the speakers of all hosts that have one, side by side; resolves when each one listens. */
export async function startSpeakers(
  hosts: readonly LabHost[],
  options: SpeakerOptions,
): Promise<Map<string, Speaker>> {
  const started = hosts.flatMap((host, i) => {
    if (!host.speaker) return []
    const speaker = new Speaker(host, host.speaker, options)
    const { timeScale } = options
    const order = { nics: linksOf(host), seed: options.seed + i, timeScale }
    return [{ host, speaker, ready: speaker.change({}, order) }]
  })
  await Promise.all(started.map(({ ready }) => ready))
  return new Map(started.map(({ host, speaker }) => [host.name, speaker]))
}
