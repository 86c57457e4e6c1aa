import { ArpcheckError } from '../errors.ts'
import type { Capture, CaptureEvents, CaptureStatistics } from './capture.ts'

export type OpenCapture = (name: string, frames: number, events: CaptureEvents) => Capture

/** Captures that stay open between two looks: who has given up the right to open one can ask again all the same. */
export class KeptCaptures {
  readonly #held = new Map<string, Held>()
  readonly #open: OpenCapture

  constructor(open: OpenCapture) {
    this.#open = open
  }

  /** As the opening of an engine; what was heard in between is not handed on. */
  readonly open: OpenCapture = (name, frames, events) => {
    const known = this.#held.get(name)
    if (known && (known.isLent || known.isClosed)) throw cannotReopen(name)
    const held = known ?? new Held((own) => this.#open(name, frames, { ...events, ...own }))
    this.#held.set(name, held)
    return held.lend(events)
  }

  /** For good. */
  close(): void {
    for (const held of this.#held.values()) held.close()
  }
}

/** One that was closed in the midst of sending, or whose interface went away, is gone. */
function cannotReopen(name: string): ArpcheckError {
  return new ArpcheckError(
    'capture-failed',
    `The capture on ${name} has ended, and the right to open another one was given up.`,
    { remedy: ['Run it again.'] },
  )
}

class Held {
  isLent = false
  isClosed = false
  readonly #capture: Capture
  #events: CaptureEvents | null = null
  /** What befell the interface last, unless it came back. */
  #trouble: ArpcheckError | null = null

  constructor(open: (own: Pick<CaptureEvents, 'onFrames' | 'onTrouble'>) => Capture) {
    this.#capture = open({ onFrames: () => this.#onFrames(), onTrouble: (error) => this.#onTrouble(error) })
  }

  lend(events: CaptureEvents): Capture {
    if (this.#trouble) throw this.#trouble
    this.#capture.drain()
    this.#events = events
    this.isLent = true
    return new Lent(this.#capture, (isIdle) => this.#takeBack(isIdle))
  }

  close(): void {
    if (!this.isClosed) this.#capture.close()
    this.isClosed = true
  }

  /** Nothing more may be sent, so that what still waits for its turn ends the capture. */
  #takeBack(isIdle: boolean): void {
    this.#events = null
    this.isLent = false
    if (!isIdle || this.#trouble?.code === 'interface-gone') this.close()
  }

  /** Nobody listens between two looks: what comes then is not to pile up. */
  #onFrames(): void {
    if (this.#events) this.#events.onFrames()
    else this.#capture.drain()
  }

  #onTrouble(error: ArpcheckError): void {
    this.#trouble = error.code === 'interface-changed' ? null : error
    this.#events?.onTrouble(error)
  }
}

/** One use of a capture that outlives it, with totals of its own. */
class Lent implements Capture {
  readonly engine: Capture['engine']
  readonly can: Capture['can']
  readonly drainInPlace?: NonNullable<Capture['drainInPlace']>
  readonly #capture: Capture
  readonly #before: CaptureStatistics | null
  readonly #giveBack: (isIdle: boolean) => void
  #last: CaptureStatistics | null = null
  #sending = 0
  #isOver = false

  constructor(capture: Capture, giveBack: (isIdle: boolean) => void) {
    this.engine = capture.engine
    this.can = capture.can
    this.#capture = capture
    this.#before = capture.statistics()
    this.#giveBack = giveBack
    if (capture.drainInPlace)
      this.drainInPlace = (...hearing) => (this.#isOver ? 0 : capture.drainInPlace!(...hearing))
  }

  async send(batch: Parameters<Capture['send']>[0]): Promise<void> {
    if (this.#isOver) return
    this.#sending++
    try {
      await this.#capture.send(batch)
    } finally {
      this.#sending--
    }
  }

  drain(): ReturnType<Capture['drain']> {
    return this.#isOver ? [] : this.#capture.drain()
  }

  statistics(): CaptureStatistics | null {
    return this.#isOver ? this.#last : since(this.#before, this.#capture.statistics())
  }

  close(): void {
    if (this.#isOver) return
    this.#last = this.statistics()
    this.#isOver = true
    this.#giveBack(this.#sending === 0)
  }
}

function since(before: CaptureStatistics | null, now: CaptureStatistics | null): CaptureStatistics | null {
  if (!before || !now) return now
  return {
    received: now.received - before.received,
    kernelDrops: now.kernelDrops - before.kernelDrops,
    ringDrops: now.ringDrops - before.ringDrops,
    sent: now.sent - before.sent,
    sendErrors: now.sendErrors - before.sendErrors,
  }
}
