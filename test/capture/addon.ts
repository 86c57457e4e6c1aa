import { join } from 'node:path'

/** The addon's own class, below src/capture/native.ts, for tests of its life cycle. */
export interface RawCapture {
  open(
    options: object,
    onEvents: (events: number) => void,
  ): { index: number; mac: string; recordBytes: number }
  drain(into: Uint8Array): number
  ready(): number
  pending(): number
  send(frames: Uint8Array, lengths: Uint16Array, gapNs: number): boolean
  batchesDone(): number
  stats(): Record<string, number> | null
  troubles(): { code: string; message: string }[]
  close(): void
}

export const ADDON = join(__dirname, 'arpcheck.node')

/** All that the addon exports and its tests call. */
export interface RawAddon {
  readonly Capture: new () => RawCapture
  netlinkDump(request: Uint8Array): Uint8Array
  netlinkSubscribe(groups: number, onEvents: () => void): { drain(): Uint8Array; close(): void }
}

export function rawAddon(): RawAddon {
  const holder = { exports: {} as RawAddon }
  process.dlopen(holder, ADDON)
  return holder.exports
}

export function rawCapture(): RawCapture {
  return new (rawAddon().Capture)()
}

/** Options for an open that uses little memory. */
export function smallOptions(device: string): object {
  return {
    device,
    filter: 'arp',
    etherType: 3,
    snapLength: 128,
    kernelBufferBytes: 1 << 20,
    ringFrames: 4096,
    highRate: 0,
    foldRepeats: 0,
  }
}
