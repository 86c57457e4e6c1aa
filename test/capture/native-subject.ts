import { after } from 'node:test'
import type { Capture, CaptureEvents } from '../../src/capture/capture.ts'
import { openNative, type NativeOptions } from '../../src/capture/native.ts'
import { ipCommand } from '../helpers/netns.ts'
import { captureContract, type Wire } from './contract.ts'

const quiet: CaptureEvents = { onFrames: () => {}, onTrouble: () => {} }

/** Runs the contract with the native engine at the near end of a cable, and another at the far end. */
export function nativeContract(
  nearEnd: string,
  farEnd: string,
  mode: NativeOptions['mode'] = 'low-latency',
): void {
  const far = openNative({ device: farEnd, filter: 'inbound and arp' }, quiet)
  after(() => far.close())
  const wire: Wire = {
    bring: (frames) => far.send({ frames, gapNs: 0 }),
    arrived: () => far.drain().map((frame) => frame.bytes),
    setUp: (up) => void ipCommand(`link set ${nearEnd} ${up ? 'up' : 'down'}`),
  }
  captureContract({ name: `native, ${mode}`, wire, open })

  function open(incoming: readonly Uint8Array[], events: CaptureEvents): Capture {
    const capture = openNative({ device: nearEnd, mode }, events)
    void wire.bring(incoming)
    return capture
  }
}
