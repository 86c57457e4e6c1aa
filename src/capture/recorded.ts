import type { Capture } from './capture.ts'
import type { Track } from './recorder.ts'

/** The same capture; what is drained of it is saved, and at its end what it lost. */
export function recorded(capture: Capture, track: Track): Capture {
  return {
    engine: capture.engine,
    can: capture.can,
    send: (batch) => capture.send(batch),
    drain: () => {
      const frames = capture.drain()
      for (const frame of frames) track.record(frame)
      return frames
    },
    statistics: () => capture.statistics(),
    close: () => {
      track.end(capture.statistics())
      capture.close()
    },
  }
}
