import { openCap } from './capture/cap.ts'
import { openNative } from './capture/native.ts'
import type { CheckEdges } from './check.ts'
import { systemClock } from './clock.ts'
import { readHostFacts } from './host/facts.ts'
import { readHostFactsAnyway } from './host/plain.ts'
import { askByEcho } from './live-echo.ts'

/** Frames that the ring holds: a few answers to each question, and never more than the engine takes by default. */
const RING_FRAMES = { least: 4096, most: 262_144 }
const ANSWERS_EACH = 4
/** What a frame takes in the kernel's buffer at the engine's snap length. */
const KERNEL_FRAME_BYTES = 144

/** The edges of a check that asks on this host's own interfaces, by the native engine. */
export function liveEdges(): CheckEdges {
  return {
    clock: systemClock,
    hostFacts: () => readHostFacts(),
    openCapture: (device, frames, events) => {
      const ringFrames = Math.min(RING_FRAMES.most, Math.max(RING_FRAMES.least, frames * ANSWERS_EACH))
      const kernelBufferBytes = ringFrames * KERNEL_FRAME_BYTES
      return openNative({ device, ringFrames, kernelBufferBytes, foldRepeats: true }, events)
    },
    echo: (ips, signal) => askByEcho(ips, signal),
  }
}

/** The same by the npm package cap, also where the native addon is missing. */
export function capEdges(): CheckEdges {
  return {
    clock: systemClock,
    hostFacts: () => readHostFactsAnyway(),
    openCapture: (device, frames, events) => openCap({ device, frames: frames * ANSWERS_EACH }, events),
    echo: (ips, signal) => askByEcho(ips, signal),
  }
}
