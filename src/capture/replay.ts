import { framesOf, type CapturedFrame } from '../core/arp.ts'
import type { Abilities, Capture, CaptureEvents, CaptureStatistics } from './capture.ts'
import type { CaptureFile } from './capturefile.ts'

/** Plays a file: all its frames at once, in order. What is sent goes nowhere. */
export function openReplay(file: CaptureFile, events: CaptureEvents): Capture {
  return new Replay(file, events)
}

class Replay implements Capture {
  readonly engine = 'replay'
  readonly can: Abilities
  readonly #file: CaptureFile
  #waiting: readonly CapturedFrame[]
  #heard = 0

  constructor(file: CaptureFile, events: CaptureEvents) {
    this.#file = file
    this.#waiting = file.frames
    this.can = {
      // What a cut file no longer says is lost, and nobody can say how much that is.
      statistics: file.drops !== null && file.problem === null,
      timestamps: file.frames.every(({ atNs }) => atNs !== null),
      survivesDown: true,
    }
    queueMicrotask(() => {
      if (this.#waiting.length > 0) events.onFrames()
    })
  }

  async send(): Promise<void> {}

  drain(): CapturedFrame[] {
    const frames = [...this.#waiting]
    this.#waiting = []
    this.#heard += frames.reduce((sum, frame) => sum + framesOf(frame), 0)
    return frames
  }

  /** The file's drops count from the drain on, as if they had happened among its frames. */
  statistics(): CaptureStatistics | null {
    if (!this.can.statistics) return null
    const kernelDrops = this.#heard > 0 ? this.#file.drops! : 0
    return { received: this.#heard, kernelDrops, ringDrops: 0, sent: 0, sendErrors: 0 }
  }

  close(): void {
    this.#waiting = []
  }
}
